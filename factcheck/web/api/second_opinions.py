"""/v1/claims/{id}/second-opinion"""

from typing import Any

from flask import Response

from factcheck.desk import claims, second_opinions
from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.schemas.opinions import SecondOpinionIn, SecondOpinionOut
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("second-opinion", "Verdicts that another person decides again, without seeing the first one.")
PAGED = ("limit", "cursor")
HERE = "/claims/<uuid:claim_id>/second-opinion"


@blueprint.route(HERE)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(SecondOpinionOut))
def list_second_opinions(claim_id: Any) -> Response:
    """List a claim's second opinions, open and closed, oldest first."""

    def read(connection: Any, after: int, limit: int) -> Any:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return second_opinions.of_claim(connection, str(claim_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.SECOND_OPINION))


@blueprint.route(HERE, methods=["POST"])
@does(second_opinions.ask)
@blueprint.arguments(SecondOpinionIn)
@blueprint.response(201, SecondOpinionOut)
def ask(body: dict[str, Any], claim_id: Any) -> Response:
    """Ask for a second opinion on a verdict. The reviewer does not see the verdict until they have given theirs."""

    def work(session: Any, actor: Any) -> Any:
        two_person, seen = context.settings().two_person_review, preconditions.seen_if_given()
        opinion = second_opinions.ask(session, actor, str(claim_id), two_person=two_person, seen=seen, **body)
        return context.made(f"/v1/claims/{claim_id}/second-opinion/{opinion['id']}", opinion)

    return context.perform(second_opinions.ask, work)


@blueprint.route(f"{HERE}/<uuid:opinion_id>")
@blueprint.response(200, SecondOpinionOut)
def get_second_opinion(claim_id: Any, opinion_id: Any) -> Response:
    """Get one second opinion, open or closed."""
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        opinion = second_opinions.get(connection, str(claim_id), str(opinion_id), context.caller())
        return context.one_thing(opinion)
