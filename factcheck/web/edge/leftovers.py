"""The rest of a body that nobody read: read away before the answer goes out, so that the answer arrives.

The server closes a connection whose body was not read to its end. A client that is still sending then gets a broken
pipe instead of its answer, and one that sends its next request on the same connection gets none.
"""

import time
from collections.abc import Callable, Iterable
from queue import Empty
from typing import Any

from factcheck.web.edge.doorway import Application, Body, Readers

WITHIN = 5.0  # seconds
AT_ONCE = 16  # requests whose rest is waited for; a client that never sends it keeps a thread until it goes away
PIECE = 65_536  # bytes


class Leftovers:
    """A WSGI application around the doorway, which reads at most `most` bytes that are left of a body.

    Where more is left, or it does not come in time, the answer says that the connection is closed. So it is for a
    client that sends its body only when it is told to (`Expect: 100-continue`): it has sent nothing.
    """

    def __init__(self, application: Application, *, most: int, within: float = WITHIN, at_once: int = AT_ONCE) -> None:
        self.application = application
        self.most, self.within = most, within
        self.readers = Readers(at_once)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, headers = "", list[tuple[str, str]]()

        def start(given: str, fields: list[tuple[str, str]], _exc_info: Any = None) -> None:
            nonlocal status, headers
            status, headers = given, fields

        answer = self.application(environ, start)
        body = environ.get("wsgi.input")
        closes = any(name == "Connection" for name, _ in headers)
        if isinstance(body, Body) and not closes and not self._is_read(body, "HTTP_EXPECT" in environ):
            headers = [*headers, ("Connection", "close")]
        start_response(status, headers)
        return answer

    def _is_read(self, body: Body, expects: bool) -> bool:
        """Read the rest of a body away. Return whether there is nothing more of it."""
        if body.left == 0:
            return True
        nothing_sent = expects and body.until is None
        if nothing_sent or (body.left or 0) > self.most:
            return False
        left, until = self.most if body.left is None else body.left, time.monotonic() + self.within
        while left:
            size = min(left, PIECE)
            piece = self._read(body, size, until)
            if piece is None:
                return False
            if len(piece) < size:
                return body.left is None  # a body in chunks has ended; one with a length has broken off
            left -= size
        return body.left is not None

    def _read(self, body: Body, size: int, until: float) -> bytes | None:
        answer = self.readers.ask(body.raw.read, size)
        if answer is None:
            return None
        try:
            piece = answer.get(timeout=max(until - time.monotonic(), 0))
        except Empty:
            return None
        return None if isinstance(piece, BaseException) else piece
