"""/v1/assignments and /v1/claims/{id}/assignment"""

from typing import Any

from flask import Response

from factcheck.desk import claims
from factcheck.desk.access import masking
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.team import assignments
from factcheck.schemas.team.assignments import AssignmentIn, AssignmentOut
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("assignments", "to whom a claim is assigned, and until when.")
PAGED = ("limit", "cursor", "person")
HERE = "/claims/<uuid:claim_id>/assignment"


@blueprint.route("/assignments")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(AssignmentOut))
def list_assignments() -> Response:
    """List the assignments of active claims, in the order in which the claims were first assigned. Needs a token."""
    context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        return assignments.listed(connection, queries.read(*PAGED).get("person"), after, limit)

    return listing.paged(read, first=-1, also=("person",), shown=masking.masking(View.ASSIGNMENT))


@blueprint.route(HERE)
@blueprint.response(200, AssignmentOut)
def get_assignment(claim_id: Any) -> Response:
    """Get to whom a claim is assigned. The response is 404 if it is not assigned. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), viewer, active=True)
        return context.one_thing(assignments.get(connection, str(claim_id), viewer))


@blueprint.route(HERE, methods=["PUT"])
@does(assignments.assign)
@blueprint.arguments(AssignmentIn)
@blueprint.response(200, AssignmentOut)
@blueprint.alt_response(201, schema=AssignmentOut, description="The claim was not assigned before.")
def assign(body: dict[str, Any], claim_id: Any) -> Response:
    """Assign a claim to somebody, in the place of whoever had it. The claim itself does not change."""

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        assignment, is_new = assignments.assign(session, actor, str(claim_id), **body, seen=seen)
        if is_new:
            return context.made(assignment["links"]["self"], assignment)
        document = documents.dumped(assignment)
        return context.changed(document, documents.etag_of(document))

    return context.perform(assignments.assign, work)


@blueprint.route(HERE, methods=["DELETE"])
@does(assignments.release)
@blueprint.response(204)
def release(claim_id: Any) -> Response:
    """Release a claim: it is assigned to nobody any more."""

    def work(session: Any, actor: Any) -> Answer:
        assignments.release(session, actor, str(claim_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(assignments.release, work)
