"""Verify by rebuilding: fold the log into tables of its own, and compare the desk's with them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from factcheck.errors import FactcheckError, Unavailable
from factcheck.followers.base import Follower, Following
from factcheck.inspection.comparing import Difference, compared
from factcheck.inspection.derived import DERIVED_BY, FOLLOWERS
from factcheck.inspection.naming import Naming
from factcheck.inspection.rebuilding import Rebuilding
from factcheck.inspection.upkeep import VERSION
from factcheck.log.verification import Fault, Progress
from factcheck.rules.redacting import REDACTIONS
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
    unread: list[str] = []
    for versions in apart(session, [None], lambda _: _versions(session), lambda _, reason: unread.append(reason)):
        if versions is not None and versions != [VERSION]:
            yield [(Fault("upkeep", UNATTESTED), None)]
            return
    # Every version has this table: where it was taken away, what there is must still be what the log says.
    yield [(Fault("upkeep", f"It cannot be read: {reason}"), None) for reason in unread]
    with scratch() as database:
        rebuilding = Rebuilding(session, database, progress)
        for faults in surely(session, rebuilding.run(), _unfolded):
            yield [(fault, None) for fault in faults]
        comparable: set[str] = set()
        for follower in FOLLOWERS:
            derived = _Derived(session, database, follower(), progress)
            for faults in surely(session, derived.follow(), derived.failed):
                yield [(fault, None) for fault in faults]
            comparable |= {derived.name} if derived.comparable else set()
        with database.reading_one_moment() as rebuilt:
            naming = Naming(session.connection(), rebuilt)
            wanted = lambda table: table not in DERIVED_BY or DERIVED_BY[table] in comparable  # noqa: E731
            for differences in compared(session.connection(), rebuilt, wanted, progress):
                named = [(naming.subject(each), each) for each in differences]
                yield [
                    (naming.fault(each, subject), each)
                    for subject, each in named
                    if subject.rpartition(" ")[2] not in rebuilding.skipped
                ]
            if then is not None:
                then(rebuilt)


def _unfolded(reason: str) -> list[Fault]:
    return [Fault("log", f"It cannot be folded: {reason}")]


def _versions(session: Session) -> Sequence[Any]:
    return session.execute(select(as_kept(Upkeep.version))).scalars().all()


class _Derived:
    """A follower of the rebuilt log, which follows that as far as the desk's own has followed the desk's log.

    It is `comparable` when it has arrived there.
    """

    def __init__(self, session: Session, database: Database, follower: Follower, progress: Progress) -> None:
        self.session, self.database, self.progress = session, database, progress
        self.follower, self.name = follower, follower.name
        self.comparable = False

    def failed(self, reason: str) -> list[Fault]:
        """Say why it cannot be derived."""
        return [Fault(self.name, f"It cannot be derived from the log: {reason}")]

    def follow(self) -> Iterator[list[Fault]]:
        """Follow; yield after each batch, and what keeps it from being derived."""
        following = Following(self.database, self.follower)
        named = FollowerPosition.name == self.name
        place = self.session.execute(select(FollowerPosition.version, FollowerPosition.position).where(named)).first()
        if place is None:
            self.comparable = True  # it has not begun, and its tables are empty
        elif self._can_be_reached(place, following.follower.version):
            try:
                yield from self._followed(following, place.position)
            except FactcheckError as error:
                yield self.failed(error.detail)

    def _can_be_reached(self, place: Any, version: int) -> bool:
        if place.version != version or not isinstance(place.position, int):
            return False  # it derives everything again before it is next read, or its position is damaged
        ahead = Revision.log_index >= place.position, Revision.action.in_(REDACTIONS)
        # Until it has read a redaction, it still holds what that has taken out of the log.
        return self.session.execute(select(Revision.log_index).where(*ahead).limit(1)).first() is None

    def _followed(self, following: Following, position: int) -> Iterator[list[Fault]]:
        most, version = following.batch, following.follower.version
        while True:
            with self.database.reading_primary() as connection:
                here = following.place(connection)
            self.progress.begin(f"Following the log: {self.name}", min(position, here.size))
            self.progress.done = here.position
            yield []
            left = self.progress.total - here.position
            if here.version == version and left <= 0:
                self.comparable = True
                return
            following.batch = max(1, min(most, left))
            if not following.step() and here.version == version:
                raise Unavailable(f"entry {here.position} of the log cannot be read")
