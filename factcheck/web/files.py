"""Files as answers: whole or a part of them, in pieces, so that a large one takes neither memory nor a thread.

The application returns a `FilePart`; `edge/server.py` sends it from the event loop, as fast as its client reads. Any
other WSGI server sends its pieces.
"""

from collections.abc import Iterator
from pathlib import Path

from flask import Response, request

PIECE = 256 * 1024  # bytes


class FilePart:
    """An open file, from a place in it on, for so many bytes. It can be read once its name is gone."""

    def __init__(self, path: Path) -> None:
        """Open a file. Raises OSError."""
        self._file = path.open("rb")
        self.size = self._left = path.stat().st_size

    def limit(self, start: int, length: int) -> None:
        """Read only these bytes."""
        self._file.seek(start)
        self._left = length

    def piece(self) -> bytes:
        """Return the next piece, empty at the end."""
        read = self._file.read(min(PIECE, self._left))
        self._left -= len(read)
        return read

    def __iter__(self) -> Iterator[bytes]:
        with self._file:
            while read := self.piece():
                yield read

    def close(self) -> None:
        self._file.close()


def answer(path: Path, media_type: str, etag: str, caching: str) -> Response:
    """Answer with a file: 304 to a client that has it, 206 with the part that Range names, 416 if it has no such part.

    Raises OSError where the file is gone.
    """
    part = FilePart(path)
    try:
        response = Response(part, mimetype=media_type, direct_passthrough=True)
        response.headers["Cache-Control"] = caching
        response.headers["Accept-Ranges"] = "bytes"
        response.set_etag(etag)
        response.content_length = part.size
        response.make_conditional(request, accept_ranges=True, complete_length=part.size)
    except BaseException:
        part.close()
        raise
    if response.status_code == 206:
        named = response.content_range
        part.limit(named.start or 0, (named.stop or part.size) - (named.start or 0))
        response.response = part
    if response.status_code == 304 or request.method == "HEAD":
        part.close()
    return response
