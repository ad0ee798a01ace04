"""Faults: what fails below the desk is answered 503 with Retry-After and told in the log, and it goes on without a
restart when it is over.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from factcheck.rules.roles import Role
from factcheck.storage.engine.database import WAIT
from tests import postgres as servers
from torture import reading
from torture.client import Answer, Client, Marks
from torture.figures import Figure, none
from torture.history import Outcome, Write, check
from torture.places import Place, Postgres
from torture.serving import Server, served

# Seconds until a refusal: on PostgreSQL a row is waited for twice, for a place in its queue and for the row itself.
PATIENCE = {True: WAIT + 1.0, False: 2 * WAIT + 1.0}
RECOVERS = 15  # seconds until what was over must be so for everybody
# What the shim lets fail, with which errno, and the words that the log must have for it.
OF_THE_DISK = {
    "disk full": ("WO28", "full"),
    "read-only file system": ("WO30", "disk I/O error"),
    "fsync error": ("S5", "disk I/O error"),
}


class Patient:
    """A server that is looked at while something is wrong; what does not hold is kept in `troubles`."""

    def __init__(self, server: Server, place: Place) -> None:
        self.server, self.place = server, place
        self.troubles: list[str] = []
        self.marks, self.writes = Marks(), list[Write]()
        with closing(self.client()) as client:
            self.begin = len(reading.entries(client)) if server.ended() is None and self.ready() else 0

    def client(self) -> Client:
        return Client(self.server.port, self.place.tokens[Role.ADMIN], patience=20)

    def ready(self) -> bool:
        return self.server.ask("/readyz").status == 200

    def demand(self, held: bool, otherwise: str) -> None:
        if not held:
            self.troubles.append(otherwise)

    def write(self) -> tuple[Answer, float]:
        """Enter a source, and return the answer and the seconds that it took."""
        mark, began = self.marks.take(), time.perf_counter()
        with closing(self.client()) as client:
            answer = client.send("POST", "/v1/sources", {"name": f"Source {mark}", "kind": "group"})
        self.writes.append(Write(mark, Outcome(_strict(answer)), ("add",)))
        return answer, time.perf_counter() - began

    def is_well(self) -> None:
        answer, _ = self.write()
        self.demand(answer.status == 201, f"A write when nothing is wrong: {answer.status} {answer.body!r}")

    def refuses(self, writers: int = 1, *, told: bool = True) -> None:
        """Demand 503 with Retry-After of each write, in time, and a line in the log for each if it can be `told`.

        The publisher, which writes each second, may have told of it too.
        """
        before = len(self.errors())
        with ThreadPoolExecutor(writers) as pool:
            answers = list(pool.map(lambda _: self.write(), range(writers)))
        for answer, took in answers:
            kind = answer.headers.get("Content-Type", "")
            self.demand(answer.status == 503, f"A write: {answer.status} {answer.body!r}")
            self.demand("Retry-After" in answer.headers, "No Retry-After.")
            self.demand(kind == "application/problem+json", f"The answer is {kind}.")
            self.demand(took < PATIENCE[self.place.embedded], f"Refused after {took:.1f} s.")
        lines = len(self.errors()) - before
        self.demand(not told or lines >= writers, f"{lines} lines in the log for {writers} refused writes.")

    def reads(self, status: int = 200) -> None:
        with closing(self.client()) as client:
            answer = client.send("GET", "/v1/sources")
        self.demand(answer.status == status, f"A read: {answer.status} {answer.body!r}")
        self.demand(self.server.ask("/healthz").status == 200, "/healthz does not answer.")

    def errors(self) -> list[str]:
        """Return what the log has of errors of the database."""
        lines = [json.loads(line) for line in self.server.written().splitlines() if line.startswith("{")]
        return [line.get("error", "") for line in lines if line["event"].startswith("database_")]

    def recovers(self) -> None:
        """Demand that the same process writes again, signs its log to the end, and that nothing is half there."""
        self.is_well()
        with closing(self.client()) as client:
            log = reading.entries(client)
            until = time.monotonic() + RECOVERS
            while _published(client) != len(log) and time.monotonic() < until:
                time.sleep(0.1)
            self.demand(_published(client) == len(log), "The log is not signed to its end any more.")
        self.troubles += [fault.detail for fault in check(log, self.writes, begin=self.begin)]
        verified = self.server.command("log", "verify")
        self.demand(verified.returncode == 0, f"`log verify`: {verified.stdout}{verified.stderr}")
        self.demand(
            "Traceback" not in self.server.written() and "accident" not in self.server.written(), "An accident."
        )
        self.demand(self.server.ended() is None, "The server has ended.")


def _strict(answer: Answer) -> str:
    # An error that the database tells before its commit says that nothing was changed; only without an answer it is
    # not known.
    return Outcome.FAILED if answer.status == 503 else answer.outcome


def _published(client: Client) -> int:
    answer = client.send("GET", "/log/checkpoint")
    return int(answer.body.splitlines()[1]) if answer.status == 200 else -1


@contextmanager
def patient(place: Place, folder: Path, **environment: str) -> Iterator[Patient]:
    with served(Server(place.url, folder, environment=environment)) as server:
        yield Patient(server, place)


def of_the_disk(name: str, place: Place, folder: Path, preload: Path, *, everything: bool = False) -> list[str]:
    """Let the disk below an embedded database fail for a while, and its log's folder with it.

    With `everything`, the file that standard error goes to lies there too: then no line can be written meanwhile.
    """
    letters, words = OF_THE_DISK[name]
    fault, file = folder / "fault", Path(place.url.removeprefix("sqlite:///")).resolve()
    watched = folder.parent.resolve() if everything else file.parent
    environment = {"LD_PRELOAD": str(preload), "TORTURE_FAULT": str(fault), "TORTURE_WATCH": str(watched),
                   "FACTCHECK_LOG_FOLDER": str(file.with_suffix(".log"))}  # fmt: skip
    with patient(place, folder, **environment) as it:
        it.is_well()
        fault.write_text(letters)
        it.refuses(told=not everything)
        it.demand(everything or any(words in error for error in it.errors()), f"The log says {it.errors()}.")
        it.reads()
        time.sleep(1.5)  # the publisher looks at the log each second, and must outlive what it finds
        it.refuses(told=not everything)
        fault.unlink()
        it.recovers()
    return it.troubles


def unwritable_at_start(place: Place, folder: Path, preload: Path) -> list[str]:
    """Start on a file system that is read-only: a clear word and an exit code, and no desk."""
    fault, watched = folder / "fault", Path(place.url.removeprefix("sqlite:///")).resolve()
    fault.write_text(OF_THE_DISK["read-only file system"][0])
    environment = {"LD_PRELOAD": str(preload), "TORTURE_FAULT": str(fault), "TORTURE_WATCH": str(watched.parent)}
    done = Server(place.url, folder, environment=environment).command("serve", "--port", "1")
    troubles = [] if done.returncode not in (0, -9) else [f"Exit code {done.returncode}."]
    return troubles + ([f"It said {done.stderr}"] if "Traceback" in done.stderr or not done.stderr.strip() else [])


def held(place: Place, folder: Path) -> list[str]:
    """Let somebody else hold what every write needs: writers wait, no longer than they may, and use up the pool."""
    with patient(place, folder) as it:
        it.is_well()
        with _holding(place):
            it.refuses(writers=8)
            it.reads()
        it.recovers()
    return it.troubles


@contextmanager
def _holding(place: Place) -> Iterator[None]:
    if place.embedded:
        with closing(sqlite3.connect(place.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with psycopg.connect(servers.plain(place.url)) as connection:
        connection.execute("SELECT * FROM log_head FOR UPDATE")
        yield


def stopped_at_start(place: Place, folder: Path, postgres: Postgres) -> list[str]:
    """Start without the database: the process is there and says so, and serves once the database is there."""
    server = Server(place.url, folder)
    postgres.stop()
    try:
        server.launch()
        server.wait(200, "/healthz")
        it = Patient(server, place)
        answer = server.ask("/readyz")
        it.demand(answer.status == 503 and "Retry-After" in answer.headers, f"/readyz: {answer.status}")
        it.refuses()
        postgres.start()
        with closing(it.client()) as client:
            it.begin = len(reading.entries(client))
        it.recovers()
    finally:
        server.kill()
    return it.troubles


def stopped_meanwhile(place: Place, folder: Path, postgres: Postgres) -> list[str]:
    """Stop the database at once while the server holds connections to it, and start it again."""
    with patient(place, folder) as it:
        it.is_well()
        postgres.stop()
        it.refuses(writers=4)
        it.reads(503)
        postgres.start()
        it.recovers()
    return it.troubles


def figures(runs: dict[str, Callable[[], list[str]]]) -> list[Figure]:
    """Run each and return a figure for it: how much of what must hold does not. What that is stands below it."""
    rows = []
    for name, run in runs.items():
        troubles = run()
        rows.append(none(f"{name}: what does not hold", len(troubles)))
        for trouble in troubles:
            print(f"  {name}: {trouble}")
    return rows
