"""Claims whose verdicts are published, as readers see them."""

from typing import Any

import orjson
from flask import Response

from factcheck.desk.publishing import published, published_claims
from factcheck.errors import Withdrawn
from factcheck.exchange import conversions as formats
from factcheck.exchange.conversions import CLAIM_REVIEW
from factcheck.log.clock import stamp
from factcheck.queries.publishing import corrections
from factcheck.web import context, conversions
from factcheck.web.pages.publishing import rating_scales, shown
from factcheck.web.site import answers

blueprint = answers.blueprint("claims")
CORRECTIONS = 20  # on a claim's page


@blueprint.get("/c/<uuid:claim_id>")
def show_one(claim_id: Any) -> Response:
    """Show a claim with its verdict, who said it, the evidence, and each change since it was published.

    A withdrawn or redacted one gets 410.
    """
    with answers.reading_corrections() as (connection, as_of):
        try:
            document, since = published_claims.get(connection, str(claim_id))
        except Withdrawn as error:
            return answers.page("withdrawn.html", 410, claim=error.extra["claim"])
        claim = orjson.loads(document)
        changes, more = corrections.listed(connection, None, CORRECTIONS, None, claim_id=claim["id"])
        rated = rating_scales.words(connection, [claim]).get(claim["id"])
        reports = published.reports_on(connection, claim["id"])
        chart = shown.chart(connection, claim["id"], None, site=True)
        blocks = conversions.data_blocks(connection, document, answers.site())
    return answers.page(
        "claim.html", as_of=as_of, claim=claim, since=stamp(since), corrections=changes, more=more, rated=rated,
        reports=reports, chart=chart, blocks=blocks,
    )  # fmt: skip


@blueprint.get("/c/<uuid:claim_id>/claimreview")
def show_review(claim_id: Any) -> Response:
    """Give a claim's ClaimReview, as its page has it."""
    with context.database().reading() as connection:
        document, _ = published_claims.get(connection, str(claim_id))
        body = formats.converted(connection, document, CLAIM_REVIEW, answers.site())
    return answers.answered(body, CLAIM_REVIEW.media_type)
