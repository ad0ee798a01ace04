"""`doctor`."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from difflib import get_close_matches

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from factcheck.cli.base import bar, json_option, read_settings, show
from factcheck.desk import checkup
from factcheck.errors import SchemaOutdated, Unavailable
from factcheck.followers.audit import checking
from factcheck.followers.registry import followings
from factcheck.settings import described
from factcheck.storage import schema
from factcheck.storage.database import Database

OLD = "Run `factcheck db upgrade`; where the database is the newer one, install the factcheck that made it."
AWAY = "See that the database runs, and that FACTCHECK_DATABASE_URL leads to it with the right password."


@click.command()
@click.option("--mend", is_flag=True, help="Replace stored JSON that another version of factcheck rendered.")
@json_option
def doctor(mend: bool, as_json: bool) -> None:
    """Print the settings, and look whether everything that must hold does: schema, log, statuses, stored JSON."""
    settings = read_settings()
    rows, faults, looked_at = described(settings), [], 0
    faults += [checkup.Fault(name, "There is no such setting.", mend=_meant(name, rows)) for name in settings.unknown]
    with closing(Database(settings.database_url, settings.read_database_url)) as database:
        try:
            with database.reading_primary() as connection:
                schema.demand_head(connection)
            if database.replicated:
                faults += checkup.replica_faults(database)
            for fault in _looked_over(database, mend):
                looked_at += 1 if fault is None else 0
                if fault is not None:
                    faults.append(fault)
        except (SchemaOutdated, Unavailable) as error:
            what_mends = OLD if isinstance(error, SchemaOutdated) else AWAY
            faults.append(checkup.Fault("database", error.detail, mend=what_mends))
    if as_json:
        show({"settings": rows, "claims": looked_at, "faults": [asdict(fault) for fault in faults]})
    else:
        table = Table("setting", "value", "from", box=None, pad_edge=False)
        for row in rows:
            table.add_row(row["name"], row["value"], row["from"])
        # In a pipe, each setting is one line, however long.
        width = None if sys.stdout.isatty() else 2000
        Console(highlight=False, emoji=False, width=width).print(table)
        show(f"\n{looked_at} claims looked at, {len(faults)} faults.")
        for fault in faults:
            show(f"{fault.subject}: {fault.detail}{' Mended.' if fault.mended else ''}")
            if not fault.mended:
                show(f"    {fault.mend}")
    if not all(fault.mended for fault in faults):
        sys.exit(1)


def _meant(name: str, rows: list[dict[str, str]]) -> str:
    """Say which setting was meant, when one is spelt much like it."""
    alike = get_close_matches(name, [row["name"] for row in rows], 1, 0.8)
    return f"Write {alike[0]}, or take it away." if alike else "Take it away, or look for its name above."


def _audited(database: Database, mend: bool) -> Iterator[checkup.Fault]:
    """Yield what the audit follower derived otherwise than the desk's tables give; with `mend`, it is rebuilt."""
    following = followings(database)["audit"]
    following.catch_up()
    with database.reading_one_moment() as connection:
        found = list(checking.all_faults(connection))
    if found and mend:
        following.start_over()
        following.catch_up()
    for subject, detail in found:
        yield checkup.Fault(subject, detail, mend, checkup.STALE)


def _looked_over(database: Database, mend: bool) -> Iterator[checkup.Fault | None]:
    """Yield every fault, and None after each claim."""
    yield from _audited(database, mend)
    with _session(database, mend) as session, bar() as progress:
        for fault in checkup.log_faults(session):
            yield fault
        yield from checkup.index_faults(session)
        task = progress.add_task("Looking at claims", total=checkup.count(session))
        for faults in checkup.claim_faults(session, mend=mend):
            for fault in faults:
                yield fault
            yield None
            progress.advance(task)


@contextmanager
def _session(database: Database, mend: bool) -> Iterator[Session]:
    """Yield a session that sees one moment; others wait for it with what they write only when it is to mend."""
    if mend:
        with database.writing() as session:
            yield session
    else:
        with database.reading_one_moment() as connection, Session(connection) as session:
            yield session
