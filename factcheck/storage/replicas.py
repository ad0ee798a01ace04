"""A replica: answers reads while it can, and stands in for the primary only as far as it is known to have caught up."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import InterfaceError, OperationalError

from factcheck.errors import Unavailable

log = structlog.get_logger("factcheck.storage")

AWAY = 2.0  # seconds before a server that could not be reached is tried again, while another one answers
LOOK = 1.0  # seconds between two looks at how far the primary is
_NOW_AT = text("SELECT pg_current_wal_lsn()")
_CAUGHT_UP = text("SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= CAST(:seen AS pg_lsn)")


class Absence:
    """Remembers that a server could not be reached, so that not every request waits to find out."""

    def __init__(self, server: str) -> None:
        self.server, self.until = server, 0.0

    def connected(self, engine: Engine) -> Connection | None:
        """Return a connection, None while the server is away. The log says when it goes and when it is back."""
        if monotonic() < self.until:
            return None
        try:
            connection = engine.connect()
        except (OperationalError, InterfaceError) as error:
            if not self.until:
                log.warning(f"{self.server}_away", error=str(error.orig))
            self.until = monotonic() + AWAY
            return None
        if self.until:
            log.info(f"{self.server}_back")
            self.until = 0.0
        return connection


class Replica:
    """A replica of a database server's database, by the engine that reads from it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._absence = Absence("replica")
        self._primary_absence = Absence("primary")
        self._looked_at = 0.0
        self._positions: tuple[str | None, str | None] = (None, None)  # of the primary, at the last two looks

    def connected(self) -> Connection | None:
        """Return a connection to the replica, None while it cannot be reached."""
        return self._absence.connected(self.engine)

    @contextmanager
    def instead_of(self, primary: Engine) -> Iterator[Connection]:
        """Yield a connection to the primary; while it cannot be reached, to the replica if that is as far.

        As far as the primary was at the last look but one: what it wrote at its very end may never have left it.
        Raises Unavailable.
        """
        connection = self._primary_absence.connected(primary)
        if connection is not None:
            with connection:
                self._look(connection)
                yield connection
            return
        connection = self.connected()
        if connection is None:
            raise Unavailable("Neither the database nor its replica can be reached; try again.")
        with connection:
            seen = self._positions[0]
            if seen is None or not connection.execute(_CAUGHT_UP, {"seen": seen}).scalar_one():
                raise Unavailable("The database cannot be reached, and its replica is behind; try again.")
            yield connection

    def _look(self, primary: Connection) -> None:
        if monotonic() < self._looked_at + LOOK:
            return
        self._looked_at = monotonic()
        position = str(primary.execute(_NOW_AT).scalar_one())
        self._positions = (self._positions[1] or position, position)
