"""`make bench`: every figure that is promised, on both databases, beside what it must reach.

Only ratios hold from machine to machine. One desk of SIZE claims is imported on each database, which is measured, and
all that follows is measured on it: reads, reviews, searches, matches. At the end `factcheck doctor` and `factcheck log
verify` look it over. Exits with 1 when a figure falls short.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from benchmarks import archive, imports, matching, reads, searching
from benchmarks.figures import Figure, told
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.claims import Claim
from tests import postgres


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="how many claims")
    parser.add_argument("--databases", default="sqlite,postgresql")
    arguments = parser.parse_args()
    missed = False
    for database in arguments.databases.split(","):
        with tempfile.TemporaryDirectory() as folder, new_databases(database, folder) as (name, new):
            for figure in measured(name, arguments.size, Path(folder), new):
                print(told([figure]), flush=True)
                missed |= not figure.holds
    sys.exit(missed)


@contextmanager
def new_databases(database: str, folder: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """Yield how the database is called, and what returns the URL of an empty one."""
    if database == "sqlite":
        yield "SQLite", lambda name: f"sqlite:///{folder}/{name}.db"
        return
    with postgres.server(durable=True) as maintenance:
        if maintenance is None:
            sys.exit("There is no PostgreSQL on this machine: its part was not measured.")
        yield "PostgreSQL", lambda _: postgres.create(maintenance)


def measured(name: str, size: int, folder: Path, new: Callable[[str], str]) -> Iterator[Figure]:
    made: dict[str, str] = {}

    def remembered(called: str) -> str:
        made[called] = new(called)
        return made[called]

    lines = folder / "claims.ndjson"
    with lines.open("wb") as file:
        for line in archive.made(size):
            file.write(json.dumps(line).encode() + b"\n")
    yield from imports.measured(name, size, lines, remembered)
    database = Database(made["one"])
    yield from searches(name, database)
    yield from matches(name, database)
    database.close()
    yield from reads.figures(name, made["one"], remembered)
    imports.look_over(made["one"])


def searches(name: str, database: Database) -> Iterator[Figure]:
    """Measure every kind of search; what is told is the dearest, without a count and with one."""
    every = list(searching.measured(database, rounds=5))
    counted = [each for each in every if each.how.endswith("counted")]
    plain = [each for each in every if not each.how.endswith("counted")]
    for what, some, limit in (("search", plain, 40.0), ("search with its count", counted, None)):
        dearest = max(some, key=lambda each: each.p50)
        of = f"{dearest.query}, {dearest.narrowed}"
        yield Figure(name, f"dearest {what} of {len(some)}, p50 ({of})", dearest.p50, limit, at_most=True, unit="ms")


def matches(name: str, database: Database) -> Iterator[Figure]:
    with database.reading() as connection:
        some = connection.execute(select(Claim.text).order_by(Claim.seq).limit(matching.ROUNDS))
        texts = [row.text for row in some]
    found = {what: typical for what, typical, _, _ in matching.looked_up(database, texts)}
    dearest = max(found, key=lambda what: found[what])
    yield Figure(name, f"dearest match, p50 ({dearest})", found[dearest], 30, at_most=True, unit="ms")


if __name__ == "__main__":
    main()
