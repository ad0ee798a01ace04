"""Power cuts: the server's writes and syncs are written down, and replayed up to each of many moments.

After each cut the database is opened as after a real one: nothing acknowledged may be missing, nothing corrupt.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from factcheck.errors import FactcheckError
from factcheck.followers.publisher import Publisher
from factcheck.inspection import replay
from factcheck.log import revisions, verification
from factcheck.log.heads import signed_heads
from factcheck.rules.roles import Role
from factcheck.storage.engine.database import Database
from torture import reading
from torture.client import Client, Marks
from torture.concurrency import at_once
from torture.disk import Disk, Event, acknowledgement, events
from torture.figures import Figure, at_least, none
from torture.history import Entry, Kind, Outcome, Write, check, count
from torture.places import Place
from torture.serving import Server, served

CLIENTS = 4
SHIM = Path(__file__).with_name("shim.c")


def shim(folder: Path) -> Path | None:
    """Compile the shim and return it; None where there is no C compiler, or no LD_PRELOAD."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    made = folder / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", made, SHIM, "-ldl"], check=True, capture_output=True)
    return made


@dataclass
class Cuts:
    """What a run came to."""

    cuts: int
    acknowledged: int = 0
    lost: int = 0
    faulty: int = 0  # cuts after which the history has another fault
    corrupt: int = 0
    refused: int = 0  # cuts after which `log verify` or the publisher finds a fault
    told: list[str] = field(default_factory=list)


def record(place: Place, folder: Path, preload: Path, actions: int, *, without: str = "") -> tuple[Path, Path]:
    """Serve a database while clients write, and return a copy of it as it was before, and the trace."""
    watched = Path(place.url.removeprefix("sqlite:///")).parent.resolve()
    before, trace = folder / "before", folder / "trace"
    environment = {"LD_PRELOAD": str(preload), "TORTURE_WATCH": str(watched), "TORTURE_TRACE": str(trace),
                   "FACTCHECK_LOG_FOLDER": str(watched / "log")}  # fmt: skip
    shutil.copytree(watched, before)
    server = Server(place.url, folder, without=without, environment=environment)
    del server.environment["FACTCHECK_SECRET_KEY"]  # the one beside the database must survive as well
    marks, left = Marks(), threading.Semaphore(actions)
    with served(server):
        out = os.open(trace, os.O_WRONLY | os.O_APPEND)
        at_once([lambda: _write(server, place, marks, left, out)] * CLIENTS)
        os.close(out)
        server.kill()
    return before, trace


def _write(server: Server, place: Place, marks: Marks, left: threading.Semaphore, out: int) -> None:
    """Enter and rename sources; write into the trace what is asked, and what was acknowledged."""
    with closing(Client(server.port, place.tokens[Role.ADMIN])) as client:
        path, etag = "", ""
        while left.acquire(blocking=False):
            mark = marks.take()
            os.write(out, acknowledgement("Q", mark))
            if path:
                answer = client.send("PATCH", path, {"name": f"Source {mark}"}, If_Match=etag)
                path = ""
            else:
                answer = client.send("POST", "/v1/sources", {"name": f"Source {mark}", "kind": "group"})
                path, etag = f"/v1/sources/{answer.json['id']}", answer.etag
            if answer.outcome is not Outcome.OK:
                raise RuntimeError(f"{answer.status} {answer.body!r}")
            os.write(out, acknowledgement("A", mark))


def cut(before: Path, trace: Path, watched: Path, cuts: int, seed: int = 1) -> Cuts:
    """Replay a trace up to each of `cuts` moments, and look what is left after each."""
    random, run = Random(seed), Cuts(cuts)
    recorded = list(events(trace))
    moments = sorted(random.choices(range(len(recorded) + 1), k=cuts))  # the start of the server among them
    disk = _disk(before, watched)
    asked: dict[str, Outcome] = {}
    place = 0
    for moment in moments:
        for event in recorded[place:moment]:
            _tell(event, disk, asked)
        place = moment
        with _scratch() as folder:
            disk.after_cut(folder, random)
            _look(folder, asked, run)
    run.acknowledged = sum(1 for event in recorded if event.kind == "A")
    return run


def _disk(before: Path, watched: Path) -> Disk:
    """Return the disk as it was before the trace, under the names that the trace gives the files."""
    disk = Disk(before)
    disk.live = {str(watched / Path(path).relative_to(before)): file for path, file in disk.live.items()}
    disk.names, disk.folder = dict(disk.live), watched
    return disk


def _tell(event: Event, disk: Disk, asked: dict[str, Outcome]) -> None:
    if event.kind == "Q":
        asked[event.data.decode()] = Outcome.UNKNOWN
    elif event.kind == "A":
        asked[event.data.decode()] = Outcome.OK
    else:
        disk.apply(event)


@contextmanager
def _scratch() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="factcheck-cut-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def _look(folder: Path, asked: dict[str, Outcome], run: Cuts) -> None:
    """Open what is left after a cut, and compare it with what was acknowledged by then."""
    (file,) = folder.glob("*.db")
    with closing(sqlite3.connect(file)) as connection:
        try:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except sqlite3.DatabaseError:
            sound = False
    run.corrupt += not sound
    if not sound:
        return
    database = Database(f"sqlite:///{file}")
    try:
        with database.reading() as reader:
            log = [reading.entry_of(item) for _, item in revisions.since(reader, -1, 1_000_000)]
        faults = check(log, _writes(asked, log), begin=_begin(log))
        lost = count(faults, Kind.LOST)
        run.lost += lost
        run.faulty += len(faults) > lost
        run.told += [fault.detail for fault in faults[:1]]
        whole = _whole(database, folder / "log")
        run.refused += whole is not None
        run.told += [whole] if whole else []
        secret = file.with_suffix(".secret")
        if secret.exists() and len(secret.read_text(encoding="ascii", errors="replace")) < 16:
            run.refused += 1
            run.told.append("The secret key is not whole.")
    finally:
        database.close()


def _begin(log: list[Entry]) -> int:
    return next((entry.index for entry in log if entry.mark is not None), len(log))


def _writes(asked: dict[str, Outcome], log: list[Entry]) -> list[Write]:
    actions = {entry.mark: entry.action for entry in log}
    return [Write(mark, outcome, (actions.get(mark, "add"),)) for mark, outcome in asked.items()]


def _whole(database: Database, folder: Path) -> str | None:
    """Do what `log verify` does, and let the publisher go on; return what is wrong."""
    publisher = Publisher(database, folder)
    faults: list[verification.Fault] = []
    try:
        publisher.publish()
        signed, done = publisher.signed(), verification.Progress()
        with database.reading_one_moment() as connection, Session(connection) as session:
            heads, faults = signed_heads(session, publisher.verifiers(), [])
            heads += [signed.checkpoint()] if signed and signed.size else []
            for found in verification.log_entries(connection, heads, done):
                faults += found
            for found in replay.replayed(session, done):
                faults += found
    except FactcheckError as error:
        return error.detail
    return faults[0].told() if faults else None


def figures(run: Cuts, control: Cuts) -> list[Figure]:
    return [
        at_least(f"cuts, of a trace with {run.acknowledged} acknowledged writes", run.cuts, 1),
        none("acknowledged writes lost", run.lost, control.lost),
        none("cuts that left a corrupt database", run.corrupt),
        none("cuts that left another fault in the history", run.faulty),
        none("cuts that left something to `log verify`, publisher, key", run.refused),
    ]
