"""People: the list for admins, and the form that adds one."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk.team import profiles
from factcheck.errors import Clash, Invalid
from factcheck.log.actors import Actor
from factcheck.queries.lists import Page
from factcheck.rules.roles import Role
from factcheck.schemas.base import load
from factcheck.schemas.team.people import PersonIn
from factcheck.web import context, listing
from factcheck.web.pages import forms, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other

blueprint = Blueprint("people_pages", __name__)
blueprint.before_request(admit_known)
SHOWN = 50


@blueprint.get("/people")
def show_list() -> Response:
    return _listed(Form("person"))


@blueprint.post("/people")
def add() -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(PersonIn(), forms.body(forms.sent()))
        return f"/people/{profiles.add(session, actor, **fields)['id']}?said=added"

    try:
        return forms.perform(profiles.add, work)
    except (Invalid, Clash) as error:
        return _listed(*forms.refused(error, "person"))


@blueprint.get("/me")
def me() -> Response:
    """Lead to the page of whoever asks."""
    return seen_other(f"/people/{context.demand_caller().id}")


def _listed(form: Form, status: int = 200) -> Response:
    actor = context.demand_caller()
    actor.demand(profiles.add.role)
    query = paging.query()
    if isinstance(query, Response):
        return query
    after: Any = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        found = profiles.listed(connection, actor, after and after[0], SHOWN + 1)
    shown = found[:SHOWN]
    following = Page([person for _, person in shown], [shown[-1][0]] if len(found) > SHOWN else None)
    return page(
        "people.html",
        status,
        people=following.items,
        more_at=paging.address(following),
        form=form,
        Role=Role,
        said=request.args.get("said"),
    )
