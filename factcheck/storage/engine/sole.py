"""One process at a time: a lock that ends with whoever holds it, however they end.

PostgreSQL: an advisory lock of a connection of its own, which the server lets go when the connection ends. SQLite: a
lock on a file beside the database, which the system lets go when the process ends. Neither needs a lease to run out.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from factcheck.errors import Clash, Unavailable
from factcheck.settings import embedded_file
from factcheck.storage.engine import embedded
from factcheck.storage.engine.advisory_locks import AdvisoryLock, if_free, release
from factcheck.storage.engine.database import Database, writing_engine


@contextmanager
def sole(database: Database, lock: AdvisoryLock) -> Iterator[Callable[[], bool]]:
    """Hold a lock, and yield what says whether it is still held. Raises Clash when somebody has it."""
    file = embedded_file(database.url)
    if file is None:
        with _on_server(database.url, lock) as held:
            yield held
        return
    with embedded.locked(file, _name(lock)) as taken:
        if not taken:
            raise _taken(lock)
        yield lambda: True


@contextmanager
def _on_server(url: str, lock: AdvisoryLock) -> Iterator[Callable[[], bool]]:
    engine = writing_engine(url)
    one_by_one = threading.Lock()
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(if_free(lock)):
                raise _taken(lock)

            def held() -> bool:
                with one_by_one:
                    if connection.invalidated:  # it was lost before, and is not asked again
                        return False
                    try:
                        connection.execute(text("SELECT 1"))
                    except DBAPIError:
                        return False
                return True

            try:
                yield held
            finally:
                # A server notices only some time later that a connection was closed.
                if not connection.invalidated:
                    with suppress(DBAPIError):
                        connection.execute(release(lock))
    except DBAPIError as error:
        raise Unavailable("The database cannot be reached; try again.") from error
    finally:
        engine.dispose()


def _name(lock: AdvisoryLock) -> str:
    return lock.name.lower()


def _taken(lock: AdvisoryLock) -> Clash:
    return Clash(f"Another process of this desk is already doing this ({_name(lock)}). Only one can run at a time.")
