"""Likely duplicates: pairs of claims side by side, and the two answers that settle a pair."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from factcheck.desk import claims, relations
from factcheck.errors import Flaw, Invalid, NotFound
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.queries.search import duplicates
from factcheck.rules.sources import RelationKind
from factcheck.schemas.base import is_id, load
from factcheck.schemas.reviews import RelationIn
from factcheck.web import context, listing
from factcheck.web.pages import claims as claim_page
from factcheck.web.pages import forms, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page

blueprint = Blueprint("duplicates_pages", __name__, url_prefix="/duplicates")
blueprint.before_request(admit)
ANSWERS = (RelationKind.RESTATES, RelationKind.DISTINCT_FROM)
ON_A_PAGE = 20


@blueprint.get("")
def show() -> Response:
    return _shown(Form())


@blueprint.get("/settled/<uuid:claim_id>/<uuid:relation_id>")
def settled(claim_id: Any, relation_id: Any) -> Response:
    """Show the list with what was just said of a pair."""
    return _shown(Form(), relation=(str(claim_id), str(relation_id)))


@blueprint.post("")
def settle() -> Response:
    """Relate the later claim of a pair to the earlier one: the same action as POST /v1/claims/{id}/relations."""
    form = forms.sent("relation")

    def work(session: Session, actor: Actor) -> str:
        fields = load(RelationIn(), {"kind": form.value("kind"), "claim_id": form.value("first")})
        if fields["kind"] not in ANSWERS:
            raise Invalid(
                message("This is no answer."), flaws=[Flaw(message("Choose one of the two answers."), pointer="/kind")]
            )
        later, listed = form.value("second").lower(), form.value("claim").lower()
        if not is_id(later):
            raise NotFound(message("No claim has this id."))
        made = relations.add(session, actor, later, kind=fields["kind"], other_id=fields["claim_id"], note=None)
        query = f"?{urlencode({'claim': listed})}" if is_id(listed) else ""
        return f"/duplicates/settled/{later}/{made['id']}{query}"

    try:
        return forms.perform(relations.add, work)
    except claim_page.REFUSALS as error:
        return _shown(*forms.refused(error, "relation"))


def _shown(form: Form, status: int = 200, relation: tuple[str, str] | None = None) -> Response:
    query = paging.query("claim")
    if isinstance(query, Response):
        return query
    filters = {name: query[name] for name in ("claim",) if name in query}
    after, viewer = listing.page_key(query.get("cursor")), context.caller()
    with context.reading_derived("duplicates") as (connection, as_of):
        found = duplicates.page(connection, filters, after, query.get("limit", ON_A_PAGE), viewer=viewer)
        said = None
        if relation is not None:
            said = relations.get(connection, *relation, viewer)
            ids = [said["claim_id"], relation[0]]
            found_again = claims.get_many(connection, ids, viewer)
            said |= {"claims": [duplicates.short(found_again[each]) for each in ids if each in found_again]}
        total = duplicates.count(connection, filters)
    return page(
        "duplicates.html",
        status,
        as_of=as_of,
        pairs=found.items,
        total=total,
        more_at=paging.address(found),
        claim=query.get("claim"),
        said=said,
        form=form,
    )
