"""/v1/published: reports as readers see them."""

from datetime import datetime
from typing import Any

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import published
from factcheck.log.clock import stamp
from factcheck.schemas.publishing.reports import PublishedListed, PublishedOut
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint
from factcheck.web.api.documented import listed

blueprint = Blueprint("published", "Published reports, as readers see them.")
PAGED = ("limit", "cursor")


@blueprint.route("/published")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(PublishedListed))
def list_published() -> Response:
    """List published reports, the last published first, each in the version that readers see.

    Retracted ones are left out.
    """
    query = queries.read(*PAGED)
    before = place(listing.page_key(query.get("cursor")))
    with context.database().reading() as connection:
        found, following = published.listed(connection, before, query.get("limit", 50), context.caller())
    return listing.listed([documents.dumped(each) for each in found], key_of(following))


@blueprint.route("/published/<uuid:report_id>")
@blueprint.response(200, PublishedOut)
def get_published(report_id: Any) -> Response:
    """Get a published report in the version that readers see, with its corrections. A retracted one gets 410."""
    with context.database().reading() as connection:
        return context.one_thing(published.one(connection, str(report_id), context.caller()))


def place(key: list[Any] | None) -> published.Key | None:
    """Read where a page of the list begins from a cursor's key."""
    return None if key is None else (datetime.fromisoformat(key[0]), int(key[1]))


def key_of(following: published.Key | None) -> list[Any] | None:
    return None if following is None else [stamp(following[0]), following[1]]
