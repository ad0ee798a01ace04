"""Followers that follow in the process in which another one does, and never at the same time as it.

A follower of its own takes each worker two connections to the database: one that holds its lock, one that reads and
writes. These take none: the lock is that of the `leader`, and those of one `turn` work one after the other.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from factcheck.errors import Clash
from factcheck.followers.base import Follower, Following
from factcheck.followers.readers import BATCH
from factcheck.storage.engine.database import Database


class Beside(Following):
    """A follower that follows where the `leader` does, and rests between two batches."""

    rests = True
    gather = 1.0  # second: a batch costs a commit

    def __init__(
        self, database: Database, follower: Follower, leader: Following, turn: threading.Lock, batch: int = BATCH
    ) -> None:
        super().__init__(database, follower, batch, turn)
        self._leader = leader

    @contextmanager
    def leading(self) -> Iterator[Callable[[], bool]]:
        """Follow where the leader does. Raises Clash while that is another process, or none."""
        if not self._leader.leads:
            raise Clash(f"Another process of this desk follows the log for {self.name}, or none yet.")
        yield lambda: self._leader.leads
