"""Followers that ask the search index: they follow the log as far as the index does."""

import threading
from collections.abc import Iterator
from typing import Protocol

from sqlalchemy import Connection

from factcheck.followers.base import Follower, Following, LogEntry
from factcheck.followers.beside import Beside
from factcheck.followers.progress import Place
from factcheck.followers.search.following import SearchFollowing
from factcheck.followers.search.views import View
from factcheck.storage.engine.database import Database

BATCH = 20  # entries: each may take as long as a search


class Asking(Follower, Protocol):
    """A follower that asks the index. It is given a `view` that has what the entries of a batch say."""

    view: View | None


class IndexedFollowing(Beside):
    """Follows the log as far as the search index does, and rests between two batches.

    Those of one `turn` work one at a time, so that all of them together take one connection.
    """

    def __init__(
        self,
        database: Database,
        follower: Asking,
        search: SearchFollowing,
        audit: Following,
        turn: threading.Lock,
        batch: int = BATCH,
    ) -> None:
        super().__init__(database, follower, audit, turn, batch)
        self._asking, self._search = follower, search

    def step(self) -> int:
        """Apply the next batch, as far as the index has it: none while a server has no index yet, which it makes."""
        with self.database.reading_primary() as connection:
            place = self.place(connection)
        if self._reached(place, place.size):
            return 0
        if self._runs_here:
            self._search.index.look()
            if self._search.index.seen is None:
                return 0
            self._asking.view = self._search.view(seconds=0)  # to wait for it would hurry it, and cost commits
        else:
            self._asking.view = self._search.view()
        return super().step()

    def entries(self, connection: Connection, start: int) -> list[LogEntry]:
        """Return those of the next entries that the index has taken in."""
        assert self._asking.view is not None
        last = self._asking.view.as_of.log_index
        return [entry for entry in super().entries(connection, start) if entry.log_index <= last]

    def catching_up(self) -> Iterator[Place]:
        """Apply all entries there are, after the index has."""
        self._search.catch_up()
        yield from super().catching_up()
