"""Connections that stay open between reads: taking one from the pool and giving it back costs a tenth of a read."""

from collections.abc import Callable
from types import TracebackType

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError


class Kept:
    """Lends connections of an engine that runs each statement by itself, and keeps them for the next.

    There are as many as are used at a time, which the server's threads bound. One that failed is given back to the
    pool, together with all that wait here: what broke it may have broken them. `gone` says of one that waited whether
    its server has hung up meanwhile, and must cost next to nothing.
    """

    def __init__(self, engine: Engine, gone: Callable[[Connection], bool] | None = None) -> None:
        self.engine, self._gone = engine, gone
        self._waiting: list[Connection] = []

    def lent(self) -> "Lent":
        """Return a context manager for one connection."""
        return Lent(self)

    def take(self) -> Connection:
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
        self._waiting.append(connection)

    def drop(self, *connections: Connection) -> None:
        """Give these back to the pool, and all that wait."""
        waiting, self._waiting = self._waiting, []
        for each in (*connections, *waiting):
            each.close()

    def close(self) -> None:
        """Close all that wait; those lent out are closed by nobody, and must have been given back."""
        self.drop()
        self.engine.dispose()


class Lent:
    """One connection, for the length of a `with`: the one given, or one that is taken then.

    Written out as a class: a generator costs twice as much.
    """

    __slots__ = ("_connection", "_kept")

    def __init__(self, kept: Kept, connection: Connection | None = None) -> None:
        self._kept, self._connection = kept, connection

    def __enter__(self) -> Connection:
        if self._connection is None:
            self._connection = self._kept.take()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._connection is not None
        if isinstance(error, SQLAlchemyError):
            self._kept.drop(self._connection)
        else:
            self._kept.keep(self._connection)
