"""An embedded database's file: made for its owner alone, and the locks beside it.

SQLite gives the files that it makes beside a database the database's mode.

The locks are those of `flock`. The system lets go of one when every process that holds it has ended, however they end.
"""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from factcheck.errors import Misconfigured
from factcheck.storage import private

USE = "use"  # the lock that every connection shares
SERVE = "serve"
LINE = "line"  # held by the process that is the next to write
MAY_NOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS)
TRY = 0.005  # seconds in which SQLite asks three times for the lock; left to itself, it soon asks ten times a second
LOOK = 0.001  # seconds between two looks whether somebody else is the next
SHARE = "factcheck_share"  # in a connection's info: the handle of its share in the lock USE


def prepare(engine: Engine, file: Path) -> None:
    """Have an engine make its database's file private, and each of its connections share the lock USE."""

    @event.listens_for(engine, "do_connect")
    def make(_dialect: Any, _record: Any, _arguments: Any, _parameters: Any) -> None:
        try:
            private.make_file(file)
        except OSError as error:
            raise sqlite3.OperationalError(f"unable to open database file: {error.strerror}") from error

    @event.listens_for(engine, "connect")
    def share(_connection: Any, record: Any) -> None:
        handle = opened(file, USE)
        if handle is None:
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise sqlite3.OperationalError("another process downgrades or restores the database") from None
        record.info[SHARE] = handle

    @event.listens_for(engine, "close")
    def give_up(_connection: Any, record: Any) -> None:
        handle = record.info.pop(SHARE, None)
        if handle is not None:
            os.close(handle)


def opened(file: Path, name: str) -> int | None:
    """Open a lock and return its handle; None where this process may not write here. Raises SQLite's errors."""
    try:
        return _opened(file, name)
    except OSError as error:
        if error.errno in MAY_NOT_WRITE:
            return None
        raise sqlite3.OperationalError(f"unable to open {_beside(file, name)}: {error.strerror}") from error


def try_lock(handle: int) -> bool:
    """Take a lock alone, and say whether it was free."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(handle: int) -> None:
    fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def patient(raw: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Let a writer's connection wait for the lock by itself, inside a block that has the turn and no transaction."""
    raw.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {TRY * 1000:.0f}")


def begin_by(connection: Connection, raw: Any, until: float) -> None:
    """Begin to write before a moment of time.monotonic(), on a connection that waits for the lock for TRY seconds.

    Other processes wait for the lock too, and SQLite gives it to the one that asks at the right moment: an import,
    which commits and begins again, would get it every time. So the process that waits holds a second lock, and every
    process takes that one first. Raises SQLAlchemy's errors.
    """
    with _first_in_line(raw, until):
        while not _begun(connection, last=time.monotonic() >= until - TRY):
            pass


def is_waited_for(raw: Any) -> bool:
    """Say whether another process waits for the lock that a connection has."""
    if raw.line is None:
        return False
    if try_lock(raw.line):
        unlock(raw.line)
        return False
    return True


@contextmanager
def _first_in_line(raw: Any, until: float) -> Iterator[None]:
    """Be the one who gets the lock next, for the length of the block; where that takes too long, be one of many."""
    if raw.line is None:
        yield
        return
    while not (first := try_lock(raw.line)) and time.monotonic() < until - TRY:
        time.sleep(LOOK)
    try:
        yield
    finally:
        if first:
            unlock(raw.line)


def _begun(connection: Connection, *, last: bool) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0)
        if last or code & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


@contextmanager
def locked(file: Path, name: str) -> Iterator[bool]:
    """Hold a lock beside a database's file for the length of a block; yield False where somebody has it already."""
    handle = hold(file, name)
    try:
        yield handle is not None
    finally:
        if handle is not None:
            os.close(handle)


def hold(file: Path, name: str) -> int | None:
    """Take a lock beside a database's file, and return its handle; None where somebody has it already.

    It is held until the handle is closed here and in every process that was forked meanwhile. Raises Misconfigured.
    """
    lock = _beside(file, name)
    try:
        handle = _opened(file, name)
    except OSError as error:
        raise Misconfigured(f"The lock {lock} cannot be created: {error.strerror}.") from error
    if not try_lock(handle):
        os.close(handle)
        return None
    return handle


def _beside(file: Path, name: str) -> Path:
    return file.resolve().with_suffix(f".{name}.lock")


def _opened(file: Path, name: str) -> int:
    """Open a lock's file, which is made if need be. Raises OSError."""
    return os.open(_beside(file, name), os.O_RDWR | os.O_CREAT, private.FILE)
