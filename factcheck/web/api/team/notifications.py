"""/v1/me/notifications"""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.claim_state import documents
from factcheck.desk.team import mail, notifications
from factcheck.queries.team import notifications as told
from factcheck.schemas.base import load
from factcheck.schemas.team.notifications import (
    MailChoicesIn,
    MailChoicesOut,
    NotificationOut,
    NotificationsSeenIn,
    NotificationsSeenOut,
)
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.bodies import read_object

blueprint = Blueprint("notifications", "Your notifications.")
PAGED = ("limit", "cursor")
HERE = "/me/notifications"
CHOICES = MailChoicesIn()


@blueprint.route(HERE)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(NotificationOut, derived=True))
def list_notifications() -> Response:
    """List your notifications, newest first. Needs a token.

    What was withdrawn or redacted, and comments that you must not see yet, are left out.
    """
    viewer = context.demand_caller()
    query = queries.read(*PAGED)
    before = listing.page_key(query.get("cursor"))
    with context.reading_derived("notifications") as (connection, as_of):
        limit = query.get("limit", 50)
        found = told.page(connection, viewer, before, limit)
    return listing.listed([documents.dumped(each) for each in found.items], found.next, as_of=as_of)


@blueprint.route(HERE, methods=["PATCH"])
@does(notifications.see)
@blueprint.doc(**patched_with(NotificationsSeenIn))
@blueprint.response(200, NotificationsSeenOut)
def see_notifications() -> Response:
    """Note how far you have seen your notifications. What was seen stays seen. The log does not record it."""
    fields = load(NotificationsSeenIn(), read_object(patched))

    def work(session: Any, actor: Any) -> Answer:
        seen = notifications.see(session, actor, **fields)
        return Answer(200, {}, documents.dumped({"seen_index": seen}))

    return context.perform(notifications.see, work)


@blueprint.route(f"{HERE}/choices")
@blueprint.response(200, MailChoicesOut)
def get_choices() -> Response:
    """Get when each kind of notification is mailed to you. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(mail.choices(connection, viewer.id))


@blueprint.route(f"{HERE}/choices", methods=["PATCH"])
@does(mail.choose)
@blueprint.doc(requestBody={"required": True, "content": {kind: {"schema": CHOICES} for kind in patched}})
@blueprint.response(200, MailChoicesOut)
def choose_mail() -> Response:
    """Choose when each kind of notification is mailed to you: at once, daily or never. The log does not record it.

    Mail goes to your address: see `email` of a person.
    """
    chosen = load(CHOICES, read_object(patched))

    def work(session: Any, actor: Any) -> Answer:
        return Answer(200, {}, documents.dumped(mail.choose(session, actor, chosen=chosen)))

    return context.perform(mail.choose, work)
