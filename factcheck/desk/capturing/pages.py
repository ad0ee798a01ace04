"""Fetch a page, keep it in the archive and extract its text: everything that comes before the transaction.

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
from factcheck.settings import Settings, archive_folder
from factcheck.storage.archive import Archive


@dataclass
class CapturedPage:
    """A page that was fetched, or was not: then `extract.failure` says why. Its file is in the archive already.

    `id` is the capture's. `stored` says that a row names the file.
    """

    url: str
    fetched_at: datetime
    last: Exchange | None
    warc_sha256: str | None
    extract: Extract
    stored: bool = False
    id: str = field(default_factory=new_id)


class Camera:
    """Captures pages for one desk."""

    def __init__(self, fetcher: Fetcher, archive: Archive) -> None:
        self.fetcher, self.archive = fetcher, archive

    @classmethod
    def of(cls, settings: Settings) -> "Camera":
        """Return the camera of a desk with these settings."""
        fetcher = Fetcher(Outbound(guard_of_pages(settings)), settings.base_url, now)
        return cls(fetcher, Archive(archive_folder(settings)))

    @contextmanager
    def captured(self, url: str) -> Iterator[CapturedPage]:
        """Capture a page for the transaction that follows. Where that does not store it, its file is removed again.

        Raises Unavailable if the archive cannot be written.
        """
        at = now()
        fetched = self.fetcher.fetch(url)
        with self.kept(url, at, fetched, extracted(fetched)) as page:
            yield page

    @contextmanager
    def kept(self, url: str, at: datetime, fetched: Fetched, found: Extract) -> Iterator[CapturedPage]:
        """Keep what was fetched for the transaction that follows, as `captured` does. Raises Unavailable."""
        last = fetched.last
        kept = self.archive.keep(warc.written(fetched.exchanges, f"factcheck/{__version__}")) if last else None
        page = CapturedPage(url, at, last, kept, found)
        try:
            yield page
        except BaseException as error:
            page.stored = isinstance(error, Unconfirmed)  # then the row that names the file may be there
            raise
        finally:
            if kept and not page.stored:
                self.archive.discard(kept)


def extracted(fetched: Fetched) -> Extract:
    """Return what a page says, or why it cannot be said."""
    last = fetched.last
    if fetched.failure or last is None:
        return Extract(failure=fetched.failure, detail=fetched.detail)
    return extract(last.body, last.header("content-type") or "", last.url)
