"""Connections that stay open between reads: taking one from the pool and giving it back costs a tenth of a read."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import TracebackType

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from factcheck.storage.engine.translation import ALL_IN_USE, InUse


class ConnectionCache:
    """Lends connections of an engine that runs each statement by itself, and keeps them for the next.

    At most `most` are lent at a time; whoever wants one more waits up to `wait` seconds. One that failed is given back
    to the pool, together with all that wait here: what broke it may have broken them. `gone` says of one that waited
    whether its server has hung up meanwhile, and must cost next to nothing.
    """

    def __init__(
        self, engine: Engine, *, most: int, wait: float, gone: Callable[[Connection], bool] | None = None
    ) -> None:
        self.engine, self._gone, self._wait = engine, gone, wait
        self._waiting: list[Connection] = []  # the last one used is the next: the others may time out
        # One for each that may be lent. A semaphore that is faster than the standard library's.
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self._places.put(None)

    def lent(self) -> "Lent":
        """Return a context manager for one connection."""
        return Lent(self)

    def take(self) -> Connection:
        """Return a connection, which must be given to `keep` or `drop`. Raises InUse when none was free in time."""
        try:
            self._places.get(timeout=self._wait)
        except Empty:
            raise InUse(ALL_IN_USE) from None
        try:
            return self._cached_or_new()
        except BaseException:
            self._places.put(None)
            raise

    def _cached_or_new(self) -> Connection:
        try:
            while True:
                connection = self._waiting.pop()
                if self._gone is None or not self._gone(connection):
                    return connection
                connection.invalidate()
                connection.close()
        except IndexError:
            return self.engine.connect()

    def keep(self, connection: Connection) -> None:
        """Take a lent connection back, for the next one who needs one."""
        self._waiting.append(connection)
        self._places.put(None)

    def drop(self, connection: Connection) -> None:
        """Take a lent connection back, and close it and all that wait."""
        try:
            connection.close()
            self.drop_waiting()
        finally:
            self._places.put(None)

    def drop_waiting(self) -> None:
        """Give all that wait back to the pool."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.close()

    def close(self) -> None:
        """Close all that wait; those lent out are closed by nobody, and must have been given back."""
        self.drop_waiting()
        self.engine.dispose()


class Lent:
    """One connection, for the length of a `with`: the one given, or one that is taken then.

    Written out as a class: a generator costs twice as much.
    """

    __slots__ = ("_cache", "_connection")

    def __init__(self, cache: ConnectionCache, connection: Connection | None = None) -> None:
        self._cache, self._connection = cache, connection

    def __enter__(self) -> Connection:
        if self._connection is None:
            self._connection = self._cache.take()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._connection is not None
        if isinstance(error, SQLAlchemyError):
            self._cache.drop(self._connection)
        else:
            self._cache.keep(self._connection)
