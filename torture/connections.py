"""More clients than a PostgreSQL server has connections: nobody is locked out, commands least of all."""

import itertools
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from factcheck.rules.roles import Role
from tests import postgres
from torture.figures import Figure, at_least, none, under
from torture.places import Place
from torture.serving import Server, served
from torture.traffic import ENDS, Answers, Kind, request, run

EXPLAINED = (
    "All database connections of this process are in use.",
    "Too many requests wait for their turn.",
    "Others kept changing the same data.",
)
COMMANDS = (("people", "list"), ("doctor",))
RESTING = 2  # connections of a worker that nobody asks anything: the publisher looks at the log each second


@dataclass
class Crowd:
    """What a server of so many workers did with its database's connections."""

    bound: int  # connections that it said it would have at most
    answers: dict[str, Answers] = field(default_factory=dict)
    most: int = 0  # connections that it had at a time
    commands: list[tuple[str, int, float, str]] = field(default_factory=list)  # name, exit code, seconds, errors
    resting: int = 0  # connections that it had left when nobody asked any more

    @property
    def refused_commands(self) -> list[tuple[str, int, float, str]]:
        return [each for each in self.commands if each[1] != 0]

    @property
    def refusals(self) -> list[bytes]:
        return [each for answers in self.answers.values() for each in answers.refusals]

    @property
    def unexplained(self) -> Counter[str]:
        return Counter(told for told in map(_told, self.refusals) if not told.startswith(EXPLAINED))

    @property
    def others(self) -> Counter[int]:
        """Statuses that are neither a success nor 503."""
        statuses = sum((answers.statuses for answers in self.answers.values()), Counter[int]())
        return Counter({status: n for status, n in statuses.items() if not (200 <= status < 300 or status == 503)})


def _told(refusal: bytes) -> str:
    head, _, body = refusal.partition(ENDS)
    if b"\r\nretry-after:" not in head.lower():
        return "(no Retry-After)"
    return str(json.loads(body)["detail"])


def crowd(
    place: Place, folder: Path, *, workers: int, readers: int, writers: int, seconds: float, idle: float
) -> Crowd:
    """Serve a desk to a crowd while commands are run, then leave it alone until `idle` seconds after the last request.

    `idle` is after how many seconds the database closes a connection that nobody uses.
    """
    with served(Server(place.url, folder, words=("--workers", str(workers)))) as server:
        found = re.search(r"At most (\d+) database connections", server.written())
        told = Crowd(int(found[1]) if found else 0)
        clients = threading.Thread(target=_load, args=(told, place, server.port, readers, writers, seconds))
        clients.start()
        with _watched(place.url, told):
            for words in itertools.cycle(COMMANDS):
                if not clients.is_alive():
                    break
                began = time.perf_counter()
                done = server.command(*words)
                errors = "" if done.returncode == 0 else f"{done.stdout[-500:]}{done.stderr}"
                told.commands.append((" ".join(words), done.returncode, time.perf_counter() - began, errors))
        clients.join()
        until = time.monotonic() + idle
        while (left := connections(place.url)) > RESTING * workers and time.monotonic() < until:
            time.sleep(0.2)
        told.resting = left
    return told


def _load(told: Crowd, place: Place, port: int, readers: int, writers: int, seconds: float) -> None:
    token, numbers = place.tokens[Role.ANALYST], itertools.count()
    paths = itertools.cycle(
        [*(f"/v1/claims/{each}" for each in place.claims), "/v1/claims", "/v1/sources", "/v1/claims?q=people"]
    )

    def write() -> bytes:
        return request("POST", "/v1/sources", token, {"name": f"Source {next(numbers)}", "kind": "group"})

    kinds = [
        Kind("reads", readers, lambda: request("GET", next(paths), token)),
        Kind("writes", writers, write),
    ]
    told.answers = run(port, kinds, seconds)


def connections(url: str) -> int:
    """Return how many connections there are to a database, but for those of commands and this one."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND application_name = 'factcheck'"
    )
    with psycopg.connect(postgres.plain(url)) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def _watched(url: str, told: Crowd) -> Iterator[None]:
    """Count the service's connections five times a second. A command, which may be running, has up to two."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.2):
            told.most = max(told.most, connections(url))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield
    finally:
        stop.set()
        watching.join()


def figures(run: Crowd, workers: int, seconds: float) -> list[Figure]:
    return [
        Figure("connections at a time", run.most, f"<= {run.bound} and a command's", run.most <= run.bound + 4),
        at_least("reads a second", int(run.answers["reads"].rate), 1),
        at_least("writes a second", int(run.answers["writes"].rate), 1),
        Figure("answers 503", len(run.refusals), "few", len(run.refusals) < run.answers["writes"].done),
        none("answers 503 without an explanation", run.unexplained.total()),
        none("other answers", run.others.total()),
        at_least("commands", len(run.commands), int(seconds / 20)),
        none("commands that failed", len(run.refused_commands)),
        under("the slowest command", max(took for _, _, took, _ in run.commands), 30, "s"),
        Figure("connections left when nobody asks", run.resting, f"<= {RESTING * workers}",
               run.resting <= RESTING * workers),
    ]  # fmt: skip
