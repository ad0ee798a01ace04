"""What an error of the database means to who asked for something."""

from types import TracebackType

import structlog
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from factcheck.errors import Clash, Unavailable, Unconfirmed
from factcheck.messages import message

log = structlog.get_logger("factcheck.storage")

INSUFFICIENT_PRIVILEGE = "42501"  # PostgreSQL's SQLSTATEs
LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"
SQLITE_BUSY = 5
ALL_IN_USE = message("All database connections of this process are in use.")


class InUse(PoolTimeout):
    """What a request needs of the database was in use by others for as long as it may wait. `detail` says what."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Translated:
    """Makes our errors of SQLAlchemy's, inside a `with`."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            translate(error)


def translate(error: BaseException) -> None:
    """Raise what an error means to who asked; return when it is none of the database's, or a mistake of ours."""
    if isinstance(error, IntegrityError):
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_CONSTRAINT_TRIGGER":
            return  # the history refused to be changed: no race, but a mistake of ours
        log.warning("race_lost", error=str(error.orig))
        raise Clash(
            message("Somebody else added the same thing at the same moment. Read it, then try again.")
        ) from error
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        reason = getattr(error, "orig", error)
        if getattr(reason, "unconfirmed", False):
            log.error("commit_unconfirmed", error=str(reason))
            raise Unconfirmed(
                message(
                    "The outcome is not known. Read before you try again, or repeat the request under the same"
                    " Idempotency-Key."
                )
            ) from error
        log.error("database_unavailable", error=str(reason))
        told = message("{why} Nothing was changed; try again.", why=_explained(error))
        raise Unavailable(told) from error
    if isinstance(error, ProgrammingError):
        if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            return
        log.error("database_refuses", error=str(error.orig))
        raise Unavailable(
            message("The database role has no right to do that: run `factcheck db grant` after an upgrade.")
        ) from error
    if type(error) is DatabaseError:  # SQLite's word for a file that is damaged, or is no database
        log.error("database_damaged", error=str(error.orig))
        raise Unavailable(message("The database cannot be read: {reason}.", reason=str(error.orig))) from error
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        log.error("database_connection_lost", error=str(error.orig))
        raise Unavailable(message("The database connection was lost; try again.")) from error


def _explained(error: OperationalError | InterfaceError | PoolTimeout) -> str:
    """Say why the database does not answer, for whoever asked."""
    if isinstance(error, PoolTimeout):
        return error.detail if isinstance(error, InUse) else ALL_IN_USE
    if getattr(error.orig, "not_connected", False):
        return message("The database server cannot be reached, or takes no more connections.")
    state = getattr(error.orig, "sqlstate", None)
    if state == LOCK_NOT_AVAILABLE or getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY:
        return message("Others are changing the same data.")
    if state == QUERY_CANCELED:
        return message("The database took too long.")
    return message("The database is not available now.")
