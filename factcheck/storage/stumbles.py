"""Go on where a row cannot be read: the one place that makes something to be told of whatever reading it raises."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InvalidRequestError, StatementError
from sqlalchemy.orm import Session

# PostgreSQL's classes of errors, and SQLite's errors, that say nothing of the rows.
STATES = ("08", "40", "53", "55", "57")
CODES = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_FULL,
)  # fmt: skip
LONGEST = 500  # letters of a reason
Key = TypeVar("Key")
Found = TypeVar("Found")
# What a value that is missing, or a column of another type, makes of code that was written for good rows.
STUMBLES = (
    ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError,
    InvalidRequestError, StatementError,
)  # fmt: skip


def apart(
    session: Session | Connection,
    keys: Sequence[Key],
    work: Callable[[Sequence[Key]], Found],
    unreadable: Callable[[Key, str], Found],
) -> Iterator[Found]:
    """Do some work for all keys at once. Where it stumbles, do it for each half, and so on down to single keys.

    What stumbles for a single key is told by `unreadable`, which is given the reason. What the work did for keys that
    it stumbled over is undone. Raises what says that the database cannot answer now.
    """
    if not keys:
        return
    try:
        with _savepoint(session):
            found = work(keys)
    except STUMBLES as error:
        reason = reason_of(error)
        if isinstance(session, Session):
            session.expunge_all()
        if len(keys) == 1:
            yield unreadable(keys[0], reason)
            return
    else:
        yield found
        return
    half = len(keys) // 2
    for some in (keys[:half], keys[half:]):
        yield from apart(session, some, work, unreadable)


def surely(
    session: Session | Connection, found: Iterator[Found], unreadable: Callable[[str], Found]
) -> Iterator[Found]:
    """Yield what is found, and end with what is `unreadable` where the search itself stumbles."""
    try:
        with _savepoint(session):
            yield from found
    except STUMBLES as error:
        yield unreadable(reason_of(error))


@contextmanager
def _savepoint(session: Session | Connection) -> Iterator[None]:
    """Undo what the block did when it raises, or PostgreSQL refuses every statement after it.

    A session makes its savepoint when it is used first, and the block may use its connection alone.
    """
    with session.begin_nested():
        if isinstance(session, Session):
            session.connection()
        yield


def reason_of(error: Exception) -> str:
    """Say in one line what an error was. Raises it when it tells of the moment and not of what is read."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or _of_the_moment(error.orig):
            raise error
        return printable(str(error.orig))
    return printable(f"{type(error).__name__}: {error}")


def _of_the_moment(error: BaseException | None) -> bool:
    """Say whether the database could not answer now: somebody has a lock, the disk is full, it is being shut down."""
    state = getattr(error, "sqlstate", None) or ""
    code = getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_OK
    return state.startswith(STATES) or code & 0xFF in CODES


def printable(said: str) -> str:
    """Return what was said in one line, of some length, that does nothing to a terminal."""
    line = " ".join(said.split())[:LONGEST]
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
