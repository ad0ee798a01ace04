"""/v1/duplicates: pairs of claims that are likely the same."""

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.queries.search import duplicates
from factcheck.schemas.duplicates import DuplicateOut
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint
from factcheck.web.api.documented import listed

blueprint = Blueprint("duplicates", "Claims that are likely the same, two by two.")
NARROWED = ("claim", "min_score")
FILTERS = (*NARROWED, "limit", "cursor", "count")


@blueprint.route("/duplicates")
@blueprint.doc(parameters=queries.documented(*FILTERS))
@blueprint.response(200, listed(DuplicateOut, derived=True))
def list_duplicates() -> Response:
    """List pairs of active claims that are likely the same, newest found first.

    Relate the two claims of a pair to settle it: `restates` if they say the same, `distinct_from` if not. Pairs with
    any relation between their claims are left out.
    """
    query = queries.read(*FILTERS)
    filters = {name: query[name] for name in NARROWED if name in query}
    after, viewer = listing.page_key(query.get("cursor")), context.caller()
    with context.reading_derived("duplicates") as (connection, as_of):
        page = duplicates.page(connection, filters, after, query.get("limit", 50), viewer=viewer)
        total = duplicates.count(connection, filters) if query.get("count") else None
    return listing.listed([documents.dumped(item) for item in page.items], page.next, total, as_of=as_of)
