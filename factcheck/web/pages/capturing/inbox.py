"""The inbox and the feeds that fill it: what is new, with a way to make an article of it and one to dismiss it."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk.capturing import feeds, inbox
from factcheck.errors import Clash, Invalid, Unauthenticated
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.queries.lists import Page
from factcheck.rules.web.feeds import ItemState
from factcheck.schemas.base import load
from factcheck.schemas.feeds import DismissalIn, FeedIn
from factcheck.web import context, listing
from factcheck.web.pages import forms, paging
from factcheck.web.pages.capturing.watches import OFFERED, in_words
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page, seen_other
from factcheck.web.speaking import languages

blueprint = Blueprint("inbox_pages", __name__)
blueprint.before_request(admit)
SHOWN = 200  # feeds on their page


@blueprint.get("/inbox")
def show() -> Response:
    """Show the items that wait, or with `state` those that left."""
    said = request.args.get("said")  # after a form was sent, which leads to the whole inbox
    query = {} if said else paging.query("feed", "state", renamed={"state": "item_state"})
    if isinstance(query, Response):
        return query
    return _inbox(query, said)


@blueprint.post("/inbox/<uuid:item_id>/dismissal")
def dismiss(item_id: Any) -> Response:
    """Dismiss an item as POST /v1/inbox/{id}/dismissal does. One that left meanwhile is out of the inbox, as wanted."""

    def work(session: Session, actor: Actor) -> str:
        body = forms.body(forms.sent("dismissal"))
        fields = load(DismissalIn(), {name: value for name, value in body.items() if name == "reason"})
        inbox.dismiss(session, actor, str(item_id), **fields)
        return "/inbox?said=dismissed"

    try:
        return forms.perform(inbox.dismiss, work)
    except Clash:
        return seen_other("/inbox?said=left")


@blueprint.get("/inbox/<uuid:item_id>/dismissal")
def back_to_inbox(item_id: Any) -> Response:  # noqa: ARG001 - the address has it
    """Lead back from the address of a form that was sent."""
    return seen_other("/inbox")


@blueprint.get("/feeds")
def show_feeds() -> Response:
    """Show the feeds, and to those who may the forms that add and remove one."""
    return _feeds(Form("feed"))


@blueprint.post("/feeds")
def add() -> Response:
    """Add a feed as POST /v1/feeds does."""

    def work(session: Session, actor: Actor) -> str:
        feeds.add(session, actor, **load(FeedIn(), forms.body(forms.sent("feed"))))
        return "/feeds?said=added"

    try:
        return forms.perform(feeds.add, work)
    except (Invalid, Clash) as error:
        return _feeds(*forms.refused(error, "feed"))


@blueprint.post("/feeds/<uuid:feed_id>/removal")
def remove(feed_id: Any) -> Response:
    """Remove a feed as DELETE /v1/feeds/{id} does."""

    def work(session: Session, actor: Actor) -> str:
        feeds.remove(session, actor, str(feed_id))
        return "/feeds?said=removed"

    return forms.perform(feeds.remove, work)


@blueprint.get("/feeds/<uuid:feed_id>/removal")
def back_to_feeds(feed_id: Any) -> Response:  # noqa: ARG001 - the address has it
    """Lead back from the address of a form that was sent."""
    return seen_other("/feeds")


def _inbox(query: dict[str, Any], said: str | None) -> Response:
    viewer = _member()
    limit = query.get("limit", 50)
    filters = inbox.InboxFilters(query.get("state", ItemState.WAITING), query.get("feed"))
    before = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        found = inbox.listed(connection, filters, before[0] if before else None, limit + 1, viewer)
        known = [feed for _, feed in feeds.listed(connection, -1, SHOWN)]
    following = [found[limit - 1][0]] if len(found) > limit else None
    return page(
        "inbox.html", items=[item for _, item in found[:limit]], state=filters.state, feeds=known,
        feed=filters.feed, more_at=paging.address(Page([], following)), form_of=Form, said=said,
    )  # fmt: skip


def _feeds(form: Form, status: int = 200) -> Response:
    _member()
    with context.database().reading() as connection:
        found = [feed for _, feed in feeds.listed(connection, -1, SHOWN)]
    intervals = {each: languages.said(in_words(each)) for each in OFFERED}
    return page(
        "feeds.html", status, feeds=found, form=form, form_of=Form, intervals=intervals, in_words=in_words,
        said=request.args.get("said"),
    )  # fmt: skip


def _member() -> Actor:
    viewer = context.caller()
    if viewer is None:
        raise Unauthenticated(message("Log in to see the inbox."))
    return viewer
