"""/v1/articles/{id}/watch"""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import watches
from factcheck.desk.claim_state import documents
from factcheck.schemas.watches import WatchIn, WatchOut
from factcheck.web import context, preconditions
from factcheck.web.api import Blueprint, does

blueprint = Blueprint("watches", "Articles whose pages are fetched again and again, to find changes of their text.")


@blueprint.route("/articles/<uuid:article_id>/watch")
@blueprint.response(200, WatchOut)
def get_watch(article_id: Any) -> Response:
    """Get how an article is watched, and what became of the last check. Needs a token."""
    context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(watches.get(connection, str(article_id)))


@blueprint.route("/articles/<uuid:article_id>/watch", methods=["PUT"])
@does(watches.watch)
@blueprint.arguments(WatchIn)
@blueprint.response(200, WatchOut)
@blueprint.alt_response(201, schema=WatchOut, description="The article was not watched before.")
def set_watch(body: dict[str, Any], article_id: Any) -> Response:
    """Watch an article's page. If its text changes, the desk adds a snapshot and finds the quotes of its claims in it.

    `factcheck watch run` fetches the page, at first at once. It honours the site's robots.txt, and tries again
    after a failure, later each time.
    """

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        watch, is_new = watches.watch(session, actor, str(article_id), **body, seen=seen)
        if is_new:
            return context.made(watch["links"]["self"], watch)
        return context.changed(documents.dumped(watch), watches.etag(watch))

    return context.perform(watches.watch, work)


@blueprint.route("/articles/<uuid:article_id>/watch", methods=["DELETE"])
@does(watches.unwatch)
@blueprint.response(204)
def remove_watch(article_id: Any) -> Response:
    """Stop watching an article. The log shows that it was watched."""

    def work(session: Any, actor: Any) -> Answer:
        watches.unwatch(session, actor, str(article_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(watches.unwatch, work)
