"""Somebody's notifications, newest first, and how many of them they have not seen."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from factcheck.desk.team import notifications
from factcheck.log.actors import Actor
from factcheck.messages import Message
from factcheck.queries.team import notifications as told
from factcheck.rules.team.notifying import sentence
from factcheck.schemas.base import load
from factcheck.schemas.team.notifications import NotificationsSeenIn
from factcheck.web import context, listing
from factcheck.web.pages import forms, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page

blueprint = Blueprint("notifications_pages", __name__)
blueprint.before_request(admit_known)
SHOWN = 50
LONGEST = 16  # digits of a place in the log


@blueprint.get("/notifications")
def show() -> Response:
    """Show one's notifications. Looking at them marks none as seen: a button does."""
    viewer = context.demand_caller()
    query = paging.query()
    if isinstance(query, Response):
        return query
    before = listing.page_key(query.get("cursor"))
    with context.reading_derived("notifications") as (connection, as_of):
        found = told.page(connection, viewer, before, query.get("limit", SHOWN))
        unseen = told.unseen(connection, viewer)
    return page(
        "notifications.html", as_of=as_of, found=found.items, more=paging.address(found), unseen=unseen,
        form=Form(), in_words=_in_words,
    )  # fmt: skip


@blueprint.get("/notifications/unseen")
def count() -> Response:
    """Say how many are not seen, for every page: nothing where all are. It waits for nothing, and is asked again."""
    with context.database().reading() as connection:
        number = told.unseen(connection, context.demand_caller())
    return page("unseen.html", number=number, many=told.COUNTED)


@blueprint.post("/notifications")
def see() -> Response:
    """Note that all that the page showed was seen."""

    def work(session: Session, actor: Actor) -> str:
        written = forms.sent().value("seen_index")
        number = int(written) if written.isdecimal() and len(written) < LONGEST else written
        notifications.see(session, actor, **load(NotificationsSeenIn(), {"seen_index": number}))
        return "/notifications"

    return forms.perform(notifications.see, work)


def _in_words(told: Mapping[str, Any]) -> Message:
    return sentence(told["kind"], told["by"] and told["by"]["name"])
