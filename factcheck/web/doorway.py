"""Before the application: bodies that come slowly hold up nobody, and one that breaks off counts for nothing.

The server gives a request its thread once the headers are there, and lets it read the body, for which it knows no
deadline. Some clients that send a byte a second would take every thread. So there are many threads, of which only a
few work at any time: one that waits for a body lets another one work meanwhile, and waits for so long and no longer.
"""

import io
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotThereYet
from queue import SimpleQueue
from threading import BoundedSemaphore
from typing import Any

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
        self.waiting = BoundedSemaphore(waiting)
        self.within = within
        # The server's read cannot be broken off: a thread of its own waits in it, until the connection is closed.
        self.readers = ThreadPoolExecutor(waiting, "body")

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
        if not self.doorway.waiting.acquire(blocking=False):
            raise TooMany("Too many requests are still being sent: try again in a moment.")
        self.doorway.working.put(None)
        try:
            reading = self.doorway.readers.submit(self.raw.read, size)
            reading.add_done_callback(lambda _: self.doorway.waiting.release())
            part: bytes = reading.result(max(self.until - time.monotonic(), 0))
            return part
        except NotThereYet:
            raise TooSlow(f"The body was not there within {self.doorway.within:g} seconds.") from None
        finally:
            self.doorway.working.get()
