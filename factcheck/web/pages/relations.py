"""Relations of a claim: the form on its page, and the claims that it offers while one types."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk import claims, relations
from factcheck.errors import Flaw, Invalid
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.schemas.base import load
from factcheck.schemas.reviews import RelationIn
from factcheck.web import context
from factcheck.web.pages import candidates, forms
from factcheck.web.pages import claims as claim_page
from factcheck.web.pages.layout import admit, page

blueprint = Blueprint("relations_pages", __name__, url_prefix="/claims/<uuid:claim_id>/relations")
blueprint.before_request(admit)


@blueprint.get("/found")
def find(claim_id: Any) -> Response:
    """Give the claims that have the words typed so far."""
    viewer = context.caller()
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), viewer, active=True)
        found = candidates.look_for(connection, str(claim_id), request.args.get("find", ""), viewer)
    return page("relation_options.html", found=found)


@blueprint.post("")
def relate(claim_id: Any) -> Response:
    """Relate the claim to the one that is chosen, or show the page again with what was looked for."""
    form = forms.sent("relation")
    if form.value("more") == "find":
        form.focus = "find"
        return claim_page.shown(str(claim_id), {"relation": form})

    def work(session: Session, actor: Actor) -> str:
        sent = forms.body(form)
        # A URL that is pasted says which claim it is without being looked for.
        chosen = candidates.id_in(form.value("claim_id")) or candidates.id_in(form.value("find"))
        if chosen is None:
            flaw = Flaw(message("Search for the claim, then choose it from the list."), pointer="/claim_id")
            raise Invalid(message("Choose the other claim."), flaws=[flaw])
        fields = load(RelationIn(), {**sent, "claim_id": chosen})
        relations.add(session, actor, str(claim_id), other_id=fields.pop("claim_id"), **fields)
        return f"/claims/{claim_id}?said=relation#relations"

    try:
        return forms.perform(relations.add, work)
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, "relation", error)
