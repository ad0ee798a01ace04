"""What fetching a page gave: every request and response on the way to it, or why there is no page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_REDIRECTS = 5
LARGEST = 20 * 1024 * 1024  # bytes of one response as it is sent, and again once it is inflated


class Origin(StrEnum):
    """Where the bytes of a capture come from: the desk fetched them, or a person's browser had them."""

    FETCHED = "fetched"
    BROWSER = "browser"


class Failure(StrEnum):
    """Why a page cannot be captured. A response with an error status gives `http_` and the status instead."""

    REFUSED_ADDRESS = "refused_address"
    UNRESOLVED = "unresolved"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    INCOMPLETE = "incomplete"
    TOO_LARGE = "too_large"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    NOT_TEXT = "not_text"
    NO_TEXT = "no_text"
    TOO_COMPLEX = "too_complex"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Exchange:
    """One request and its response, as bytes on the wire; `body` is without chunks and inflated."""

    url: str
    ip: str
    at: datetime
    request: bytes
    response: bytes
    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header field of this name."""
        return next((value for each, value in self.headers if each.lower() == name), None)

    @property
    def media_type(self) -> str | None:
        """Return the media type without its parameters, in lower case."""
        told = (self.header("content-type") or "").partition(";")[0].strip().lower()
        return told[:100] or None


@dataclass(frozen=True)
class Validators:
    """What the server said of the page at `url`. With that, it sends the page only if it is another one by now."""

    url: str
    etag: str | None
    modified: str | None


@dataclass(frozen=True)
class Fetched:
    """The exchanges on the way to a page, redirects first; `failure` says why there is no page, `detail` in words."""

    exchanges: tuple[Exchange, ...]
    failure: str | None = None
    detail: str | None = None

    @property
    def last(self) -> Exchange | None:
        return self.exchanges[-1] if self.exchanges else None
