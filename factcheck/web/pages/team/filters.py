"""Saved filters on the pages of lists: links to them, and the forms that save and remove one."""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.team import filters
from factcheck.log.actors import Actor
from factcheck.rules.team.filtering import FILTERS, FilteredList, query_of
from factcheck.schemas.base import load
from factcheck.schemas.team.filters import SavedFilterIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, seen_other

blueprint = Blueprint("filters_pages", __name__, url_prefix="/filters")
blueprint.before_request(admit_known)


@dataclass(frozen=True)
class Saving:
    """What the page of a list shows of saved filters: those of its reader, and its own as the query of its address."""

    filtered: FilteredList
    saved: list[dict[str, Any]]
    query: str
    form: Form = field(default_factory=lambda: Form("saved_filter"))

    @property
    def current(self) -> dict[str, Any] | None:
        """The saved filter that the page shows."""
        return next((each for each in self.saved if each["query"] == self.query), None)


def saving(connection: Connection, filtered: FilteredList) -> Saving | None:
    """Return what the page of a list shows of saved filters; nothing for readers without a token."""
    viewer = context.caller()
    if viewer is None:
        return None
    given = [(name, request.args[name]) for name in FILTERS[filtered] if request.args.get(name)]
    return Saving(filtered, filters.listed(connection, viewer.id, filtered), query_of(given))


@blueprint.get("")
@blueprint.get("/<uuid:_filter_id>/removal")
def back(_filter_id: Any = None) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other("/")


@blueprint.post("")
def save() -> Response:
    def work(session: Session, actor: Actor) -> str:
        saved = filters.save(session, actor, **load(SavedFilterIn(), forms.body(forms.sent())))
        return str(saved["links"]["page"])

    return forms.perform(filters.save, work)


@blueprint.post("/<uuid:filter_id>/removal")
def remove(filter_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        return str(filters.remove(session, actor, str(filter_id))["links"]["page"])

    return forms.perform(filters.remove, work)
