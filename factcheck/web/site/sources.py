"""Sources: what became of the published claims that they made."""

from typing import Any

from flask import Response, request

from factcheck.desk.publishing import published_sources
from factcheck.errors import Merged
from factcheck.queries.lists import Page
from factcheck.rules.status import Status
from factcheck.web import context, listing
from factcheck.web.pages import paging
from factcheck.web.pages.publishing import rating_scales
from factcheck.web.site import answers

blueprint = answers.blueprint("sources")
LISTED = 20  # claims on a page


@blueprint.get("/s/<uuid:source_id>")
def show(source_id: Any) -> Response:
    """Show a source with its published claims and their verdicts. One that is shown as another one leads there."""
    key = listing.page_key(request.args.get("cursor"))
    with context.database().reading() as connection:
        try:
            found = published_sources.record(connection, str(source_id), key[0] if key else None, LISTED)
        except Merged as merged:
            return answers.moved(f"/s/{merged.into}")
        rated = rating_scales.words(connection, found.claims)
    more = paging.address(Page([], [found.following] if found.following is not None else None))
    counts = [(status, found.counts[status]) for status in Status if found.counts.get(status)]
    return answers.page(
        "source.html", found=found, counts=counts, counted=published_sources.COUNTED, rated=rated, more=more
    )
