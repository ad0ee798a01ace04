"""What is in the files of a dump, read in one walk over what is published, in pieces of bounded size."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from factcheck.desk import articles
from factcheck.desk.claim_state.documents import dumped
from factcheck.desk.publishing import published, published_claims
from factcheck.exchange.conversions import CLAIM_REVIEW, missing
from factcheck.formats import claim_review, claim_table
from factcheck.formats.here import Here
from factcheck.formats.site import dumps
from factcheck.queries.publishing import corrections

Json = dict[str, Any]
PAGE = 250  # claims or corrections in a piece
REPORTS_PAGE = 20  # each may have 100,000 code points


class DumpFile(NamedTuple):
    """A file of a dump. `description` is for programs and their authors, so it is in no other language."""

    name: str
    description: str


CLAIMS = DumpFile("claims.ndjson.gz", "Published claims as JSON, one per line, in the order of their ids.")
TABLE = DumpFile("claims.csv.gz", "The same claims as a table, one per row, with a header.")
REVIEWS = DumpFile("claimreview.json.gz", "Those with a verdict as a schema.org DataFeed of ClaimReviews.")
REPORTS = DumpFile(
    "reports.ndjson.gz", "Reports as readers see them, as JSON, one per line, in the order of their ids."
)
CORRECTIONS = DumpFile("corrections.ndjson.gz", "Corrections as JSON, one per line, the last one first.")
FILES = (CLAIMS, TABLE, REVIEWS, REPORTS, CORRECTIONS)
Add = Callable[[DumpFile, int, bytes], None]  # takes a file, how many records, and their bytes


def write(
    connection: Connection, moment: datetime, here: Here, licence: str, add: Add, rest: Callable[[], None]
) -> None:
    """Write what readers see at a moment, piece by piece, and call `rest` between two pieces.

    `connection` sees one moment all along.
    """
    _write_claims(connection, moment, here, licence, add, rest)
    for reports in published.pages(connection, REPORTS_PAGE, moment):
        add(REPORTS, len(reports), _lines(map(dumped, reports)))
        rest()
    following = None
    while True:
        found, following = corrections.listed(connection, following, PAGE, None, moment=moment)
        add(CORRECTIONS, len(found), _lines(map(dumped, found)))
        if following is None:
            return
        rest()


def _write_claims(
    connection: Connection, moment: datetime, here: Here, licence: str, add: Add, rest: Callable[[], None]
) -> None:
    add(TABLE, 0, dumps.header())
    add(REVIEWS, 0, claim_review.feed_begins(here, "/data#claimreview", license=dumps.licence_url(licence)))
    separator = b""
    for page in published_claims.pages(connection, PAGE, moment):
        claims = [(orjson.loads(document), listed) for document, listed in page]
        add(CLAIMS, len(claims), _lines(dumped(dumps.claim(*each)) for each in claims))
        add(TABLE, len(claims), claim_table.written(dumps.row(*each, here) for each in claims))
        decided = [claim for claim, _ in claims if not missing(claim, CLAIM_REVIEW)]
        of = articles.get_many(connection, {claim["article_id"] for claim in decided})
        for claim in decided:
            review, _ = claim_review.convert(claim, of[claim["article_id"]], here)
            add(REVIEWS, 1, separator + claim_review.feed_item(review))
            separator = b","
        rest()
    add(REVIEWS, 0, claim_review.FEED_ENDS)


def _lines(documents: Iterable[bytes]) -> bytes:
    return b"".join(line for each in documents for line in (each, b"\n"))
