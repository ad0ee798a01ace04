"""Verify by rebuilding: fold the log into tables of its own, and compare the desk's with them."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from factcheck.errors import FactcheckError
from factcheck.followers.audit import TABLES, AuditFollower
from factcheck.followers.base import Following
from factcheck.inspection.comparing import Difference, compared
from factcheck.inspection.naming import Naming
from factcheck.inspection.rebuilding import Rebuilding
from factcheck.log.verification import Fault, Progress
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import surely
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.followers import FollowerPosition

AUDIT = frozenset(table.__tablename__ for table in TABLES)


@contextmanager
def scratch() -> Iterator[Database]:
    """Yield an embedded database with empty tables, which is gone afterwards. It takes as much room as the desk."""
    with tempfile.TemporaryDirectory(prefix="factcheck-rebuilt-") as folder:
        file = Path(folder) / "rebuilt.db"
        file.write_bytes(_empty_tables())
        with closing(Database(f"sqlite:///{file}")) as database:
            yield database


@cache
def _empty_tables() -> bytes:
    """Return an embedded database with the tables alone: nothing is searched in it, and nothing guards it."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        raw: Any = connection.connection.driver_connection
        made = bytes(raw.serialize())
    engine.dispose()
    return made


def replayed(session: Session, progress: Progress) -> Iterator[list[Fault]]:
    """Rebuild the desk from the log and yield what its tables, or its stored JSON, say otherwise."""
    for faults, _ in examined(session, progress):
        yield faults


def examined(session: Session, progress: Progress) -> Iterator[tuple[list[Fault], list[Difference]]]:
    """Do what `replayed` does, and yield with the faults the differences that they tell of, where they do."""
    with scratch() as database:
        rebuilding = Rebuilding(session, database, progress)
        for faults in surely(
            session, rebuilding.run(), lambda reason: [Fault("log", f"It cannot be folded: {reason}")]
        ):
            yield faults, []
        followed, faults = _follow(session, database)
        yield faults, []
        with database.reading_one_moment() as rebuilt:
            naming = Naming(session.connection(), rebuilt)
            wanted = lambda table: followed or table not in AUDIT  # noqa: E731
            for difference in compared(session.connection(), rebuilt, wanted):
                subject = naming.subject(difference)
                if subject.rpartition(" ")[2] not in rebuilding.skipped:
                    yield [naming.fault(difference, subject)], [difference]


def _unfolded(reason: str) -> list[Fault]:
    return [Fault("log", f"It cannot be folded: {reason}")]


def _follow(session: Session, database: Database) -> tuple[bool, list[Fault]]:
    """Let the audit follow the rebuilt log as far as the desk's has; say whether the two can be compared."""
    try:
        return _followed(session, database), []
    except FactcheckError as error:
        return False, [Fault("audit", f"It cannot be derived from the log: {error.detail}")]


def _followed(session: Session, database: Database) -> bool:
    following = Following(database, AuditFollower())
    place = session.execute(
        select(FollowerPosition.version, FollowerPosition.position).where(
            FollowerPosition.name == following.follower.name
        )
    ).first()
    if place is None:
        return True  # it has not begun, and its tables are empty
    if place.version != following.follower.version or not isinstance(place.position, int):
        return False  # it derives everything again before it is next read, or its position is damaged
    most = following.batch
    while True:
        with database.reading_primary() as connection:
            here = following.place(connection)
        left = min(place.position, here.size) - here.position
        if here.version == following.follower.version and left <= 0:
            return True
        following.batch = max(1, min(most, left))
        following.step()
