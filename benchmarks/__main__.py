"""`make bench`: every figure that is promised, on both databases, beside what it must reach.

Only ratios hold from machine to machine. One desk of SIZE claims is imported on each database, which is measured, and
all that follows is measured on it: reads, reviews, searches, matches. At the end `factcheck doctor` and `factcheck log
verify` look it over. Exits with 1 when a figure falls short.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import imports, reads
from benchmarks.figures import Figure, told
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
    with postgres.server() as maintenance:
        if maintenance is None:
            sys.exit("There is no PostgreSQL on this machine: its part was not measured.")
        yield "PostgreSQL", lambda _: postgres.create(maintenance)


def measured(name: str, size: int, folder: Path, new: Callable[[str], str]) -> Iterator[Figure]:
    made: dict[str, str] = {}

    def remembered(called: str) -> str:
        made[called] = new(called)
        return made[called]

    lines = folder / "claims.ndjson"
    imports.write_lines(lines, size)
    yield from imports.measured(name, size, lines, remembered)
    yield from reads.figures(name, made["one"], remembered)
    imports.look_over(made["one"])


if __name__ == "__main__":
    main()
