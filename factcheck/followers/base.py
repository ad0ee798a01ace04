"""What every follower has in common: its position in the log, batches, waiting, rebuilding.

The walk of a batch: read the position and the entries that come next, at one moment → the follower works out what they
change, outside of any write transaction → one short transaction moves the position and writes that. The position moves
only from where it was read, so of two processes that apply the same entries one writes and the other discards its work;
a process that is killed leaves the position and the derived rows as they were.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from factcheck.errors import Clash, FactcheckError, Unavailable
from factcheck.followers.progress import Place
from factcheck.followers.readers import BATCH, GATHER, LOOK, TAKE_OVER, LogReader, whole
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.sole import sole
from factcheck.storage.stumbles import STUMBLES, reason_of
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import LogHead, Revision, RevisionContent
from factcheck.storage.upserts import insert_unless_there

log = structlog.get_logger("factcheck.followers")


@dataclass(frozen=True)
class LogEntry:
    """One entry of the log as followers read it. `content` is None when it was redacted."""

    log_index: int
    subject_kind: str
    subject_id: str
    number: int
    action: str
    actor_id: str
    at: datetime
    leaf: bytes
    content: bytes | None


class Follower(Protocol):
    """Derives data from the log. Another `version` than the stored one rebuilds it."""

    name: str
    version: int
    lock: AdvisoryLock

    def work_out(self, connection: Connection, entries: Sequence[LogEntry]) -> Any:
        """Return what these entries change. They follow on those applied before, without a gap."""

    def write(self, session: Session, changes: Any) -> None:
        """Write what `work_out` returned."""

    def reset(self, session: Session) -> None:
        """Delete all that was derived."""


class Following(LogReader):
    """A follower whose position and derived rows are in the database's tables.

    Those that are given one `turn` apply their batches one after the other.
    """

    rests = False  # whether `run` pauses after a batch for as long as that took, so as not to slow the desk down
    gather = GATHER

    def __init__(
        self, database: Database, follower: Follower, batch: int = BATCH, turn: "threading.Lock | None" = None
    ) -> None:
        super().__init__(database, follower.name, follower.version, batch)
        self._one_at_a_time = turn or self._one_at_a_time
        self.follower = follower
        self.leads = False  # whether this process is the one that follows in the background

    def place(self, connection: Connection) -> Place:
        """Return where the follower is, by one query. Raises Unavailable where that cannot be read."""
        with _readable(message("How far {follower} follows the log cannot be read", follower=self.name)):
            row: Any = connection.execute(_PLACE, {"name": self.name}).first()
            if row.version is None:
                return Place(0, None, whole(row.size), 0)
            return Place(whole(row.position), whole(row.version), whole(row.size), whole(row.rate or 0))

    def pending(self, connection: Connection) -> list[LogEntry]:
        """Return the entries that are still to be taken in, of one batch at most. Raises Unavailable."""
        return self.entries(connection, self.place(connection).position)

    def entries(self, connection: Connection, start: int) -> list[LogEntry]:
        """Return the entries of the next batch, from log index `start` on."""
        return _entries(connection, start, self.batch)

    def step(self) -> int:
        """Apply the next batch and return how many entries that were: 0 when there are none, or others were faster."""
        with self._one_at_a_time:
            began = time.perf_counter()
            with self.database.reading_one_moment() as connection:
                place = self.place(connection)
                if place.version == self.version:
                    entries = self.entries(connection, place.position)
                    if not entries:
                        return 0
                    changes = self._worked_out(connection, entries)
            if place.version != self.version:
                self.start_over()
                return 0
            following = entries[-1].log_index + 1
            with self.database.writing(long=True) as session:
                rate = round(len(entries) / (time.perf_counter() - began))
                if not self._move(session, place.position, following, rate):
                    return 0
                with _readable(
                    message("What {follower} derives from the log cannot be written", follower=self.follower.name)
                ):
                    self.follower.write(session, changes)
            return len(entries)

    def _worked_out(self, connection: Connection, entries: Sequence[LogEntry]) -> Any:
        """Return what the entries change. Raises Unavailable where one, or a derived row, cannot be read."""
        first, last = entries[0].log_index, entries[-1].log_index
        told = message("Entries {first} to {last} of the log cannot be followed", first=first, last=last)
        with _readable(told):
            return self.follower.work_out(connection, entries)

    def close(self) -> None:
        """Hold nothing between two steps: the database has it all."""

    def start_over(self) -> None:
        """Delete what was derived and go back to the beginning of the log."""
        with self.database.writing(long=True) as session:
            with _readable(message("What {follower} derived from the log cannot be deleted", follower=self.name)):
                self.follower.reset(session)
            values = {"version": self.version, "position": 0, "rate": 0, "moved_at": now()}
            if not insert_unless_there(session, FollowerPosition, {"name": self.name, **values}):
                named = FollowerPosition.name == self.name
                session.execute(update(FollowerPosition).where(named).values(**values))

    def _move(self, session: Session, start: int, end: int, rate: int) -> bool:
        values = {
            "follower": self.name,
            "of": self.version,
            "start": start,
            "end": end,
            "speed": rate,
            "moment": now(),
        }
        return bool(session.execute(_MOVE, values).rowcount)  # type: ignore[attr-defined]

    # --- in the background

    @contextmanager
    def leading(self) -> Iterator[Callable[[], bool]]:
        """Be the one process that follows, and yield what says whether it still is. Raises Clash when another is."""
        with sole(self.database, self.follower.lock) as held:
            self.leads = True
            try:
                yield held
            finally:
                self.leads = False

    def run(self) -> None:
        """Follow until `stop`: in one process at a time; another one takes over when that ends."""
        while not self._stop.is_set():
            try:
                with self.leading() as held:
                    while not self._stop.is_set() and held():
                        began = time.perf_counter()
                        taken_in = self.step()
                        if self.rests:
                            self._stop.wait(time.perf_counter() - began)
                        if taken_in < self.batch:
                            self._wake.wait(LOOK)
                            self._wake.clear()
                            self._awaited.wait(self.gather)
                            self._awaited.clear()
            except Clash:
                self._stop.wait(TAKE_OVER)
            except FactcheckError as error:
                log.warning("not_followed", follower=self.name, detail=error.detail)
                self._stop.wait(TAKE_OVER)


def _entries(connection: Connection, start: int, most: int) -> list[LogEntry]:
    with _readable(message("The entries of the log from {start} on cannot be read", start=start)):
        rows = connection.execute(_ENTRIES, {"start": start, "end": start + most})
        return [LogEntry(*row) for row in rows]


@contextmanager
def _readable(otherwise: str) -> Iterator[None]:
    """Raise Unavailable, which says this and why, where the block stumbles over a damaged row, column or table."""
    try:
        yield
    except IntegrityError:  # somebody else wrote the same row
        raise
    except STUMBLES as error:
        raise Unavailable(message("{what}: {reason}", what=otherwise, reason=reason_of(error))) from error


COLUMNS = (
    Revision.log_index, Revision.subject_kind, Revision.subject_id, Revision.number, Revision.action,
    Revision.actor_id, Revision.at, Revision.leaf, RevisionContent.content,
)  # fmt: skip
_ENTRIES = (
    select(*COLUMNS)
    .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
    .where(Revision.log_index >= bindparam("start"), Revision.log_index < bindparam("end"))
    .order_by(Revision.log_index)
)
_PLACE = select(LogHead.size, FollowerPosition.position, FollowerPosition.version, FollowerPosition.rate).outerjoin(
    FollowerPosition, FollowerPosition.name == bindparam("name")
)
_MOVE = (
    update(FollowerPosition)
    .where(
        FollowerPosition.name == bindparam("follower"),
        FollowerPosition.version == bindparam("of"),
        FollowerPosition.position == bindparam("start"),
    )
    .values(position=bindparam("end"), rate=bindparam("speed"), moved_at=bindparam("moment", type_=Instant))
)
