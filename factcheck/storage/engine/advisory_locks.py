"""PostgreSQL's advisory locks: what each is for, its number, and the statements that take one.

Nothing else in factcheck calls PostgreSQL's functions for them, so that no two purposes share a number. A number is
never given to another purpose: two versions of factcheck run side by side while an upgrade goes through the processes.
"""

from enum import IntEnum, unique
from typing import Any

from sqlalchemy import Select, func, literal_column, select
from sqlalchemy.orm import Session


@unique
class AdvisoryLock(IntEnum):
    """What a lock is for. The numbers are arbitrary, and unlikely to be those of another program in the database."""

    MIGRATION = 7_245_210_301
    """One change of the schema at a time."""

    AUTHORIZATION = 7_245_210_302
    """Shared by everybody who writes; taken alone to change what somebody may do."""

    WEBHOOKS = 7_245_210_303
    """One process delivers to webhooks."""

    USE = 7_245_210_304
    """Shared by every connection of a desk; taken alone to downgrade or restore."""

    FOLLOW_AUDIT = 7_245_210_305
    """One process at a time lets the audit follow the log."""

    WATCH = 7_245_210_306
    """One process fetches watched articles."""

    CHECK_LINKS = 7_245_210_307
    """One process checks the links of evidence."""

    IMPORT_SOURCES = 7_245_210_308
    """One import at a time looks for the sources that its lines may be, and adds those that are new."""

    MAIL = 7_245_210_309
    """One process sends mail."""


def until_commit(lock: AdvisoryLock, *, shared: bool = False) -> Select[Any]:
    """Return the statement that waits for a lock and holds it until the transaction ends."""
    function = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
    return select(function(_number(lock)))


def take_until_commit(session: Session, lock: AdvisoryLock) -> None:
    """Wait for a lock and hold it until the transaction ends. SQLite needs none: its writers queue up."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(until_commit(lock))


def if_free(lock: AdvisoryLock) -> Select[Any]:
    """Return the statement that takes a lock until the connection ends; its value is false where somebody has it."""
    return select(func.pg_try_advisory_lock(_number(lock)))


def release(lock: AdvisoryLock) -> Select[Any]:
    """Return the statement that gives up a lock that `if_free` took."""
    return select(func.pg_advisory_unlock(_number(lock)))


def shared_until_disconnect(lock: AdvisoryLock) -> str:
    """Return the statement, in PostgreSQL's own words, that waits to share a lock and holds it until the connection
    ends.
    """
    return f"SELECT pg_advisory_lock_shared({lock.value})"


def _number(lock: AdvisoryLock) -> Any:
    return literal_column(str(lock.value))
