"""Whatever follows the log at its own pace: where it is, how others wait for it, and its thread.

How it reads the log and where it keeps its position is its own: see `base.py` for those that write tables.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection

from factcheck.errors import Unavailable
from factcheck.followers.progress import AsOf, Place, Progress
from factcheck.messages import message
from factcheck.storage.engine.database import Database

BATCH = 500  # entries
WAIT = 2.0  # seconds that a reader waits for a follower
LOOK = 0.05  # seconds between two looks at a log that other processes write too
GATHER = 0.05  # seconds that a follower lets entries gather while nobody waits for it: a batch costs a commit
TAKE_OVER = 1.0  # seconds between two tries to take the place of the process that follows


class LogReader(ABC):
    """One follower of one database. What is derived by another `version` is rebuilt."""

    def __init__(self, database: Database, name: str, version: int, batch: int = BATCH) -> None:
        self.database, self.name, self.version, self.batch = database, name, version, batch
        self._one_at_a_time = threading.Lock()
        self._wake = threading.Event()
        self._awaited = threading.Event()
        self._stop = threading.Event()
        self._runs_here = False

    @abstractmethod
    def place(self, connection: Connection) -> Place:
        """Return where the follower is, by one query. Raises Unavailable where that cannot be read."""

    @abstractmethod
    def step(self) -> int:
        """Apply the next batch and return how many entries that were: 0 when there are none, or others were faster."""

    @abstractmethod
    def start_over(self) -> None:
        """Delete what was derived and go back to the beginning of the log."""

    @abstractmethod
    def run(self) -> None:
        """Follow until `stop`: in one process at a time; another one takes over when that ends."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what the follower holds between two steps."""

    def progress(self, connection: Connection) -> Progress:
        """Return how far the follower is. By another version of its rules, it has taken in nothing."""
        place = self.place(connection)
        return Progress(self.name, self._position(place) - 1, place.size - self._position(place), place.rate)

    def wait(self, seconds: float = WAIT) -> AsOf:
        """Wait until the follower has reached the log's end as it is now, for `seconds` at most.

        Where no thread of this process follows, the caller applies the entries itself.
        """
        with self.database.reading_primary() as connection:
            place = self.place(connection)
        wanted, until = place.size, time.monotonic() + seconds
        while not self._reached(place, wanted) and time.monotonic() < until:
            self._urge()
            with self.database.reading_primary() as connection:
                place = self.place(connection)
        return self._as_of(place, wanted)

    def as_of(self, connection: Connection) -> AsOf:
        """Return up to which entry that is true which this connection reads, and whether its log has later ones."""
        place = self.place(connection)
        return self._as_of(place, place.size)

    def _as_of(self, place: Place, wanted: int) -> AsOf:
        return AsOf(self._position(place) - 1, not self._reached(place, wanted))

    def _position(self, place: Place) -> int:
        return place.position if place.version == self.version else 0

    def _urge(self) -> None:
        if self._runs_here:
            self._awaited.set()
            self._wake.set()
            time.sleep(0.001)
        else:
            self.step()

    def _reached(self, place: Place, wanted: int) -> bool:
        return place.version == self.version and place.position >= wanted

    def catch_up(self) -> None:
        """Apply all entries there are."""
        for _ in self.catching_up():
            pass

    def catching_up(self) -> Iterator[Place]:
        """Apply all entries there are; yield where the follower is before each batch, and at the end.

        Raises Unavailable where an entry, or how far the follower is, cannot be read.
        """
        before = None
        while True:
            with self.database.reading_primary() as connection:
                place = self.place(connection)
            yield place
            if self._reached(place, place.size):
                return
            if before is not None and (place.position, place.version) == (before.position, before.version):
                raise Unavailable(
                    message(
                        "{follower} gets no further than entry {position} of the log: the entry is missing, or what"
                        " says how far it is, is damaged.",
                        follower=self.name,
                        position=place.position,
                    )
                )
            before = None if self.step() else place

    def start(self) -> threading.Thread:
        self._runs_here = True
        self.database.listeners.append(self._wake.set)
        thread = threading.Thread(target=self.run, name=f"follower-{self.name}", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()
        self._awaited.set()
        self._wake.set()


def whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value
