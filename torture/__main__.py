"""`python -m torture NAME …`: run one torture and print its figures; exit 1 when one is not reached."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torture import concurrency
from torture.figures import tell
from torture.places import Place, folder_of_its_own, private_postgres
from tests import postgres

DATABASES = ("sqlite", "postgresql")
Fresh = Callable[..., Place]


@contextmanager
def database(engine: str) -> Iterator[tuple[Path, Fresh, object]]:
    """Yield a folder, a function that makes a new migrated database there, and the server if there is one."""
    with folder_of_its_own() as folder:
        if engine == "sqlite":
            made = iter(range(1_000_000))
            yield folder, lambda **given: Place(f"sqlite:///{folder}/{next(made)}.db", **given), None
        else:
            with private_postgres() as server:
                yield folder, lambda **given: Place(postgres.create(server.maintenance), **given), server


def run_concurrency(engine: str, operations: int) -> bool:
    with database(engine) as (folder, fresh, _):
        given = {"claims": concurrency.CLAIMS, "sources": concurrency.SOURCES}
        runs = []
        for without, number in (("", operations), ("versions", min(operations, 2000))):
            here = folder / (without or "whole")
            here.mkdir()
            runs.append(concurrency.storm(fresh(**given), here, number, without=without))
        return tell(f"concurrency, {engine}", concurrency.figures(*runs, operations))


NAMES: dict[str, tuple[Callable[[str, int], bool], int]] = {"concurrency": (run_concurrency, 100_000)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, "all"])
    parser.add_argument("--database", choices=DATABASES, help="both by default")
    parser.add_argument("--operations", type=int, help="how many writes, keys, kills or cuts")
    given = parser.parse_args()
    held = True
    for name in NAMES if given.name == "all" else [given.name]:
        run, usual = NAMES[name]
        for engine in [given.database] if given.database else DATABASES:
            held = run(engine, given.operations or usual) and held
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
