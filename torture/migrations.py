"""Migrations killed (-9) at each of their statements, and run again.

    python -m torture.migrations                    # both databases, at every statement
    python -m torture.migrations --every 10 --database sqlite
    python -m torture.migrations --control          # each statement committed by itself: must be red

From nothing, and from an earlier version with a desk in it. After the kill nothing of the migration may be there;
after the second run the schema must be that of a migration that nobody disturbed, with every row that was there.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from factcheck import seeding
from factcheck.errors import FactcheckError
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from tests import postgres
from tests.test_migrations import everything, rows, writing

EARLIER = "0002"
Make = Callable[[], str]


@contextlib.contextmanager
def databases(kind: str) -> Iterator[tuple[Make, Callable[[str], str]]]:
    """Yield how to make an empty database, and how to copy one."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        numbers = iter(range(10**6))
        if kind == "sqlite":

            def copy(url: str) -> str:
                made = f"sqlite:///{folder}/{next(numbers)}.db"
                shutil.copyfile(url.removeprefix("sqlite:///"), made.removeprefix("sqlite:///"))
                return made

            yield lambda: f"sqlite:///{folder}/{next(numbers)}.db", copy
            return
        maintenance = stack.enter_context(postgres.server())
        if maintenance is None:
            raise SystemExit("There is no PostgreSQL on this machine.")
        yield lambda: postgres.create(maintenance), lambda url: postgres.create(maintenance, url)


def statements(url: str) -> int:
    """Migrate, and return by how many statements."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1

    event.listen(Engine, "before_cursor_execute", count)
    try:
        schema.upgrade(url)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return seen[0]


def killed(url: str, at: int, *, control: bool) -> bool:
    """Migrate in a process of its own, which is killed before statement `at`; after the last one, before the commit.

    Returns whether it came to that.
    """
    child = os.fork()
    if child == 0:
        seen = [0]

        def die() -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        def before(*_: Any) -> None:
            seen[0] += 1
            if seen[0] == at:
                die()

        def commit(connection: Any, *_: Any) -> None:
            raw = connection.connection.driver_connection
            raw.commit()
            if connection.dialect.name == "sqlite":
                raw.execute("BEGIN IMMEDIATE")

        event.listen(Engine, "before_cursor_execute", before)
        event.listen(Engine, "commit", lambda _: die() if seen[0] + 1 == at else None)
        if control:
            event.listen(Engine, "after_cursor_execute", commit)
        try:
            schema.upgrade(url)
        finally:
            os._exit(3)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def seen(url: str) -> tuple[dict[str, Any], dict[str, Any]]:
    with writing(url) as connection:
        return everything(connection), rows(connection)


def survives(make: Make, at: int, undisturbed: tuple[Any, Any], *, control: bool) -> str | None:
    """Kill a migration and run it again; return what is wrong, None when nothing is."""
    url = make()
    before = seen(url)
    if not killed(url, at, control=control):
        return f"it came to an end before statement {at}"
    if seen(url) != before:
        return f"killed at statement {at}, it left something"
    try:
        schema.upgrade(url)
    except FactcheckError as error:
        return f"killed at statement {at}, it cannot be run again: {error.detail}"
    after = seen(url)
    if after[0] != undisturbed[0]:
        return f"killed at statement {at} and run again, it is another schema"
    named = {name: found for name, found in after[1].items() if name != "log_head"}  # which has an id of its own
    if named != {name: found for name, found in undisturbed[1].items() if name != "log_head"}:
        return f"killed at statement {at} and run again, it has other rows"
    return None


def tried(kind: str, every: int, *, control: bool = False) -> tuple[int, list[str]]:
    """Return how many kills there were, and what was wrong after them."""
    number, faults = 0, []
    with databases(kind) as (empty, copy):
        filled = empty()
        schema.upgrade(filled)
        with contextlib.closing(Database(filled)) as database, database.writing() as session:
            seeding.seed(session)
        schema.downgrade(filled, EARLIER)
        for make in (empty, lambda: copy(filled)):
            whole = make()
            there = statements(whole)
            undisturbed = seen(whole)
            for at in range(1, there + 2, every):
                number += 1
                if fault := survives(make, at, undisturbed, control=control):
                    faults.append(fault)
    return number, faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture.migrations", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--every", type=int, default=1, help="kill at each so-manieth statement only")
    parser.add_argument("--control", action="store_true", help="commit each statement by itself")
    options = parser.parse_args()
    red = False
    for kind in options.database or ("sqlite", "postgresql"):
        number, faults = tried(kind, options.every, control=options.control)
        sys.stdout.write(f"{kind}: {number} kills, {len(faults)} faults{''.join(f'; {each}' for each in faults[:3])}\n")
        red |= bool(faults)
    return int(red)


if __name__ == "__main__":
    sys.exit(main())
