"""Evidence that cites a page of which the desk has no capture."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, zip_longest
from typing import NamedTuple
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.log.clock import now
from factcheck.rules.redacting import BLOCK
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.evidence import Evidence

AGAIN = timedelta(days=1)  # after which a page that could not be captured is tried again


class Piece(NamedTuple):
    """A piece of evidence."""

    claim_id: str
    evidence_id: str


def pieces(connection: Connection) -> dict[str, list[Piece]]:
    """Return the evidence in force that has a URL and no capture, by its URL, oldest claims first.

    Without pages that could not be captured within the last day, and URLs of which words were redacted.
    """
    failed = select(Capture.url).where(Capture.reason.is_not(None), Capture.fetched_at > now() - AGAIN)
    rows = connection.execute(
        select(Evidence.url, Evidence.claim_id, Evidence.id)
        .join(Claim, Claim.id == Evidence.claim_id)
        .where(
            Evidence.url.is_not(None),
            Evidence.capture_id.is_(None),
            Evidence.withdrawn_at.is_(None),
            Claim.withdrawn_at.is_(None),
            Evidence.url.not_in(failed),
        )
        .order_by(Claim.seq, Evidence.position)
    )
    found: defaultdict[str, list[Piece]] = defaultdict(list)
    for url, claim_id, evidence_id in rows:
        if url is not None and BLOCK not in url:
            found[url].append(Piece(claim_id, evidence_id))
    return dict(found)


def in_turns(urls: Iterable[str]) -> Iterator[str]:
    """Yield URLs so that one host after the other is asked, each for one page at a time."""
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[host_of(url)].append(url)
    return (url for url in chain.from_iterable(zip_longest(*by_host.values())) if url is not None)


def host_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()
