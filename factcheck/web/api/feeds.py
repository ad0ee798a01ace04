"""/v1/feeds: all verdicts that stand, for those who follow them."""

from urllib.parse import urlencode

from flask import Response, request

from factcheck.desk.claim_state import documents
from factcheck.formats import atom
from factcheck.queries import verdicts
from factcheck.web import context, exports, listing, queries
from factcheck.web.api import Blueprint

blueprint = Blueprint("feeds", "All current verdicts, as feeds.")
PAGED = ("limit", "cursor")
REVIEWS, VERDICTS = "/v1/feeds/claimreviews", "/v1/feeds/verdicts"
UNKNOWN = "tag:localhost,2026:factcheck"  # the feed's name at a desk that has no public address (RFC 4151)
_ATOM = {"content": {atom.MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "An Atom feed."}
_FEED = {"content": {"application/ld+json": {"schema": {"type": "object"}}}, "description": "A schema.org DataFeed."}


@blueprint.route("/feeds/claimreviews")
@blueprint.doc(responses={200: _FEED})
def claim_reviews() -> Response:
    """Get every claim with a verdict as a ClaimReview, in a schema.org DataFeed from one moment."""
    return exports.claim_reviews(context.here(), REVIEWS)


@blueprint.route("/feeds/verdicts")
@blueprint.doc(parameters=queries.documented(*PAGED), responses={200: _ATOM})
def verdict_feed() -> Response:
    """Get the verdicts as an Atom feed, most recently updated first, with links to further pages (RFC 5005)."""
    query = queries.read(*PAGED) if request.query_string else {}
    after = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        page = verdicts.decided(connection, after, query.get("limit", 50), context.caller())
    following = None
    if page.next is not None:
        cursor = listing.cursors().seal(page.next, listing.bound_to())
        limit = {"limit": query["limit"]} if "limit" in query else {}
        following = f"{VERDICTS}?{urlencode({**limit, 'cursor': cursor})}"
    here = context.here()
    this = f"{VERDICTS}?{request.query_string.decode()}" if request.query_string else VERDICTS
    name = f"{context.settings().base_url or UNKNOWN}{VERDICTS}"  # the same at whatever address it is read
    body = atom.feed([claim for claim, _ in page.items], here, name, VERDICTS, this, following)
    response = context.one(body, documents.etag_of(body), atom.MEDIA_TYPE)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response
