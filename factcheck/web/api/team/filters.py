"""/v1/me/filters"""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.team import filters
from factcheck.schemas.team.filters import SavedFilterIn, SavedFilterOut
from factcheck.web import context, preconditions, saving
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("filters", "Filters of lists that you gave names to.")
HERE = "/me/filters"


@blueprint.route(HERE)
@blueprint.response(200, listed(SavedFilterOut))
def list_filters() -> Response:
    """List your saved filters, all of them, by their names. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing({"items": filters.listed(connection, viewer.id), "next_cursor": None})


@blueprint.route(HERE, methods=["POST"])
@does(filters.save)
@blueprint.arguments(SavedFilterIn)
@blueprint.response(201, SavedFilterOut)
def save_filter(body: dict[str, Any]) -> Response:
    """Save a filter of a list under a name, in the place of one with this name. The log does not record it."""
    saving.demand_good(body["filtered"], body["query"])

    def work(session: Any, actor: Any) -> Answer:
        saved = filters.save(session, actor, **body)
        return context.made(saved["links"]["self"], saved)

    return context.perform(filters.save, work)


@blueprint.route(f"{HERE}/<uuid:filter_id>")
@blueprint.response(200, SavedFilterOut)
def get_filter(filter_id: Any) -> Response:
    """Get one of your saved filters."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(filters.get(connection, viewer.id, str(filter_id)))


@blueprint.route(f"{HERE}/<uuid:filter_id>", methods=["DELETE"])
@does(filters.remove)
@blueprint.response(204)
def remove_filter(filter_id: Any) -> Response:
    """Remove one of your saved filters."""

    def work(session: Any, actor: Any) -> Answer:
        filters.remove(session, actor, str(filter_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(filters.remove, work)
