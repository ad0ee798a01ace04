"""`python -m benchmarks.scale`: search and match over HTTP on a large desk, and what its index costs.

A desk of `--size` claims is made by an import, or `--url` names one that `benchmarks/archive.py` made before. Measured:
claims a second when the index is built anew, its bytes a claim; then, of a server of one worker, the milliseconds until
each answer is there, for searches of every kind with and without filters and counts, and for matches of claims in other
words; then, while claims are entered at `--writes` a second, the milliseconds from a write's answer to the answer of a
search that finds it. Times are the clock's: nothing else should run on the machine.
"""

import argparse
import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode

from sqlalchemy import select, text

from benchmarks import archive
from benchmarks.figures import Figure, told
from benchmarks.serving import asked, request
from benchmarks.variety import sentence
from factcheck.followers.duplicates import DuplicatesFollower
from factcheck.followers.registry import auditing, searching
from factcheck.log.clock import now
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import LogHead
from tests import postgres
from tests.serving import Served

SEARCHES = 30  # of each kind
MATCHES = 200
FILTERS = ("", "status=unverified", "kind=opinion", "tag=court", "tag=rare", "kind=forecast&status=unverified")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="how many claims")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--url", help="a desk that was made before")
    parser.add_argument("--index", type=Path, help="a folder for its index, which stays; one that is complete is used")
    parser.add_argument("--writes", type=int, default=50, help="claims that are entered in a second")
    parser.add_argument("--seconds", type=float, default=20, help="for how long")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = given.url or stack.enter_context(made(given.database, given.size, folder))
        missed = False
        for figure in measured(url, folder, given.index or folder / "index", given.writes, given.seconds):
            print(told([figure]), flush=True)
            missed |= not figure.holds
    sys.exit(missed)


@contextmanager
def made(database: str, size: int, folder: Path) -> Iterator[str]:
    """Fill a new database and yield its URL."""
    with ExitStack() as stack:
        url = f"sqlite:///{folder}/desk.db"
        if database == "postgresql":
            maintenance = stack.enter_context(postgres.server(durable=True))
            if maintenance is None:
                sys.exit("There is no PostgreSQL on this machine.")
            url = postgres.create(maintenance)
        archive.fill(url, size, folder).close()
        yield url


def measured(url: str, folder: Path, index: Path, writes: int, seconds: float) -> Iterator[Figure]:
    built = not index.exists()
    with closing(Database(url)) as database:
        name = "SQLite" if database.embedded else "PostgreSQL"
        with database.reading() as connection:
            size = connection.execute(text("SELECT count(*) FROM claims")).scalar_one()
            article = connection.execute(text("SELECT id FROM articles ORDER BY seq LIMIT 1")).scalar_one()
        began = time.perf_counter()
        with closing(searching(database, index)) as following:
            following.catch_up()
        took = time.perf_counter() - began
        # What a server would do meanwhile. Pairs of duplicates are left out: for so many they take hours, once.
        auditing(database).catch_up()
        _have_followed(database, DuplicatesFollower)
    if built:
        yield Figure(name, f"claims indexed a second, of {size:,}", size / took, 5_000, unit="claims")
    kept = sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
    yield Figure(name, "bytes of the index a claim, articles and sources too", kept / size, 400, at_most=True)
    served = Served(folder, url, FACTCHECK_INDEX_DIR=str(index), FACTCHECK_RATE_LIMIT="1000000/minute")
    try:
        served.wait()
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            yield from _searched(name, connection, served.token)
            yield from _matched(name, connection, served.token)
            yield _visible(name, served.port, served.token, str(article), writes, seconds)
    finally:
        served.process.terminate()
        served.process.wait(30)


def _have_followed(database: Database, follower: type[DuplicatesFollower]) -> None:
    """Put a follower at the log's end."""
    with database.writing() as session:
        size = session.execute(select(LogHead.size)).scalar_one()
        session.merge(
            FollowerPosition(name=follower.name, version=follower.version, position=size, rate=0, moved_at=now())
        )


# ── Searches and matches ──────────────────────────────────────────────────────────────────────────────────────────


def _searched(name: str, connection: socket.socket, token: str) -> Iterator[Figure]:
    chance = random.Random(3)
    everything: list[float] = []
    for kind, query in QUERIES.items():
        took = []
        for counted in ("", "count=true"):
            for narrowed in FILTERS:
                for _ in range(SEARCHES // 6):
                    asked_for = urlencode({"q": query(chance)})
                    path = "/v1/claims?" + "&".join(filter(None, (asked_for, narrowed, counted)))
                    took.append(_timed(connection, request("GET", path, token)))
        everything += took
        yield Figure(name, f"{kind}: median, ms", median(took), 10, at_most=True)
        yield Figure(name, f"{kind}: 95th percentile, ms", _tail(took, 95), 30, at_most=True)
    yield Figure(name, f"all {len(everything):,} searches: median, ms", median(everything), 10, at_most=True)
    yield Figure(name, "all searches: 95th percentile, ms", _tail(everything, 95), 30, at_most=True)


def _words(chance: random.Random, many: int) -> list[str]:
    """Return words of a sentence such as the desk's claims are: from common to rare."""
    words = sentence(chance).rstrip(".").split()
    begin = chance.randrange(len(words) - many + 1)
    return words[begin : begin + many]


QUERIES: dict[str, Callable[[random.Random], str]] = {
    "one word": lambda chance: _words(chance, 1)[0],
    "two words": lambda chance: " ".join(chance.sample(_words(chance, 8), 2)),
    "a phrase": lambda chance: f'"{" ".join(_words(chance, 3))}"',
    "a prefix": lambda chance: f"{_words(chance, 1)[0][:4]}*",
}


def _matched(name: str, connection: socket.socket, token: str) -> Iterator[Figure]:
    chance = random.Random(4)
    took = []
    for _ in range(MATCHES):
        words = sentence(chance).split()
        chance.shuffle(words)
        body = json.dumps({"text": " ".join(words[:12])}).encode()
        took.append(_timed(connection, request("POST", "/v1/claims/match", token, body=body)))
    yield Figure(name, f"{MATCHES} matches: median, ms", median(took), 30, at_most=True)
    yield Figure(name, "matches: 95th percentile, ms", _tail(took, 95), 60, at_most=True)


def _timed(connection: socket.socket, raw: bytes) -> float:
    began = time.perf_counter()
    asked(connection, raw)
    return (time.perf_counter() - began) * 1000


def _tail(took: Sequence[float], percent: int) -> float:
    return quantiles(took, n=100, method="inclusive")[percent - 1]


# ── What is written, found ────────────────────────────────────────────────────────────────────────────────────────


def _visible(name: str, port: int, token: str, article: str, writes: int, seconds: float) -> Figure:
    """Enter claims at an even pace, and look for each once its write is answered."""
    entered: list[tuple[str, float]] = []
    done = threading.Event()

    def write() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            _, body = asked(connection, request("GET", f"/v1/articles/{article}", token))
            exact = json.loads(body)["text"].split("\n")[0]
            began = time.perf_counter()
            for at in range(int(writes * seconds)):
                time.sleep(max(0.0, began + at / writes - time.perf_counter()))
                word = f"visible{at}word"
                claim = {"article_id": article, "text": f"The {word} was seen.", "kind": "factual",
                         "quotes": [{"exact": exact}]}  # fmt: skip
                asked(connection, request("POST", "/v1/claims", token, body=json.dumps(claim).encode()))
                entered.append((word, time.perf_counter()))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    took: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while not done.is_set() or len(took) < len(entered):
            if len(took) == len(entered):
                time.sleep(0.001)
                continue
            until = len(entered)
            word = entered[until - 1][0]  # the newest: those before it are found with it
            found = False
            while not found:
                _, body = asked(connection, request("GET", f"/v1/claims?q={word}", token))
                found = bool(json.loads(body)["items"])
            now = time.perf_counter()
            took += [(now - since) * 1000 for _, since in entered[len(took) : until]]
    writer.join()
    return Figure(
        name, f"found after a write, {writes} a second: 99th percentile, ms", _tail(took, 99), 300, at_most=True
    )


if __name__ == "__main__":
    main()
