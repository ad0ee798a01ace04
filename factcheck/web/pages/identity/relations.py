"""Relations of a source: the forms on its page that add and withdraw them."""

from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from factcheck.desk.identity import judgments, source_relations
from factcheck.log.actors import Actor
from factcheck.schemas.base import load
from factcheck.schemas.parts import ReasonIn
from factcheck.schemas.sources import SourceRelationIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages import sources as source_page
from factcheck.web.pages.layout import admit, seen_other

blueprint = Blueprint("source_relations_pages", __name__, url_prefix="/sources/<uuid:source_id>/relations")
blueprint.before_request(admit)


@blueprint.get("")
@blueprint.get("/<uuid:_relation_id>/withdrawal")
def back(source_id: Any, _relation_id: Any = None) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/sources/{source_id}#related")


@blueprint.post("")
def relate(source_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        sent = source_page.with_other(session, actor, forms.body(forms.sent()), SourceRelationIn())
        source_relations.add(session, actor, str(source_id), **load(SourceRelationIn(), sent))
        return _place(session, source_id)

    try:
        return forms.perform(source_relations.add, work)
    except source_page.REFUSALS as error:
        return source_page.again(_shown_as(source_id), "relate", error)


@blueprint.post("/<uuid:relation_id>/withdrawal")
def withdraw(source_id: Any, relation_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        reason = load(ReasonIn(), forms.body(forms.sent()))
        source_relations.withdraw(session, actor, str(source_id), str(relation_id), **reason)
        return _place(session, source_id)

    try:
        return forms.perform(source_relations.withdraw, work)
    except source_page.REFUSALS as error:
        return source_page.again(_shown_as(source_id), f"part-{relation_id}", error)


def _place(session: Session, source_id: Any) -> str:
    return f"/sources/{judgments.shown_as(session.connection(), str(source_id))}?said=related#related"


def _shown_as(source_id: Any) -> str:
    with context.database().reading() as connection:
        return judgments.shown_as(connection, str(source_id))
