"""Verify by rebuilding: fold the log into tables of its own, and compare the desk's with them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from factcheck.errors import FactcheckError, Unavailable
from factcheck.followers.audit import TABLES, AuditFollower
from factcheck.followers.base import Following
from factcheck.inspection.comparing import Difference, compared
from factcheck.inspection.naming import Naming
from factcheck.inspection.rebuilding import Rebuilding
from factcheck.inspection.upkeep import VERSION
from factcheck.log.verification import Fault, Progress
from factcheck.storage.engine.database import Database
from factcheck.storage.scratch import scratch
from factcheck.storage.stumbles import apart, surely
from factcheck.storage.tables.audit import Upkeep
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import Revision

Examined = list[tuple[Fault, Difference | None]]
UNATTESTED = (
    "Another version of factcheck wrote this desk, so nothing was compared with the log."
    " Run `factcheck db upgrade`: the log then attests what there is."
)
AUDIT = frozenset(table.__tablename__ for table in TABLES)


def replayed(session: Session, progress: Progress) -> Iterator[list[Fault]]:
    """Rebuild the desk from the log and yield what its tables, or its stored JSON, say otherwise."""
    for found in examined(session, progress):
        yield [fault for fault, _ in found]


def examined(
    session: Session, progress: Progress, then: Callable[[Connection], None] | None = None
) -> Iterator[Examined]:
    """Do what `replayed` does, and yield each fault with the difference that it tells of, where it tells of one.

    `then` is called at the end with what was rebuilt, while that is there.
    """
    [versions] = apart(session, [None], lambda _: _versions(session), lambda _, _reason: [])
    if versions != [VERSION]:
        yield [(Fault("upkeep", UNATTESTED), None)]
        return
    with scratch() as database:
        rebuilding = Rebuilding(session, database, progress)
        for faults in surely(
            session, rebuilding.run(), lambda reason: [Fault("log", f"It cannot be folded: {reason}")]
        ):
            yield [(fault, None) for fault in faults]
        followed, faults = _follow(session, database)
        yield [(fault, None) for fault in faults]
        with database.reading_one_moment() as rebuilt:
            naming = Naming(session.connection(), rebuilt)
            wanted = lambda table: followed or table not in AUDIT  # noqa: E731
            for difference in compared(session.connection(), rebuilt, wanted):
                subject = naming.subject(difference)
                if subject.rpartition(" ")[2] not in rebuilding.skipped:
                    yield [(naming.fault(difference, subject), difference)]
            if then is not None:
                then(rebuilt)


def _unfolded(reason: str) -> list[Fault]:
    return [Fault("log", f"It cannot be folded: {reason}")]


def _versions(session: Session) -> Sequence[Any]:
    return session.execute(select(as_kept(Upkeep.version))).scalars().all()


def _follow(session: Session, database: Database) -> tuple[bool, list[Fault]]:
    """Let the audit follow the rebuilt log as far as the desk's has; say whether the two can be compared."""

    def followed(_: object) -> tuple[bool, list[Fault]]:
        try:
            return _followed(session, database), []
        except FactcheckError as error:
            return _not_derived(error.detail)

    [told] = apart(session, [None], followed, lambda _, reason: _not_derived(reason))
    return told


def _not_derived(reason: str) -> tuple[bool, list[Fault]]:
    return False, [Fault("audit", f"It cannot be derived from the log: {reason}")]


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
    ahead = select(Revision.log_index).where(Revision.log_index >= place.position, Revision.action == "redact").limit(1)
    if session.execute(ahead).first() is not None:
        return False  # it still holds what a redaction that it has not read yet has taken out of the log
    most = following.batch
    while True:
        with database.reading_primary() as connection:
            here = following.place(connection)
        left = min(place.position, here.size) - here.position
        if here.version == following.follower.version and left <= 0:
            return True
        following.batch = max(1, min(most, left))
        if not following.step() and here.version == following.follower.version:
            raise Unavailable(f"entry {here.position} of the log cannot be read")
