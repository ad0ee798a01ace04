"""A replica: answers reads while it can, and stands in for the primary only as far as it is known to have caught up."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import InterfaceError, OperationalError

from factcheck.errors import Unavailable
from factcheck.storage.kept import Kept, Lent
from factcheck.storage.logbook import LogHead

log = structlog.get_logger("factcheck.storage")

AWAY = 2.0  # seconds before a server that could not be reached is tried again, while another one answers
LOOK = 1.0  # seconds between two looks at how long the primary's log is
# Not the server's own log: that also has what no standby confirmed, which was not acknowledged either.
_SIZE = select(LogHead.size)


class Absence:
    """Remembers that a server could not be reached, so that not every request waits to find out."""

    def __init__(self, server: str) -> None:
        self.server, self.until = server, 0.0

    def lent(self, kept: Kept) -> Lent | None:
        """Return a connection for a `with`, None while the server is away. The log says when it goes and is back."""
        if monotonic() < self.until:
            return None
        try:
            connection = kept.take()
        except (OperationalError, InterfaceError) as error:
            if not self.until:
                log.warning(f"{self.server}_away", error=str(error.orig))
            self.until = monotonic() + AWAY
            return None
        if self.until:
            log.info(f"{self.server}_back")
            self.until = 0.0
        return Lent(kept, connection)


class Replica:
    """A replica of a database server's database, by the connections to it, which are given up after `lasts` seconds."""

    def __init__(self, kept: Kept, lasts: float) -> None:
        self.kept, self.lasts = kept, lasts
        self._absence = Absence("replica")
        self._primary_absence = Absence("primary")
        self._given_up_at = self._looked_at = monotonic()
        self._sizes: tuple[int | None, int | None] = (None, None)  # of the primary's log, at the last two looks

    def lent(self) -> Lent | None:
        """Return a connection to the replica, None while it cannot be reached."""
        if monotonic() > self._given_up_at + self.lasts:
            self._given_up_at = monotonic()
            self.kept.drop()
        return self._absence.lent(self.kept)

    @contextmanager
    def instead_of(self, primary: Kept) -> Iterator[Connection]:
        """Yield a connection to the primary; while it cannot be reached, to the replica if that is as far.

        As far as the primary's log was at the last look but one: the replica may be a moment behind when the primary
        goes. Raises Unavailable.
        """
        lent = self._primary_absence.lent(primary)
        if lent is not None:
            with lent as connection:
                self._look(connection)
                yield connection
            return
        lent = self.lent()
        if lent is None:
            raise Unavailable("Neither the database nor its replica can be reached; try again.")
        with lent as connection:
            needed = self._sizes[0]
            if needed is None or connection.execute(_SIZE).scalar_one() < needed:
                raise Unavailable("The database cannot be reached, and its replica is behind; try again.")
            yield connection

    def _look(self, primary: Connection) -> None:
        if self._sizes[1] is not None and monotonic() < self._looked_at + LOOK:
            return
        self._looked_at = monotonic()
        size = primary.execute(_SIZE).scalar_one()
        before = self._sizes[1]
        self._sizes = (size if before is None else before, size)
