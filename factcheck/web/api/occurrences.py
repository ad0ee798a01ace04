"""/v1/claims/{id}/occurrences"""

from typing import Any

from flask import Response

from factcheck.desk import claims
from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.capturing import occurrences
from factcheck.desk.claim_state import documents
from factcheck.schemas.evidence import CitedOccurrenceIn, OccurrenceListed
from factcheck.schemas.parts import ReasonIn
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("occurrences", "Where else a claim was said: posts, speeches, broadcasts, videos, images.")
PAGED = ("limit", "cursor")
HERE = "/claims/<uuid:claim_id>/occurrences"


@blueprint.route(HERE)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(OccurrenceListed))
def list_occurrences(claim_id: Any) -> Response:
    """List a claim's occurrences in the order in which they were added, including withdrawn ones."""

    def read(connection: Any, after: int, limit: int) -> Any:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return occurrences.of_claim(connection, str(claim_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.OCCURRENCE))


@blueprint.route(HERE, methods=["POST"])
@does(occurrences.add)
@blueprint.arguments(CitedOccurrenceIn)
@blueprint.response(201, OccurrenceListed)
def add_occurrence(body: dict[str, Any], claim_id: Any) -> Response:
    """Add another place where somebody said it. The verdict stays."""

    def work(session: Any, actor: Any) -> Any:
        seen = preconditions.seen_if_given()
        item = occurrences.add(session, actor, str(claim_id), seen=seen, **body)
        return context.made(f"/v1/claims/{claim_id}/occurrences/{item['id']}", item)

    return context.perform(occurrences.add, work)


@blueprint.route(f"{HERE}/<uuid:occurrence_id>")
@blueprint.response(200, OccurrenceListed)
def get_occurrence(claim_id: Any, occurrence_id: Any) -> Response:
    """Get one occurrence, withdrawn or not."""
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return context.one_thing(occurrences.get(connection, str(claim_id), str(occurrence_id), context.caller()))


@blueprint.route(f"{HERE}/<uuid:occurrence_id>/withdrawal", methods=["POST"])
@does(occurrences.withdraw)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, OccurrenceListed)
def withdraw_occurrence(body: dict[str, Any], claim_id: Any, occurrence_id: Any) -> Response:
    """Withdraw an occurrence. The verdict stays."""

    def work(session: Any, actor: Any) -> Any:
        seen = preconditions.seen_if_given()
        item = occurrences.withdraw(session, actor, str(claim_id), str(occurrence_id), seen=seen, **body)
        written = documents.dumped(item)
        return context.changed(written, documents.etag_of(written))

    return context.perform(occurrences.withdraw, work)
