"""Before the application: bodies that come slowly hold up nobody, and one that breaks off counts for nothing.

The server gives a request its thread once the headers are there, and lets it read the body, for which it knows no
deadline. Some clients that send a byte a second would take every thread. So there are many threads, of which only a
few work at any time: one that waits for a body lets another one work meanwhile, and waits for so long and no longer.
"""

import io
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import Empty as NotThereYet
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeAlias

from factcheck.errors import TooMany, TooSlow, Unreadable

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
WITHIN = 60.0  # seconds for the whole body


class Doorway:
    """A WSGI application that lets `working` requests work and `waiting` more wait for their bodies."""

    def __init__(self, application: Application, *, working: int, waiting: int, within: float = WITHIN) -> None:
        self.application = application
        self.working: SimpleQueue[None] = SimpleQueue()  # as many places as may work; faster than a semaphore
        for _ in range(working):
            self.working.put(None)
        self.within = within
        self.readers = Readers(waiting)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH")
        if length or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = Body(environ["wsgi.input"], int(length) if length else None, self)
        self.working.get()
        try:
            return self.application(environ, start_response)
        finally:
            self.working.put(None)


class Body:
    """The body of one request, as wsgi.input. Its thread works while it does not read."""

    def __init__(self, raw: Any, length: int | None, doorway: Doorway) -> None:
        self.raw, self.left, self.doorway = raw, length, doorway
        self.until: float | None = None

    def read(self, size: int = -1) -> bytes:
        """Read what there is up to `size` bytes, as many when there are as many.

        Raises TooSlow when the body is not there in time, Unreadable when it ends before its Content-Length, TooMany
        when too many others wait for theirs.
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
        self.doorway.working.put(None)
        try:
            part = answer.get(timeout=max(self.until - time.monotonic(), 0))
        except NotThereYet:
            raise TooSlow(f"The body was not there within {self.doorway.within:g} seconds.") from None
        finally:
            self.doorway.working.get()
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
