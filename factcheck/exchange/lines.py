"""The lines of a file, read in bounded memory, and what is told of one that is not taken."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from factcheck.errors import FactcheckError, Unreadable
from factcheck.messages import message
from factcheck.schemas.imports import KINDS, Refused

LONGEST = 16 * 1024 * 1024  # bytes of a line: the longest article, written with escapes alone, has 12 million
CHUNK = 64 * 1024
THE_LINE = message("The line")
TOO_LONG = message("The line is longer than {most} bytes.", most=LONGEST)


class Lined(Protocol):
    """What gives its lines, or the first `size` bytes of one."""

    def readline(self, size: int = -1, /) -> bytes: ...


@dataclass
class Place:
    """Where in the file the reader is: lines and bytes read."""

    line: int = 0
    bytes: int = 0


def refused(line: int, data: object, error: FactcheckError) -> Refused:
    """Return a line that is not taken, with what of it can be told."""
    kind, external_id = (data.get("type"), data.get("external_id")) if isinstance(data, dict) else (None, None)
    return Refused(
        line,
        error,
        kind if isinstance(kind, str) and kind in KINDS else None,
        external_id[:200] if isinstance(external_id, str) and not isinstance(error, Unreadable) else None,
    )


def lines(stream: Lined, place: Place) -> Iterator[bytes | None]:
    """Yield each line; None for one that is too long, of which no more than a part is ever held."""
    while raw := stream.readline(LONGEST + 1):
        place.line += 1
        place.bytes += len(raw)
        if len(raw) <= LONGEST or raw.endswith(b"\n"):
            yield raw
            continue
        while not raw.endswith(b"\n") and (raw := stream.readline(CHUNK)):
            place.bytes += len(raw)
        yield None
