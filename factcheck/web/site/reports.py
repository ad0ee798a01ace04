"""Reports, as readers see them."""

from itertools import islice
from typing import Any

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import published, site_pages
from factcheck.errors import Retracted
from factcheck.formats import report_text
from factcheck.formats.site import articles
from factcheck.web import context, conversions
from factcheck.web.pages.layout import named
from factcheck.web.pages.publishing import shown
from factcheck.web.site import answers

blueprint = answers.blueprint("reports")
LISTED = 20  # reports on a page
REVIEWS = 20  # claims with their reviews in one page


@blueprint.get("/r")
def show() -> Response:
    """List the reports, the last published first."""
    before = answers.place()
    with context.database().reading() as connection:
        found, following = published.listed(connection, before, LISTED, None)
    return answers.page("reports.html", reports=found, more=answers.following(following))


@blueprint.get("/r/<uuid:report_id>")
def show_one(report_id: Any) -> Response:
    """Show a report in the version that readers see. A retracted one gets 410, and says why."""
    with context.database().reading() as connection:
        try:
            report = published.one(connection, str(report_id), None)
        except Retracted as error:
            return answers.page("retracted.html", 410, report=error.extra["report"])
        text = shown.parts(connection, report["text"], None, site=True)
        blocks = (conversions.data_blocks(connection, each, answers.site()) for each in text.documents)
        pages = site_pages.names(connection)
        reviews = [block for each in islice(filter(None, blocks), REVIEWS) for block in each]
    linked = conversions.in_html(documents.dumped(articles.article(report, answers.site(), pages)))
    return answers.page(
        "report.html", report=report, parts=text.parts, blocks=[linked, *reviews],
        description=report["summary"] or report_text.beginning(report["text"]),
    )  # fmt: skip


@blueprint.get("/r/<uuid:report_id>/changes/<int(max=2147483647):log_index>")
def show_change(report_id: Any, log_index: int) -> Response:
    """Show what a correction changed: the version before it with what is gone struck out, and what is new marked."""
    with context.database().reading() as connection:
        before, after = published.correction(connection, str(report_id), log_index)
    text = shown.compared(before["text"], after["text"], named)
    return answers.page("change.html", before=before, after=after, text=text)
