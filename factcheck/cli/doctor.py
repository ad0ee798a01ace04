"""`doctor`."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from factcheck.cli.base import counted, json_option, phases, read_settings, show
from factcheck.errors import FactcheckError, SchemaOutdated, Unavailable
from factcheck.followers import duplicates, source_pairs
from factcheck.followers.audit import checking
from factcheck.followers.base import Following
from factcheck.followers.registry import auditing, searching
from factcheck.followers.search import checking as checking_of_search
from factcheck.followers.search.following import SearchFollowing
from factcheck.inspection import checkup, mending
from factcheck.log.verification import Progress
from factcheck.settings import archive_folder, described, index_folder, log_folder
from factcheck.storage import schema
from factcheck.storage.archive.opening import archive_of
from factcheck.storage.engine.database import COMMAND_WAIT, Database
from factcheck.storage.stumbles import STUMBLES, reason_of, surely

OLD = "Run `factcheck db upgrade`. If the database is newer, install the version of factcheck that created it."
AWAY = "Check that the database is running, and that FACTCHECK_DATABASE_URL has its URL and the right password."


@click.command()
@click.option(
    "--mend", is_flag=True, help="Write derived data again and remove other users' rights to the desk's files."
)
@json_option
def doctor(mend: bool, as_json: bool) -> None:
    """Print the settings and check the desk for faults.

    It checks the schema, every row, the audit, the search index, the archive of captures, and who can read the desk's
    files, and compares all data with the log.
    """
    settings = read_settings()
    rows, faults, looked_at = described(settings), [], 0
    faults += [
        checkup.Fault(name, "This setting does not exist.", mend=_meant(name, rows)) for name in settings.unknown
    ]
    faults += checkup.key_faults(log_folder(settings))
    with closing(Database(settings.database_url, settings.read_database_url, wait=COMMAND_WAIT)) as database:
        try:
            with database.reading_primary() as connection:
                schema.demand_head(connection)
            if database.replicated:
                faults += checkup.replica_faults(database)
            faults += _looked_over(database, index_folder(settings), mend)
            with database.reading_one_moment() as connection, Session(connection) as session:
                archive = archive_of(settings)
                faults += surely(session, checkup.archive_faults(session, archive, mend=mend), checkup.unread)
            with database.reading_one_moment() as connection, Session(connection) as session:
                looked_at = checkup.count(session)
        except (SchemaOutdated, Unavailable) as error:
            what_mends = OLD if isinstance(error, SchemaOutdated) else AWAY
            faults.append(checkup.Fault("database", error.detail, mend=what_mends))
    # At the end: to look at a database makes files beside it.
    faults += checkup.file_faults(
        settings.database_url, log_folder(settings), index_folder(settings), archive_folder(settings), mend=mend
    )
    if as_json:
        show({"settings": rows, "claims": looked_at, "faults": [asdict(fault) for fault in faults]})
    else:
        table = Table("setting", "value", "from", box=None, pad_edge=False)
        for row in rows:
            table.add_row(row["name"], row["value"], row["from"])
        # In a pipe, each setting is one line, however long.
        width = None if sys.stdout.isatty() else 2000
        Console(highlight=False, emoji=False, width=width).print(table)
        show(f"\n{counted(looked_at, 'claim')} checked, {counted(len(faults), 'fault')}.")
        for fault in faults:
            show(f"{fault.subject}: {fault.detail}{' Fixed.' if fault.mended else ''}")
            if not fault.mended:
                show(f"    {fault.mend}")
    if not all(fault.mended for fault in faults):
        sys.exit(1)


# By the follower that keeps pairs: what finds those that are wrong, what removes them, and what is said of one.
PAIRED = {
    "duplicates": (
        duplicates.faults,
        duplicates.remove,
        "Of the claims of entries {} and {}, one was withdrawn or does not exist.",
    ),
    "source_pairs": (
        source_pairs.faults,
        source_pairs.remove,
        "Of the sources of entries {} and {}, one does not exist.",
    ),
}


def _meant(name: str, rows: list[dict[str, str]]) -> str:
    """Say which setting was meant, when one is spelt much like it."""
    alike = get_close_matches(name, [row["name"] for row in rows], 1, 0.8)
    return f"Did you mean {alike[0]}? Otherwise remove it." if alike else "Remove it, or find the right name above."


def _audited(database: Database, mend: bool) -> Iterator[checkup.Fault]:
    """Yield what the audit says otherwise than the desk's tables give; with `mend`, it is rebuilt where that helps."""
    following = auditing(database)
    found = _audit_faults(database, following)
    left = set(_audit_faults(database, following, anew=True)) if found and mend else set(found)
    for subject, detail in found:
        mended = mend and (subject, detail) not in left
        yield checkup.Fault(subject, detail, mended, checkup.DAMAGED if mend and not mended else checkup.STALE)


def _audit_faults(database: Database, following: Following, *, anew: bool = False) -> list[tuple[str, str]]:
    try:
        if anew:
            following.start_over()
        following.catch_up()
        with database.reading_one_moment() as connection:
            return list(checking.all_faults(connection, following.pending(connection)))  # people write meanwhile
    except FactcheckError as error:
        return [(following.name, error.detail)]
    except STUMBLES as error:
        return [(following.name, f"It cannot be compared with the tables: {reason_of(error)}")]


def _searched(database: Database, index: Path, mend: bool) -> Iterator[checkup.Fault]:
    """Yield what the search index says otherwise than the desk's tables; with `mend`, it is rebuilt."""
    with closing(searching(database, index)) as following:
        found = _index_faults(database, following)
        left = set(_index_faults(database, following, anew=True)) if found and mend else set(found)
    for detail in found:
        mended = mend and detail not in left
        yield checkup.Fault("search", detail, mended, checkup.DAMAGED if mend and not mended else checkup.STALE)


def _paired(database: Database, mend: bool) -> Iterator[checkup.Fault]:
    """Yield pairs of claims that are gone and of sources that do not exist; with `mend`, they are removed."""
    for name, (faults, remove, told) in PAIRED.items():
        try:
            with database.reading_primary() as connection:
                found = faults(connection)
            if found and mend:
                with database.writing() as session:
                    remove(session.connection(), found)
        except (FactcheckError, *STUMBLES) as error:
            reason = error.detail if isinstance(error, FactcheckError) else reason_of(error)
            yield checkup.Fault(name, f"They cannot be checked: {reason}", mend=checkup.DAMAGED)
            continue
        for first, second in found:
            yield checkup.Fault(name, told.format(first, second), mend, checkup.STALE)


def _index_faults(database: Database, following: SearchFollowing, *, anew: bool = False) -> list[str]:
    try:
        if anew:
            following.start_over()
        following.catch_up()
        view = following.view()
        with database.reading_one_moment() as connection:
            # What is written meanwhile says nothing of the index.
            behind = following.place(connection).size != view.as_of.log_index + 1 or view.as_of.behind
            return [] if behind else list(checking_of_search.faults(connection, view))
    except FactcheckError as error:
        return [error.detail]
    except STUMBLES as error:
        return [f"It cannot be compared with the tables: {reason_of(error)}"]


def _looked_over(database: Database, index: Path, mend: bool) -> Iterator[checkup.Fault]:
    """Yield every fault. All is looked at as of one moment; what is mended, in short transactions at the end."""
    yield from _audited(database, mend)
    yield from _searched(database, index, mend)
    yield from _paired(database, mend)
    done = Progress()
    with database.reading_one_moment() as connection, Session(connection) as session, phases() as move:
        for part in (checkup.damage_faults, checkup.log_faults):
            yield from surely(session, part(session), checkup.unread)
        for faults in mending.looked_over(session, done, partial(database.writing, long=True) if mend else None):
            yield from faults
            move(done)
