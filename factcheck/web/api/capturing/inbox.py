"""/v1/feeds and /v1/inbox"""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import feeds, inbox
from factcheck.desk.claim_state import documents
from factcheck.rules.web.feeds import ItemState
from factcheck.schemas.feeds import DismissalIn, FeedIn, FeedOut, ItemOut
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("inbox", "Feeds of news sites, and the inbox in which their new items wait.")
FILTERS = ("feed", "state", "limit", "cursor")
RENAMED = {"state": "item_state"}


@blueprint.route("/feeds")
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(FeedOut))
def list_feeds() -> Response:
    """List the feeds that the desk reads, in the order in which they were added. Needs a token."""
    context.demand_caller()
    return listing.paged(feeds.listed, first=-1)


@blueprint.route("/feeds", methods=["POST"])
@does(feeds.add)
@blueprint.arguments(FeedIn)
@blueprint.response(201, FeedOut)
def add_feed(body: dict[str, Any]) -> Response:
    """Add an RSS or Atom feed. `factcheck watch run` fetches it, at first at once, and captures what it has new.

    Only the 100 newest items of a feed count. If the desk has the feed already, the response is 409 with its
    `id`.
    """

    def work(session: Any, actor: Any) -> Answer:
        feed = feeds.add(session, actor, **body)
        return context.made(feed["links"]["self"], feed)

    return context.perform(feeds.add, work)


@blueprint.route("/feeds/<uuid:feed_id>")
@blueprint.response(200, FeedOut)
def get_feed(feed_id: Any) -> Response:
    """Get a feed, and what became of it when it was fetched last. Needs a token."""
    context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(feeds.get(connection, str(feed_id)))


@blueprint.route("/feeds/<uuid:feed_id>", methods=["DELETE"])
@does(feeds.remove)
@blueprint.response(204)
def remove_feed(feed_id: Any) -> Response:
    """Remove a feed. Its items stay in the inbox, and the log shows that it was read."""

    def work(session: Any, actor: Any) -> Answer:
        feeds.remove(session, actor, str(feed_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(feeds.remove, work)


@blueprint.route("/inbox")
@blueprint.doc(parameters=queries.documented(*FILTERS, renamed=RENAMED))
@blueprint.response(200, listed(ItemOut))
def list_inbox() -> Response:
    """List the items of feeds that wait, those that were found last first. Needs a token.

    Each is a capture. To make an article of it, send its `id` as `capture_id` to POST /v1/articles; then it waits no
    more. An item whose page could not be captured says why in `capture.reason`.
    """
    viewer = context.demand_caller()
    query = queries.read(*FILTERS, renamed=RENAMED)
    limit = query.get("limit", 50)
    filters = inbox.InboxFilters(query.get("state", ItemState.WAITING), query.get("feed"))
    before = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        found = inbox.listed(connection, filters, before[0] if before else None, limit + 1, viewer)
    following = [found[limit - 1][0]] if len(found) > limit else None
    return listing.listed([documents.dumped(item) for _, item in found[:limit]], following)


@blueprint.route("/inbox/<uuid:item_id>")
@blueprint.response(200, ItemOut)
def get_item(item_id: Any) -> Response:
    """Get an item of a feed, also one that waits no more. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(inbox.get(connection, str(item_id), viewer))


@blueprint.route("/inbox/<uuid:item_id>/dismissal", methods=["POST"])
@does(inbox.dismiss)
@blueprint.arguments(DismissalIn)
@blueprint.response(200, ItemOut)
def dismiss_item(body: dict[str, Any], item_id: Any) -> Response:
    """Dismiss an item: it waits no more, and does not come back. Its capture stays."""

    def work(session: Any, actor: Any) -> Answer:
        item = documents.dumped(inbox.dismiss(session, actor, str(item_id), **body, seen=preconditions.seen_if_given()))
        return context.changed(item, documents.etag_of(item))

    return context.perform(inbox.dismiss, work)
