"""Saved filters: above the lists whose filters they are, and on a page of their own."""

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.team import filters
from factcheck.errors import Clash, Invalid
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules.team.filtering import FILTERS, FilteredList, query_of
from factcheck.web import context, saving
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, local_path, page, seen_other

blueprint = Blueprint("filters_pages", __name__, url_prefix="/filters")
blueprint.before_request(admit_known)
LISTS = {
    FilteredList.CLAIMS: message("Claims"),
    FilteredList.ARTICLES: message("Articles"),
    FilteredList.SOURCES: message("Sources"),
}


@dataclass(frozen=True)
class Saving:
    """What the page of a list shows of saved filters: those of its reader, and its own as the query of its URL."""

    filtered: FilteredList
    saved: list[dict[str, Any]]
    query: str
    form: Form = field(default_factory=lambda: Form("saved_filter"))

    @property
    def is_saved(self) -> bool:
        """Whether what the page shows has a name."""
        return any(each["query"] == self.query for each in self.saved)


def on_list(connection: Connection, filtered: FilteredList) -> Saving | None:
    """Return what the page of a list shows of saved filters; nothing for readers without a token."""
    viewer = context.caller()
    if viewer is None:
        return None
    given = [(name, request.args[name]) for name in FILTERS[filtered] if request.args.get(name)]
    return Saving(filtered, filters.listed(connection, viewer.id, filtered), query_of(given))


@blueprint.get("")
def show() -> Response:
    return _shown(Form("saved_filter"))


@blueprint.get("/<uuid:_filter_id>/removal")
def back(_filter_id: Any) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other("/filters")


@blueprint.post("")
def save() -> Response:
    def work(session: Session, actor: Actor) -> str:
        saved = filters.save(session, actor, **saving.checked(forms.body(forms.sent())))
        return str(saved["links"]["page"])

    try:
        return forms.perform(filters.save, work)
    except (Invalid, Clash) as error:
        return _shown(*forms.refused(error, "saved_filter"))


@blueprint.post("/<uuid:filter_id>/removal")
def remove(filter_id: Any) -> Response:
    there = local_path(request.form.get("next"))

    def work(session: Session, actor: Actor) -> str:
        filters.remove(session, actor, str(filter_id))
        return there

    return forms.perform(filters.remove, work)


def _shown(form: Form, status: int = 200) -> Response:
    """Show all saved filters, and the form that was refused, if one was."""
    with context.database().reading() as connection:
        saved = filters.listed(connection, context.demand_caller().id)
    lists = [(name, [each for each in saved if each["list"] == filtered]) for filtered, name in LISTS.items()]
    return page("saved_filters.html", status, lists=lists, form=form, one=Form("saved_filter"))
