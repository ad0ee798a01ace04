"""/v1/published: reports as readers see them."""

from typing import Any

from flask import Response, request

from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import published, published_claims
from factcheck.schemas.publishing.reports import PublishedClaimListed, PublishedListed, PublishedOut
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint
from factcheck.web.api.documented import listed


def admit_readers() -> None:
    """Let in everybody where the public site is on, which shows the same; else do as `context.admit` does."""
    if context.settings().public_site and request.method in context.SAFE:
        context.caller()  # a token that is not good is refused all the same
        context.refuse_parameters()
    else:
        context.admit()


blueprint = Blueprint("published", "Published reports, as readers see them.", admitted_by=admit_readers)
PAGED = ("limit", "cursor")
FIRST = "00000000-0000-0000-0000-000000000000"  # before every id


@blueprint.route("/published")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(PublishedListed))
def list_published() -> Response:
    """List published reports, the last published first, each in the version that readers see.

    Retracted ones are left out.
    """
    query = queries.read(*PAGED)
    before = listing.time_key(query.get("cursor"))
    with context.database().reading() as connection:
        found, following = published.listed(connection, before, query.get("limit", 50), context.caller())
    return listing.listed([documents.dumped(each) for each in found], listing.key_at(following))


@blueprint.route("/published/claims")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(PublishedClaimListed))
def list_published_claims() -> Response:
    """List the claims whose verdicts are published, in the order of their ids, with the entry that published each.

    A verdict is published by the first publication of a report that refers to its claim, and stays published.
    """
    return listing.paged(published_claims.listed, first=FIRST)


@blueprint.route("/published/<uuid:report_id>")
@blueprint.response(200, PublishedOut)
def get_published(report_id: Any) -> Response:
    """Get a published report in the version that readers see, with its corrections. A retracted one gets 410."""
    with context.database().reading() as connection:
        return context.one_thing(published.one(connection, str(report_id), context.caller()))
