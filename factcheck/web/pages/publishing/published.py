"""Published reports, as readers see them: on a public desk without logging in."""

from itertools import islice
from typing import Any

from flask import Blueprint, Response

from factcheck.desk.publishing import published
from factcheck.errors import Retracted
from factcheck.queries.lists import Page
from factcheck.web import context, conversions, listing
from factcheck.web.api.publishing.published import key_of, place
from factcheck.web.pages import paging
from factcheck.web.pages.layout import admit, page
from factcheck.web.pages.publishing import shown

blueprint = Blueprint("published_pages", __name__, url_prefix="/published")
blueprint.before_request(admit)
REVIEWS = 20  # ClaimReviews in one page


@blueprint.get("")
def show() -> Response:
    """List published reports, the last published first."""
    query = paging.query()
    if isinstance(query, Response):
        return query
    before = place(listing.page_key(query.get("cursor")))
    with context.database().reading() as connection:
        found, following = published.listed(connection, before, query.get("limit", 50), context.caller())
    return page("published.html", reports=found, more_at=paging.address(Page([], key_of(following))))


@blueprint.get("/<uuid:report_id>")
def show_one(report_id: Any) -> Response:
    """Show a report in the version that readers see. Of a retracted one, say so: 410."""
    with context.database().reading() as connection:
        try:
            report = published.one(connection, str(report_id), context.caller())
        except Retracted as error:
            return page("published_retracted.html", 410, report=error.extra["report"])
        text = shown.parts(connection, report["text"])
        blocks = (conversions.data_block(connection, document) for document in text.documents)
        reviews = list(islice((each for each in blocks if each), REVIEWS))
    return page("published_report.html", report=report, parts=text.parts, reviews=reviews)
