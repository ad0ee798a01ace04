"""A replica: answers reads while it is not far behind, and replaces the primary only where it has caught up."""

from collections.abc import Iterator
from contextlib import contextmanager
from logging import INFO, WARNING
from math import inf
from threading import Lock
from time import monotonic
from types import TracebackType

import structlog
from sqlalchemy import Connection, select
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from factcheck.errors import Unavailable
from factcheck.messages import message
from factcheck.storage.engine.connection_cache import ConnectionCache, Lent
from factcheck.storage.engine.standbys import Look, Positions, refusal
from factcheck.storage.engine.translation import InUse, Translated, translate
from factcheck.storage.tables.logbook import LogHead

log = structlog.get_logger("factcheck.storage")

AWAY = 2.0  # seconds before a server that could not be reached is tried again, while another one answers
LOOK = 1.0  # seconds between two looks at how far a server is
LOOKED_AT = "factcheck_looked_at"  # in a connection's info: when its server was found good
# Not the server's own log: that also has what no standby confirmed, which was not acknowledged either.
_SIZE = select(LogHead.size)


class Absence:
    """Remembers that a server could not be reached, so that not every request waits to find out."""

    def __init__(self, server: str) -> None:
        self.server, self._until = server, 0.0

    @property
    def lasts(self) -> bool:
        """Whether the server was away when it was last asked."""
        return bool(self._until)

    def take(self, cache: ConnectionCache) -> Connection | None:
        """Return a connection, None while the server is away. The log says when it goes and is back."""
        if monotonic() < self._until:
            return None
        try:
            connection = cache.take()
        except (OperationalError, InterfaceError) as error:
            self.begin(error)
            return None
        if self._until:
            log.info(f"{self.server}_back")
            self._until = 0.0
        return connection

    def begin(self, error: OperationalError | InterfaceError) -> None:
        """Remember that the server is away."""
        if not self._until:
            log.warning(f"{self.server}_away", error=str(error.orig))
        self._until = monotonic() + AWAY


class Replica:
    """A replica of a database server's database, by the connections to it, which are given up after `lasts` seconds.

    It answers while it is a standby of the `primary` that is behind by `max_lag` seconds at most. Each connection is
    looked at once a second: several may lead to different servers, and a standby may become a primary.
    """

    def __init__(self, cache: ConnectionCache, primary: ConnectionCache, *, lasts: float, max_lag: float) -> None:
        self.cache, self.primary, self.lasts, self.max_lag = cache, primary, lasts, max_lag
        self.refusal: str | None = None  # why it must not answer, as of the last look
        self.lag = inf  # seconds, as of the last look
        self._absence = Absence("replica")
        self._primary_absence = Absence("primary")
        self._given_up_at = self._sized_at = monotonic()
        self._sizes: tuple[int | None, int | None] = (None, None)  # of the primary's log, at the last two looks
        self._positions = Positions()
        self._positioned_at = -inf
        self._asking_primary = Lock()
        self._unused_until = -inf
        self._state = "replica_used"

    def take(self) -> Connection | None:
        """Return a connection to the replica, which must be given back to its `cache`.

        None when it cannot be reached, or must not answer.
        """
        now = monotonic()
        if now > self._given_up_at + self.lasts:
            self._given_up_at = now
            self.cache.drop_waiting()
        if now < self._unused_until:
            return None
        connection = self._absence.take(self.cache)
        if connection is None:
            return None
        if now >= connection.info.get(LOOKED_AT, -inf) + LOOK and not self._may_answer(connection):
            return None
        return connection

    def look(self) -> None:
        """Bring `refusal` and `lag` up to date, unless they are of this moment."""
        connection = self.take()
        if connection is not None:
            self.cache.keep(connection)

    def _may_answer(self, connection: Connection) -> bool:
        """Look at a server by a connection to it, which is taken back when it must not answer."""
        try:
            self._ask_primary()
            found = Look.at(connection)
        except (OperationalError, InterfaceError) as error:
            self.cache.drop(connection)
            self._absence.begin(error)
            return False
        except BaseException:
            self.cache.drop(connection)
            raise
        now = monotonic()
        self.refusal = refusal(self._positions.last, found)
        self.lag = inf if self.refusal else self._positions.lag(now, found.position)
        if self.refusal:
            self._tell("replica_refused", reason=self.refusal)
            self.cache.drop(connection)
            self._unused_until = now + LOOK
            return False
        # Without its primary, a standby that is behind is all there is.
        if self.lag > self.max_lag and not self._primary_absence.lasts:
            self._tell("replica_behind", seconds=round(self.lag, 1) if self.lag < inf else None, paused=found.paused)
            self.cache.keep(connection)
            self._unused_until = now + LOOK
            return False
        self._tell("replica_used")
        connection.info[LOOKED_AT] = now
        return True

    def _ask_primary(self) -> None:
        """Remember where the primary is, unless that was asked a moment ago, or is being asked."""
        if monotonic() < self._positioned_at + LOOK or not self._asking_primary.acquire(blocking=False):
            return
        try:
            connection = self._primary_absence.take(self.primary)
            if connection is None:
                return
            with Lent(self.primary, connection):
                now = monotonic()  # before it is asked: it may write on
                self._positions.add(now, Look.at(connection))
                self._positioned_at = now
        except (OperationalError, InterfaceError) as error:
            self._primary_absence.begin(error)
        except InUse:  # others ask it for something better
            pass
        finally:
            self._asking_primary.release()

    def _tell(self, state: str, **values: object) -> None:
        if state != self._state:
            log.log(INFO if state == "replica_used" else WARNING, state, **values)
            self._state = state

    @contextmanager
    def instead_of_primary(self) -> Iterator[Connection]:
        """Yield a connection to the primary; while it cannot be reached, to the replica if that is as far.

        As far as the primary's log was at the last look but one: the replica may be a moment behind when the primary
        goes. Raises Unavailable.
        """
        primary = self._primary_absence.take(self.primary)
        if primary is not None:
            with Lent(self.primary, primary) as connection:
                self._look_at_size(connection)
                yield connection
            return
        replica = self.take()
        if replica is None:
            raise Unavailable(message("Neither the database nor its replica can be reached; try again."))
        with Lent(self.cache, replica) as connection:
            needed = self._sizes[0]
            if needed is None or connection.execute(_SIZE).scalar_one() < needed:
                raise Unavailable(message("The database cannot be reached, and its replica is behind; try again."))
            yield connection

    def _look_at_size(self, primary: Connection) -> None:
        if self._sizes[1] is not None and monotonic() < self._sized_at + LOOK:
            return
        self._sized_at = monotonic()
        size = primary.execute(_SIZE).scalar_one()
        before = self._sizes[1]
        self._sizes = (size if before is None else before, size)


class Reading:
    """A connection of a replica, if it can be reached, or else of the primary, for the length of a `with`.

    Written out as a class: a generator costs half a read.
    """

    __slots__ = ("_connection", "_lender", "_replica")

    def __init__(self, replica: Replica | None, cache: ConnectionCache) -> None:
        self._replica, self._lender = replica, cache

    def __enter__(self) -> Connection:
        try:
            connection = self._replica.take() if self._replica else None
            if self._replica and connection:
                self._lender = self._replica.cache
            self._connection = connection or self._lender.take()
        except SQLAlchemyError as error:
            translate(error)
            raise
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, SQLAlchemyError):
            with Translated():
                self._lender.drop(self._connection)
        else:
            self._lender.keep(self._connection)
        if error is not None:
            translate(error)
