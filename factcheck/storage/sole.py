"""One process at a time: a lock that ends with whoever holds it, however they end.

PostgreSQL: an advisory lock of a connection of its own, which the server lets go when the connection ends. SQLite: a
lock on a file beside the database, which the system lets go when the process ends. Neither needs a lease to run out.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from factcheck.errors import Clash, Misconfigured, Unavailable
from factcheck.settings import embedded_file
from factcheck.storage.database import Database, writing_engine

DELIVERER = 7_245_210_302  # any constant, beside that of the migrations


@contextmanager
def sole(database: Database, name: str) -> Iterator[Callable[[], bool]]:
    """Hold the lock of this name, and yield what says whether it is still held. Raises Clash when somebody has it."""
    file = embedded_file(database.url)
    if file is None:
        with _on_server(database.url, name) as held:
            yield held
        return
    lock = file.with_suffix(f".{name}.lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Misconfigured(f"The lock {lock} cannot be made: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(name) from None
        yield lambda: True
    finally:
        os.close(handle)


@contextmanager
def _on_server(url: str, name: str) -> Iterator[Callable[[], bool]]:
    engine = writing_engine(url)
    one_by_one = threading.Lock()
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": DELIVERER}):
                raise _taken(name)

            def held() -> bool:
                with one_by_one:
                    if connection.invalidated:  # it was lost before, and is not asked again
                        return False
                    try:
                        connection.execute(text("SELECT 1"))
                    except DBAPIError:
                        return False
                return True

            yield held
    except DBAPIError as error:
        raise Unavailable("The database cannot be reached; try again.") from error
    finally:
        engine.dispose()


def _taken(name: str) -> Clash:
    return Clash(f"Another process of this desk does this already ({name}): one at a time.")
