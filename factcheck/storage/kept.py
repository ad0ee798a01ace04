"""Connections that stay open between reads: taking one from the pool and giving it back costs a tenth of a read."""

from types import TracebackType

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError


class Kept:
    """Lends connections of an engine that runs each statement by itself, and keeps them for the next.

    There are as many as are used at a time, which the server's threads bound. One that failed is given back to the
    pool, together with all that wait here: what broke it may have broken them.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._waiting: list[Connection] = []

    def lent(self) -> "Lent":
        """Return a context manager for one connection."""
        return Lent(self)

    def take(self) -> Connection:
        try:
            return self._waiting.pop()
        except IndexError:
            return self.engine.connect()

    def keep(self, connection: Connection) -> None:
        self._waiting.append(connection)

    def drop(self, connection: Connection) -> None:
        waiting, self._waiting = self._waiting, []
        for each in (connection, *waiting):
            each.close()

    def close(self) -> None:
        """Close all that wait; those lent out are closed by nobody, and must have been given back."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.close()
        self.engine.dispose()


class Lent:
    """One connection, for the length of a `with`. Written out as a class: a generator costs twice as much."""

    __slots__ = ("_connection", "_kept")

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def __enter__(self) -> Connection:
        self._connection = self._kept.take()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, SQLAlchemyError):
            self._kept.drop(self._connection)
        else:
            self._kept.keep(self._connection)
