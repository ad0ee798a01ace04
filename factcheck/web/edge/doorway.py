"""Before the application: who may work now. Bodies that come slowly hold up nobody, nor do readers hold up writers.

The server gives a request its thread once the headers are there, and lets it read the body, for which it knows no
deadline. Some clients that send a byte a second would take every thread. So there are many threads, of which only a
few work at any time: one that waits for a body lets another one work meanwhile, and waits for so long and no longer.

All that work share one interpreter lock, which a write has to get some forty times. Beside sixteen readers it gets it
last each time: one writer beside 60 readers came to 9 writes a second instead of 140. So few reads work at a time,
which makes them no slower altogether, and writes have places of their own.
"""

import io
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import Empty as NotThereYet
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeAlias

from factcheck.errors import TooMany, TooSlow, Unavailable, Unreadable
from factcheck.web import context

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
WITHIN = 60.0  # seconds for the whole body
PATIENCE = 10.0  # seconds that a request waits for its place: longer than what holds one may take
ALIVE = "/healthz"  # asks whether the process lives, not whether it has a place free


class Gate:
    """Lets so many requests work at a time, in the order in which they came."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._queue: deque[Lock] = deque()
        self._mutex = Lock()

    @property
    def waiting(self) -> int:
        """How many wait for a place."""
        return len(self._queue)

    def enter(self, patience: float) -> None:
        """Take a place, which must be given to `leave`. Raises Unavailable when there was none in time."""
        with self._mutex:
            if self._free:
                self._free -= 1
                return
            place = Lock()
            place.acquire()
            self._queue.append(place)
        if place.acquire(timeout=patience):
            return
        with self._mutex:
            if place not in self._queue:
                return  # it came at the last moment
            self._queue.remove(place)
        raise Unavailable("Too many requests wait for their turn. Nothing was changed; try again.")

    def leave(self) -> None:
        """Give the place to whoever has waited for the longest time."""
        with self._mutex:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._free += 1


class Doorway:
    """A WSGI application that lets so many requests that read and so many that write work at a time.

    `waiting` more may wait for their bodies. `patience` is how long, in seconds, a request waits for its place.
    """

    def __init__(
        self,
        application: Application,
        *,
        reading: int,
        writing: int,
        waiting: int,
        within: float = WITHIN,
        patience: float = PATIENCE,
    ) -> None:
        self.application = application
        self.reading, self.writing = Gate(reading), Gate(writing)
        self.within, self.patience = within, patience
        self.readers = Readers(waiting)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == ALIVE:
            return self.application(environ, start_response)
        visit = Visit(self.reading if environ["REQUEST_METHOD"] in context.SAFE else self.writing, self.patience)
        length = environ.get("CONTENT_LENGTH")
        if length or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = Body(environ["wsgi.input"], int(length) if length else None, self, visit)
        try:
            visit.enter()
        except Unavailable as error:
            environ[context.REQUEST_ID], _ = context.request_id_of(environ)
            environ[context.TRIED] = context.Tried(None, error)  # which the application answers without working
            return self.application(environ, start_response)
        try:
            return self.application(environ, start_response)
        finally:
            visit.leave()


class Visit:
    """One request's place at a gate, which it may give up and take again."""

    def __init__(self, gate: Gate, patience: float) -> None:
        self._gate, self._patience, self._inside = gate, patience, False

    def enter(self) -> None:
        """Take a place. Raises Unavailable."""
        self._gate.enter(self._patience)
        self._inside = True

    def leave(self) -> None:
        """Give the place up, if there is one."""
        if self._inside:
            self._inside = False
            self._gate.leave()


class Body:
    """The body of one request, as wsgi.input. Its thread works while it does not read."""

    def __init__(self, raw: Any, length: int | None, doorway: Doorway, visit: Visit) -> None:
        self.raw, self.left, self.doorway, self.visit = raw, length, doorway, visit
        self.until: float | None = None

    def read(self, size: int = -1) -> bytes:
        """Read what there is up to `size` bytes, as many when there are as many.

        Raises TooSlow when the body is not there in time, Unreadable when it ends before its Content-Length, TooMany
        when too many others wait for theirs, Unavailable when there is no place to go on with what was read.
        """
        if self.left is not None:
            size = self.left if size < 0 else min(size, self.left)
        if size == 0:
            return b""
        part = self._waited_for(size)
        if self.left is not None:
            if len(part) < size:
                raise Unreadable("The body ended before its Content-Length.")
            self.left -= len(part)
        return part

    def readline(self, size: int = -1) -> bytes:
        return self._whole().readline(size)

    def readlines(self, hint: int = -1) -> list[bytes]:
        return self._whole().readlines(hint)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._whole())

    def _whole(self) -> io.BytesIO:
        return io.BytesIO(self.read())

    def _waited_for(self, size: int) -> bytes:
        if self.until is None:
            self.until = time.monotonic() + self.doorway.within
        answer = self.doorway.readers.ask(self.raw.read, size)
        if answer is None:
            raise TooMany("Too many requests are still being sent: try again in a moment.")
        self.visit.leave()
        try:
            part = answer.get(timeout=max(self.until - time.monotonic(), 0))
        except NotThereYet:
            raise TooSlow(f"The body was not there within {self.doorway.within:g} seconds.") from None
        finally:
            self.visit.enter()
        if isinstance(part, BaseException):
            raise part
        return part


Answer: TypeAlias = SimpleQueue[bytes | BaseException]


class Readers:
    """Threads that wait in the server's reads, one in each. Such a read cannot be broken off: it ends when the
    connection is closed, at the latest.

    What a pool of the standard library does, for two thirds of its cost: bodies are short, and there already.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.started = 0
        self._idle: deque[Reader] = deque()  # who read last is asked next
        self._mutex = Lock()

    @property
    def waiting(self) -> int:
        return self.started - len(self._idle)

    def ask(self, read: Callable[[int], bytes], size: int) -> Answer | None:
        """Have something read, and return where it will be put, or its error; None when all threads are reading."""
        try:
            reader = self._idle.pop()
        except IndexError:
            with self._mutex:
                if self.started == self.most:
                    return None
                reader = Reader(self._idle)
                reader.start()
                self.started += 1
        answer: Answer = SimpleQueue()
        reader.asked.put((read, size, answer))
        return answer


class Reader(Thread):
    """Reads for one request after the other, and is idle meanwhile."""

    def __init__(self, idle: "deque[Reader]") -> None:
        super().__init__(name="body", daemon=True)
        self.asked: SimpleQueue[tuple[Callable[[int], bytes], int, Answer]] = SimpleQueue()
        self._idle = idle

    def run(self) -> None:
        while True:
            self._answer(*self.asked.get())

    def _answer(self, read: Callable[[int], bytes], size: int, answer: Answer) -> None:
        found: bytes | BaseException
        try:
            found = read(size)
        except BaseException as error:  # noqa: BLE001 (it is the request's)
            found = error
        self._idle.append(self)
        answer.put(found)
