"""A whole new desk out of a log and its contents: a backup that proves itself, and the way between databases."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from factcheck.errors import Misconfigured
from factcheck.followers.registry import from_log
from factcheck.inspection.comparing import compared
from factcheck.inspection.derived import DERIVED_BY
from factcheck.inspection.naming import Naming
from factcheck.inspection.rebuilding import Rebuilding
from factcheck.inspection.upkeep import VERSION
from factcheck.log.verification import Fault, Progress
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.audit import Upkeep
from factcheck.storage.tables.logbook import LogCheckpoint, LogStamp, LogSubtree, Revision

BATCH = 2000
LEFT_OUT = "tokens"  # their digests are not in the log


def rebuild(source: Database, target: Database, progress: Progress) -> Iterator[list[Fault]]:
    """Make a desk in an empty database out of the log of another one; yield what is not as the log says.

    The new desk has everything that the log proves, its signed checkpoints with their time stamps, and derived data; no
    tokens, sessions, kept answers and webhooks. Raises Misconfigured unless the target is empty.
    """
    schema.upgrade(target.url)
    with target.reading() as connection:
        if connection.execute(select(Revision.log_index).limit(1)).first() is not None:
            raise Misconfigured("The database is not empty: a desk is rebuilt into a new one.")
    with source.reading_one_moment() as connection, Session(connection) as session:
        rebuilding = Rebuilding(session, target, progress, leave_out=LEFT_OUT)
        yield from rebuilding.run()
        progress.entries = session.scalar(select(func.count()).select_from(Revision)) or 0
        _copy_published(session, target)
        # `serve` makes the search index and what follows from it.
        for following in from_log(target):
            for place in following.catching_up():
                progress.begin(f"Following the log: {following.name}", place.size)
                progress.done = place.position
                yield []
        with target.reading_one_moment() as rebuilt:
            naming = Naming(connection, rebuilt)
            # What the source derives may be behind, or of another version: here it is derived from the same log.
            for differences in compared(
                connection, rebuilt, lambda table: table not in {*DERIVED_BY, LEFT_OUT}, progress
            ):
                yield [naming.fault(each, naming.subject(each)) for each in differences]


def _copy_published(session: Session, target: Database) -> None:
    """Copy what was signed and published, and say that the stored JSON follows this version's rules."""
    with target.writing(long=True) as writing:
        writing.execute(delete(Upkeep))
        writing.execute(insert(Upkeep), {"id": 1, "version": VERSION})
    for table in (LogCheckpoint, LogStamp, LogSubtree):
        columns: Any = table.__table__.columns
        rows = session.execute(select(*columns).execution_options(yield_per=BATCH))
        for some in rows.mappings().partitions(BATCH):
            with target.writing(long=True) as writing:
                writing.execute(insert(table), [dict(row) for row in some])
