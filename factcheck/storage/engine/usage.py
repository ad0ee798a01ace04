"""Who uses a database. Every connection of a desk shares one lock; to downgrade or restore takes it alone.

PostgreSQL: an advisory lock of the connection's session. SQLite: a lock on a file beside the database. Both are let go
when the connection or its process ends, however it ends.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from factcheck.errors import Clash
from factcheck.settings import embedded_file
from factcheck.storage.engine import embedded
from factcheck.storage.engine.advisory_locks import AdvisoryLock, if_free

CLOSED_WITHIN = 1.0  # seconds
USED = "A server or another command of factcheck uses this database: stop it first. Nothing was changed."


def take_alone(connection: Connection) -> None:
    """Have the database to this connection alone until it is closed. Raises Clash where another one is open."""
    if connection.dialect.name == "postgresql":
        # The server notices a moment later that a connection was closed.
        until = time.monotonic() + CLOSED_WITHIN
        while not (taken := bool(connection.scalar(if_free(AdvisoryLock.USE)))) and time.monotonic() < until:
            time.sleep(0.02)
    else:
        share = connection.info.get(embedded.SHARE)
        taken = share is None or embedded.try_lock(share)
    if not taken:
        raise Clash(USED)


@contextmanager
def no_one_else(url: str) -> Iterator[None]:
    """Keep everybody out of an embedded database whose file need not be there. Raises Clash where it is used."""
    file = embedded_file(url)
    assert file is not None
    with embedded.locked(file, embedded.USE) as taken:
        if not taken:
            raise Clash(USED)
        yield


def be_the_only_server(url: str) -> None:
    """Have this process be the one that serves an embedded database, until it ends. Raises Clash where there is one.

    A database server has any number of them.
    """
    file = embedded_file(url)
    if file is not None and embedded.hold(file, embedded.SERVE) is None:
        raise Clash(f"Another `factcheck serve` or `factcheck demo` already serves {file}: stop it first.")
