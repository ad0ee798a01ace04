"""What stands on the card of a report or a claim."""

from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from factcheck.desk.publishing import published, published_claims
from factcheck.formats import report_text
from factcheck.rules.status import VERDICTS
from factcheck.web.pages.publishing import rating_scales

Json = dict[str, Any]


class Card(NamedTuple):
    """`path` is that of the page. A report has a `summary`; a claim has its `status`, and the house's word if there
    is one.
    """

    path: str
    title: str
    summary: str
    language: str | None = None
    status: str | None = None
    rated: str | None = None


def card_of(connection: Connection, kind: str, thing_id: str) -> Card:
    """Return the card of a report (kind `r`) or a claim (`c`). Raises NotFound, Retracted, Withdrawn."""
    return of_report(connection, thing_id) if kind == "r" else of_claim(connection, thing_id)


def of_report(connection: Connection, report_id: str) -> Card:
    report = published.one(connection, report_id, None)
    summary = report["summary"] or report_text.beginning(report["text"])
    return Card(f"/r/{report_id}", report["title"], summary, report["language"])


def of_claim(connection: Connection, claim_id: str) -> Card:
    claim: Json = orjson.loads(published_claims.get(connection, claim_id)[0])
    rated = rating_scales.words(connection, [claim]).get(claim_id)
    reason = claim["reason"] if claim["status"] in VERDICTS else None
    return Card(f"/c/{claim_id}", claim["text"], reason or "", None, claim["status"], rated)
