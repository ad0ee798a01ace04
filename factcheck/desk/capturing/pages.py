"""Capture a page, keep it in the archive and extract its text: everything that comes before the transaction.

It takes seconds, so it runs without a connection to the database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from factcheck import __version__
from factcheck.errors import Unconfirmed
from factcheck.extraction.running import Extract, extract
from factcheck.formats import warc
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.outbound.fetching import Fetcher
from factcheck.outbound.requests import Outbound, guard_of_pages
from factcheck.rules.web.fetches import Exchange, Fetched
from factcheck.settings import Settings
from factcheck.storage.archive.base import Archive
from factcheck.storage.archive.opening import archive_of

SOFTWARE = f"factcheck/{__version__}"
HTML = "text/html"


@dataclass
class CapturedPage:
    """A page that was fetched, or was not: then `extract.failure` says why. Its file is in the archive already.

    `id` is the capture's. `stored` says that a row names the file. `handed` is the page as a person's browser had it:
    then nothing was fetched.
    """

    url: str
    fetched_at: datetime
    last: Exchange | None
    warc_sha256: str | None
    extract: Extract
    stored: bool = False
    id: str = field(default_factory=new_id)
    handed: bytes | None = None

    @property
    def body(self) -> bytes | None:
        """Return the bytes of the page, None if there was no response."""
        return self.last.body if self.last is not None else self.handed

    @property
    def media_type(self) -> str | None:
        return self.last.media_type if self.last is not None else HTML if self.handed is not None else None


class Camera:
    """Captures pages for one desk."""

    def __init__(self, fetcher: Fetcher, archive: Archive) -> None:
        self.fetcher, self.archive = fetcher, archive

    @classmethod
    def of(cls, settings: Settings) -> "Camera":
        """Return the camera of a desk with these settings."""
        fetcher = Fetcher(Outbound(guard_of_pages(settings)), settings.base_url, now)
        return cls(fetcher, archive_of(settings))

    @contextmanager
    def captured(self, url: str, html: str | None = None) -> Iterator[CapturedPage]:
        """Capture a page for the transaction that follows. Where that does not store it, its file is removed again.

        With `html`, the page is what a person's browser had of it, and nothing is fetched. Raises Unavailable if the
        archive cannot be written.
        """
        at = now()
        if html is not None:
            with self._handed_over(url, at, html.encode()) as page:
                yield page
            return
        fetched = self.fetcher.fetch(url)
        with self.kept(url, at, fetched, extracted(fetched)) as page:
            yield page

    @contextmanager
    def kept(self, url: str, at: datetime, fetched: Fetched, found: Extract) -> Iterator[CapturedPage]:
        """Keep what was fetched for the transaction that follows, as `captured` does. Raises Unavailable."""
        last = fetched.last
        kept = self.archive.keep(warc.written(fetched.exchanges, SOFTWARE)) if last else None
        with self._until_stored(CapturedPage(url, at, last, kept, found)) as page:
            yield page

    @contextmanager
    def _handed_over(self, url: str, at: datetime, html: bytes) -> Iterator[CapturedPage]:
        found = extract(html, warc.HANDED, url)
        kept = self.archive.keep(warc.handed_over(url, at, html, SOFTWARE))
        with self._until_stored(CapturedPage(url, at, None, kept, found, handed=html)) as page:
            yield page

    @contextmanager
    def _until_stored(self, page: CapturedPage) -> Iterator[CapturedPage]:
        """Remove the page's file afterwards, unless a row names it."""
        try:
            yield page
        except BaseException as error:
            page.stored = isinstance(error, Unconfirmed)  # then the row that names the file may be there
            raise
        finally:
            if page.warc_sha256 and not page.stored:
                self.archive.discard(page.warc_sha256)


def extracted(fetched: Fetched) -> Extract:
    """Return what a page says, or why it cannot be said."""
    last = fetched.last
    if fetched.failure or last is None:
        return Extract(failure=fetched.failure, detail=fetched.detail)
    return extract(last.body, last.header("content-type") or "", last.url)
