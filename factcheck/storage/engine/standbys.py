"""Whether a server is a standby of the primary, and for how long it has not had what the primary has.

PostgreSQL tells how much of the write-ahead log a primary has written and a standby has replayed, but not when. The
time of the last replayed transaction says nothing while nobody writes. So the primary's positions are remembered, and
a standby is behind by the time since the primary was where the standby is now.
"""

from collections import deque
from datetime import datetime
from math import inf
from typing import NamedTuple

from sqlalchemy import Connection, text

SETTING = "FACTCHECK_READ_DATABASE_URL"
POSITIONS = 300  # positions of the primary, about a second apart


class Look(NamedTuple):
    """What a server says of itself."""

    recovering: bool  # it follows another server
    cluster: int  # the same on a primary and all of its standbys
    database: str
    started_at: datetime  # tells two servers of a cluster apart
    position: int  # bytes of the write-ahead log: written by a primary, replayed by a standby
    paused: bool  # it was told not to replay any more

    @classmethod
    def at(cls, connection: Connection) -> "Look":
        return cls(*connection.execute(_LOOK).one())


def refusal(primary: Look | None, replica: Look) -> str | None:
    """Say in a sentence why a server must not answer for the primary; None when it may.

    The primary itself may: a URL of several hosts leads there while no standby is left. Without an answer of the
    `primary`, None, a server that follows another one is believed to follow the right one.
    """
    if primary is not None and primary.cluster != replica.cluster:
        return f"{SETTING} leads to a server of another cluster, not to a standby of this database."
    if primary is not None and primary.database != replica.database:
        return f"{SETTING} leads to the database {replica.database}, not to {primary.database}."
    itself = primary is not None and primary.started_at == replica.started_at
    if not replica.recovering and not itself:
        return f"{SETTING} leads to a server that takes writes of its own, not to a standby of this database."
    return None


class Positions:
    """Where the primary was at the last looks."""

    def __init__(self) -> None:
        self._known: deque[tuple[float, Look]] = deque(maxlen=POSITIONS)

    @property
    def last(self) -> Look | None:
        return self._known[-1][1] if self._known else None

    def add(self, when: float, look: Look) -> None:
        """Remember a look at the primary, made at this `time.monotonic()`."""
        before = self.last
        if before and (before.started_at != look.started_at or before.position > look.position):
            self._known.clear()  # it is another primary
        self._known.append((when, look))

    def lag(self, now: float, position: int) -> float:
        """Return for how many seconds, at most, a standby at this position has been behind; inf when not known."""
        if self._known and position >= self._known[-1][1].position:
            return 0.0
        reached = [when for when, look in self._known if look.position <= position]
        return now - reached[-1] if reached else inf


_LOOK = text(
    "SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()), current_database(),"
    " pg_postmaster_start_time(),"
    " pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_replay_lsn(), '0/0')"
    " ELSE pg_current_wal_lsn() END, '0/0')::bigint,"
    " CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END"
)
