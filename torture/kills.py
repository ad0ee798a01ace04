"""Kill -9 under load: of the server, of a process of PostgreSQL, of all of PostgreSQL; then look what is there."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from factcheck.rules.roles import Role
from torture import reading
from torture.client import Client, Marks
from torture.concurrency import at_once
from torture.figures import Figure, at_least, none, under
from torture.history import Entry, Fault, Kind, Outcome, Write, check, count
from torture.places import Place, Postgres
from torture.serving import Server

CLIENTS = 8
RESTART = 5.0  # seconds until the first answer
VERIFY_EVERY = 25  # rounds between two whole verifications


@dataclass
class Deaths:
    """What a run came to."""

    kills: int
    writes: list[Write] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    restarts: list[float] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    verifications: Counter[int] = field(default_factory=Counter)
    database_kills: int = 0

    def of(self, *kinds: Kind) -> int:
        return count(set(self.faults), *kinds)


def die(place: Place, folder: Path, kills: int, *, without: str = "", postgres: Postgres | None = None) -> Deaths:
    """Kill the server this many times under load, and check after each what is there against what was told."""
    random, run, marks = Random(kills), Deaths(kills), Marks()
    server = Server(place.url, folder, without=without)
    log: list[Entry] = []
    try:
        run.restarts.append(server.start())
        log = _grown(server, place, log)
        begin = len(log)
        for number in range(kills):
            sent, strike = len(run.writes), _strike(random, server, place, postgres, run)
            with _load(server, place, marks, run.writes):
                time.sleep(random.uniform(0.2, 0.8))  # how far the clients are is left to chance
                strike()
            if server.ended() is None:
                _recovered(server, run)
            else:
                run.restarts.append(server.start())
            log = _grown(server, place, log)
            run.faults += _missing(log, run.writes[sent:])
            if number % VERIFY_EVERY == VERIFY_EVERY - 1:
                run.verifications[server.command("log", "verify").returncode] += 1
        whole = _grown(server, place, [])
        run.faults += check(whole, run.writes, begin=begin)
        run.verifications[server.command("log", "verify").returncode] += 1
    finally:
        server.kill()
    return run


def _strike(random: Random, server: Server, place: Place, postgres: Postgres | None, run: Deaths) -> Callable[[], None]:
    """Choose who dies: mostly the server; of PostgreSQL also one process, or all of them at once."""
    if postgres is None or random.random() < 0.6:
        return server.kill
    run.database_kills += 1

    def backend() -> None:
        postgres.kill_a_backend(place.url)

    return random.choice((backend, postgres.restart))


@contextmanager
def _load(server: Server, place: Place, marks: Marks, writes: list[Write]) -> Iterator[None]:
    """Let clients write while the block runs, each until the server is gone, and keep what they were told."""
    stop = threading.Event()
    done: list[list[Write]] = [[] for _ in range(CLIENTS)]
    workers = [lambda own=own: _write(server, place, marks, stop, own) for own in done]
    thread = threading.Thread(target=at_once, args=(workers,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        writes += [write for own in done for write in own]


def _write(server: Server, place: Place, marks: Marks, stop: threading.Event, done: list[Write]) -> None:
    """Enter a source and rename it twice, again and again, each on the version that the last answer gave."""
    client = Client(server.port, place.tokens[Role.ADMIN])
    try:
        while not stop.is_set():
            path, etag = "", ""
            for step in range(3):
                mark = marks.take()
                name = {"name": f"Source {mark}", "kind": "group"}
                if step == 0:
                    answer = client.send("POST", "/v1/sources", name)
                else:
                    answer = client.send("PATCH", path, {"name": f"Source {mark}"}, If_Match=etag)
                if answer.status == -1:
                    break  # nobody listens, so nothing was sent
                done.append(Write(mark, answer.outcome, ("amend",) if step else ("add",), step or None))
                if answer.outcome is not Outcome.OK:
                    break
                path, etag = f"/v1/sources/{answer.json['id']}", answer.etag
    finally:
        client.close()


def _recovered(server: Server, run: Deaths) -> None:
    """Wait until a server that lost its database, and was not started again, writes once more."""
    began = time.perf_counter()
    server.wait(200)
    run.recoveries.append(time.perf_counter() - began)


def _grown(server: Server, place: Place, log: list[Entry]) -> list[Entry]:
    """Read what came to the log, and from the last entries on that are known already: they must be the same."""
    known = log[:-20]
    client = Client(server.port, place.tokens[Role.ADMIN])
    try:
        return known + reading.entries(client, len(known) - 1)
    finally:
        client.close()


def _missing(log: list[Entry], writes: list[Write]) -> list[Fault]:
    """Say what of the acknowledged is not there, and whether the log has gaps: what is cheap to look at each time."""
    there = {entry.mark for entry in log}
    sure = [Write(w.mark, w.outcome, w.actions) for w in writes if w.outcome is Outcome.OK and w.mark not in there]
    return check([], sure) + [Fault(Kind.GAP, f"Index {e.index}.") for place, e in enumerate(log) if e.index != place]


def figures(run: Deaths, control: Deaths) -> list[Figure]:
    outcomes = Counter(write.outcome for write in run.writes)
    bad = sum(number for code, number in run.verifications.items() if code)
    rows: list[Any] = [
        at_least(f"kills ({run.database_kills} of the database)", run.kills, 1),
        at_least(f"  writes acknowledged ({outcomes[Outcome.UNKNOWN]} unknown)", outcomes[Outcome.OK], run.kills * 5),
        none("acknowledged writes lost", run.of(Kind.LOST), control.of(Kind.LOST)),
        none("writes done twice", run.of(Kind.DOUBLED)),
        none("entries that nobody asked for, and forks", run.of(Kind.PHANTOM, Kind.FORK)),
        none("gaps in the log's numbers", run.of(Kind.GAP)),
        none(f"`log verify` with faults, of {run.verifications.total()}", bad),
        under("the slowest restart to the first answer", max(run.restarts), RESTART, "s"),
    ]
    if run.recoveries:
        rows.append(under("the slowest recovery without a restart", max(run.recoveries), 2 * RESTART, "s"))
    return rows
