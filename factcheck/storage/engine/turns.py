"""Turns of SQLite's writers, and the commits that they share.

SQLite lets one writer in at a time, and each commit waits for the disk. So whoever ends an action while others wait
hands the open transaction over to the next of them, and the last one commits for all. Until that has succeeded none of
them is told that it is done, not even that it was refused: what refused it may be gone with the others.

What always holds:
- Whoever has the turn passes it on before it waits for anything.
- Whoever gets an open transaction hands it over or ends it, whatever becomes of its own action.
- Places in the queue are given and given up under one mutex: who is given the turn takes it.
- All but the first action of a transaction run in a savepoint, so that one which fails takes nobody along. What SQLite
  rolls back by itself (a full disk) and a COMMIT that fails take everybody along.
"""

import os
import sqlite3
import threading
import time
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from factcheck.messages import message
from factcheck.storage.engine.embedded import TRY, begin_by, is_waited_for
from factcheck.storage.engine.translation import InUse

MOST = 32  # actions that share a commit
LONGEST = 0.02  # seconds from a transaction's beginning on in which actions join it: other processes wait for the lock
MOST_REST = 2.0  # seconds that one who held the lock for long leaves it to others then, if any wait
TURN = "factcheck_turn"  # execution option: the turn in which a connection is used
_DIALECT = sqlite.dialect()


class Steered(sqlite3.Connection):
    """A connection on which the end of an action is not the end of the transaction, while a turn steers it."""

    turn: "Turn | None" = None
    line: int | None = None  # the handle of the lock that is held by the process that is the next to write

    def close(self) -> None:
        super().close()
        if self.line is not None:
            os.close(self.line)
            self.line = None

    def commit(self) -> None:
        if self.turn is None:
            super().commit()
        else:
            self.turn.keep()

    def rollback(self) -> None:
        if self.turn is None:
            super().rollback()
        else:
            self.turn.undo()


class Turns:
    """Lets one writer at a time use the one connection of an engine, in the order in which they came."""

    def __init__(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def prepare(raw: Steered, _record: Any) -> None:
            # What a savepoint may have to take back would be in a file beyond 64 KiB, and a full disk for such files
            # would fail actions.
            raw.execute("PRAGMA temp_store = MEMORY")
            raw.execute(f"PRAGMA busy_timeout = {TRY * 1000:.0f}")

        self._engine = engine
        self._mutex = threading.Lock()
        self._taken = False
        self._queue: deque[Turn] = deque()

    def turn(self, until: float, *, alone: bool = False) -> "Turn":
        """Return a context manager for a turn, which is waited for until a moment of time.monotonic().

        One that is `alone` begins outside of any transaction. To enter it raises InUse. To leave it returns
        once what was done is committed, and raises SQLAlchemy's errors when it was not.
        """
        return Turn(self, until, alone)

    def take(self, turn: "Turn") -> bool:
        """Say whether the turn is there at once; if not, it has a place in the queue now."""
        with self._mutex:
            if self._taken:
                self._queue.append(turn)
                return False
            self._taken = True
            return True

    def give_up(self, turn: "Turn") -> bool:
        """Give a place in the queue up; False when its turn has come already."""
        with self._mutex:
            if turn not in self._queue:
                return False
            self._queue.remove(turn)
            return True

    def pass_on(self, group: "Group | None" = None) -> bool:
        """Let the next one have the turn, and an open transaction if one is given.

        False when nobody waits, or none who may join that transaction: then the turn stays where it is.
        """
        with self._mutex:
            if not self._queue:
                self._taken = group is not None
                return False
            if group is not None and self._queue[0].alone:
                return False
            following = self._queue.popleft()
            following.group = group
            following.signal.release()
            return True

    def discard(self) -> None:
        """Close the connection; the next turn makes another."""
        with self._engine.connect() as connection:
            connection.invalidate()


class Group:
    """An open transaction and those who wait for its end. Only who has the turn touches it."""

    def __init__(self, raw: Steered, turns: Turns) -> None:
        self._raw, self._turns = raw, turns
        self.began = 0.0  # by time.monotonic()
        self._waiting: list[Turn] = []
        self.error: DBAPIError | None = None  # once it is over: why nothing of it was stored

    @property
    def open(self) -> bool:
        return _in_transaction(self._raw)

    @property
    def takes_more(self) -> bool:
        return len(self._waiting) < MOST and time.monotonic() - self.began < LONGEST

    def add(self, turn: "Turn") -> None:
        self._waiting.append(turn)

    def commit(self) -> None:
        """End it, and tell all who wait for it."""
        try:
            self._raw.execute("COMMIT")
        except sqlite3.Error as error:
            self.error = _shared(error)
        except BaseException as error:  # a signal came before COMMIT or after it, never instead of its error
            self.error = _shared(error) if self.open else None
            raise
        finally:
            self._over()

    def fail(self, error: BaseException | None) -> None:
        """End it when nothing of it can be kept because of an error, and tell all who wait for it."""
        self.error = _shared(error)
        self._over()

    def _over(self) -> None:
        try:
            if self.open:
                self._raw.execute("ROLLBACK")
        except sqlite3.Error:
            self._turns.discard()
        finally:
            for turn in self._waiting:
                turn.signal.release()


class Turn:
    """One action's turn. The driver's commit and rollback end the action; the turn's end sees to the transaction."""

    def __init__(self, turns: Turns, until: float, alone: bool) -> None:
        self.until, self.alone = until, alone
        self.group: Group | None = None
        self.rest = 0.0  # seconds that other processes, which waited for the lock, are to have it afterwards
        self.signal = threading.Lock()  # released when the turn has come, and again when the group is over
        self.signal.acquire()
        self._turns = turns
        self._raw: Steered | None = None
        self._joins = self._saved = self._ended = self._passed_on = False

    def __enter__(self) -> "Turn":
        if not self._turns.take(self):
            self._wait()
        self._joins = self.group is not None
        return self

    def _wait(self) -> None:
        try:
            came = self.signal.acquire(timeout=max(self.until - time.monotonic(), 0))
        except BaseException as error:  # a signal
            if not self._turns.give_up(self):
                self._leave(error)
            raise
        if came:
            return
        if self._turns.give_up(self):
            raise InUse(message("Others are writing to the database."))
        self.signal.acquire()  # it came at the last moment

    def begin(self, connection: Connection) -> None:
        """Begin the action: in the transaction that was handed over, or in a new one. Raises SQLAlchemy's errors."""
        raw: Any = connection.connection.driver_connection
        # Before anything has begun: a signal may come between that and the next line, and SQLAlchemy takes back what
        # failed to begin.
        raw.turn, self._raw = self, raw
        if self._joins:
            connection.exec_driver_sql("SAVEPOINT one_action")
            self._saved = True
            return
        self.group = Group(raw, self._turns)
        begin_by(connection, raw, self.until)
        self.group.began = time.monotonic()

    def keep(self) -> None:
        """End the action and leave what it did to the transaction. Raises the driver's errors."""
        assert self._raw is not None
        if self._joins:
            self._raw.execute("RELEASE one_action")
        elif self.alone and self.group is not None and is_waited_for(self._raw):
            self.rest = min(time.monotonic() - self.group.began, MOST_REST)
        self._ended = True

    def undo(self) -> None:
        """Take back what the action did, and nothing else, if SQLite has not taken back everything."""
        if self._ended or self._raw is None or not _in_transaction(self._raw):
            return
        if self._saved:
            self._raw.execute("ROLLBACK TO one_action")
            self._raw.execute("RELEASE one_action")
        elif not self._joins:  # or it has done nothing yet
            self._raw.execute("ROLLBACK")
            self.group = None
        self._ended = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        group = self._leave(error)
        if group is None:
            return
        self.signal.acquire()
        if group.error is not None and group.error is not error:
            raise _again(group.error) from group.error

    def _leave(self, error: BaseException | None) -> Group | None:
        """Pass the turn on; return the transaction whose end is to be waited for, if any."""
        try:
            if self._raw is not None:
                with suppress(sqlite3.Error):  # then it has not ended, and takes the others along
                    self.undo()
                self._raw.turn = None
            group = self.group
            if group is None:
                return None
            waits = error is None or isinstance(error, Exception)
            if waits:
                group.add(self)
            if not group.open or (self._raw is not None and not self._ended):
                group.fail(error)
            elif group.takes_more and self._turns.pass_on(group):
                self._passed_on = True
            else:
                group.commit()
            return group if waits else None
        finally:
            if not self._passed_on:
                self._turns.pass_on()


def _in_transaction(raw: Steered) -> bool:
    try:
        return raw.in_transaction
    except sqlite3.ProgrammingError:  # it was closed: SQLAlchemy does that when a signal comes during a statement
        return False


def _shared(error: BaseException | None) -> DBAPIError:
    """Return the error that all get whom an error takes along."""
    if isinstance(error, OperationalError) or type(error) is DatabaseError:
        return error
    if not isinstance(error, sqlite3.Error):
        error = sqlite3.OperationalError("SQLite rolled the transaction back by itself")
    wrapped = DBAPIError.instance("COMMIT", None, error, sqlite3.Error, dialect=_DIALECT)
    assert isinstance(wrapped, DBAPIError)
    return wrapped


def _again(error: DBAPIError) -> DBAPIError:
    """Return another like it: each thread adds its own traceback to what it raises."""
    assert error.orig is not None
    return type(error)(error.statement, error.params, error.orig)
