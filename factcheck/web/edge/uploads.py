"""The bodies of requests, read on the event loop before the application works: one that comes slowly holds up nobody.

The application is given a body once all of it is there. Where it does not come, the application still answers: it
gets the error when it reads the body, after it has looked at who sends it and where to.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from factcheck.errors import FactcheckError, TooLarge, TooMany, TooSlow, Unavailable, Unreadable
from factcheck.messages import message
from factcheck.web.edge.environ import Environ

Receive = Callable[[], Awaitable[dict[str, Any]]]
WITHIN = 60.0  # seconds for the whole body
SPOOLED = 65_536  # bytes of a body that are kept in memory; the rest goes to a temporary file
TOO_LARGE = message("The body is larger than this desk allows.")
AT_ONCE = 64  # bodies of the largest size: as many bytes are kept at a time, of all requests together


class Body:
    """The body of one request, as much as has come of it.

    `whole` says that nothing more of it is under way, so that the connection can be used again.
    """

    def __init__(self, declared: int) -> None:
        self.declared = declared  # its Content-Length, 0 for a body in chunks
        self.size = 0
        self.whole = False
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - `Uploads.end` closes it


class Uploads:
    """Reads bodies of at most `most` bytes, each within `within` seconds."""

    def __init__(self, most: int, *, within: float = WITHIN, at_once: int = AT_ONCE) -> None:
        self.most, self.within = most, within
        self.room = most * at_once

    def begin(self, environ: Environ) -> Body | None:
        """Return the body that a request says that it has, which `end` must get afterwards."""
        declared = int(environ.get("CONTENT_LENGTH") or 0)
        return Body(declared) if declared or "HTTP_TRANSFER_ENCODING" in environ else None

    async def read(self, body: Body, receive: Receive) -> IO[bytes] | io.RawIOBase:
        """Return the body as `wsgi.input`. Whoever reads it gets the error where it did not come."""
        try:
            if body.declared > self.most:
                raise TooLarge(TOO_LARGE)
            async with asyncio.timeout(self.within):
                await self._fill(body, receive)
        except TimeoutError:
            return _Refused(
                TooSlow(message("The body did not arrive within {seconds} seconds.", seconds=f"{self.within:g}"))
            )
        except OSError as error:
            why = message("There is no room for the body now ({cause}). Nothing was changed.", cause=error.strerror)
            return _Refused(Unavailable(why))
        except FactcheckError as error:
            return _Refused(error)
        return body.file

    def end(self, body: Body) -> None:
        """Give back the room that a body took, when its request was answered."""
        body.file.close()
        self.room += body.size

    async def _fill(self, body: Body, receive: Receive) -> None:
        """Raises TooLarge, Unreadable when the body breaks off, TooMany when there is no room for it now."""
        while not body.whole:
            received = await receive()
            if received["type"] == "http.disconnect":
                raise Unreadable(message("The body ended before its Content-Length."))
            piece: bytes = received.get("body", b"")
            body.size += len(piece)
            self.room -= len(piece)
            if body.size > self.most:
                raise TooLarge(TOO_LARGE)
            if self.room < 0:
                raise TooMany(message("Too many requests are still arriving. Try again in a moment."))
            body.file.write(piece)
            body.whole = not received.get("more_body", False)
        body.file.seek(0)


class _Refused(io.RawIOBase):
    """A body that is not there."""

    def __init__(self, error: FactcheckError) -> None:
        super().__init__()
        self.error = error

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise self.error
