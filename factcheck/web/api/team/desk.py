"""/v1/settings and /v1/followers"""

from dataclasses import asdict
from typing import Any

from flask import Response, current_app

from factcheck.desk.team import profiles
from factcheck.followers import positions
from factcheck.rules.roles import Role
from factcheck.schemas.team.desks import FollowerOut, SettingOut
from factcheck.settings import described
from factcheck.web import context, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("desk", "The desk's settings, and how far derived data follows the log.")


def settings() -> list[dict[str, Any]]:
    """Return the settings of this process for an admin, secrets hidden, each with where its value came from."""
    context.demand_caller().demand(Role.ADMIN)
    return [
        {"name": each["name"], "value": each["value"], "origin": each["from"], "meaning": each["help"]}
        for each in described(context.settings())
    ]


def followers() -> list[dict[str, Any]]:
    """Return how far each follower has come, for an admin."""
    context.demand_caller().demand(Role.ADMIN)
    with context.database().reading_primary() as connection:
        followings = current_app.extensions["factcheck.followers"]
        return [asdict(each) for each in positions.progress(connection, followings)]


@blueprint.route("/settings")
@does(profiles.add)
@blueprint.doc(parameters=queries.documented())
@blueprint.response(200, listed(SettingOut))
def list_settings() -> Response:
    """List the settings of the process that answers, secrets hidden. They are set in its environment."""
    queries.read()
    return context.one_thing({"items": settings(), "next_cursor": None})


@blueprint.route("/followers")
@does(profiles.add)
@blueprint.doc(parameters=queries.documented())
@blueprint.response(200, listed(FollowerOut))
def list_followers() -> Response:
    """List what follows the log, and how far each has come."""
    queries.read()
    return context.one_thing({"items": followers(), "next_cursor": None})
