"""Read what a follower derives, from the primary or a replica, and say up to which entry it is true."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

from sqlalchemy.engine import Connection

from factcheck.errors import Unavailable
from factcheck.followers.progress import AsOf
from factcheck.followers.readers import LogReader
from factcheck.storage.engine.database import Database


@contextmanager
def reading(database: Database, following: LogReader) -> Iterator[tuple[Connection, AsOf]]:
    """Wait until a follower has reached the log's end, and yield a connection that has what it derived by then.

    A replica may have the log's newest entries without what was derived from them, because that is a later commit: then
    the primary is read. While the primary is away, the replica is read, and what it has is said to be behind.
    """
    if not database.replicated:
        as_of = following.wait()
        with database.reading() as connection:
            yield connection, as_of
        return
    try:
        reached: AsOf | None = following.wait()
    except Unavailable:
        reached = None
    with database.reading() as replica:
        there = following.as_of(replica)
        if reached is None:
            yield replica, replace(there, behind=True)
            return
        has_it = there.log_index >= reached.log_index
        with nullcontext(replica) if has_it else database.reading_primary() as connection:
            yield connection, reached
