"""/v1/claims/{id}/evidence"""

from typing import Any

from flask import Response

from factcheck.desk import claims, evidence
from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.schemas.evidence import CaptureOfEvidenceIn, CitedEvidenceIn, EvidenceListed
from factcheck.schemas.parts import ReasonIn
from factcheck.web import capturing, context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("evidence", "What supports a claim, refutes it or gives context.")
PAGED = ("limit", "cursor")
HERE = "/claims/<uuid:claim_id>/evidence"


@blueprint.route(HERE)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(EvidenceListed))
def list_evidence(claim_id: Any) -> Response:
    """List a claim's evidence, oldest first, including withdrawn pieces."""

    def read(connection: Any, after: int, limit: int) -> Any:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return evidence.of_claim(connection, str(claim_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.EVIDENCE))


@blueprint.route(HERE, methods=["POST"])
@does(evidence.add)
@blueprint.arguments(CitedEvidenceIn)
@blueprint.response(201, EvidenceListed)
def add_evidence(body: dict[str, Any], claim_id: Any) -> Response:
    """Add evidence to a claim, with a copy of its page if you want one.

    With `capture`, the page is captured first, as POST /v1/captures does it. What cannot be captured gives 422 with
    `reason` and `capture_id`: the failure is stored, the evidence is not. Send it without `capture` to add it anyway.
    """
    seen = preconditions.seen_if_given

    def work(session: Any, actor: Any) -> Any:
        item = evidence.add(session, actor, str(claim_id), seen=seen(), **body)
        return context.made(f"/v1/claims/{claim_id}/evidence/{item['id']}", item)

    return capturing.perform_citing(evidence.add, [body], work, claim_id=str(claim_id), seen=seen, within="")


@blueprint.route(f"{HERE}/<uuid:evidence_id>")
@blueprint.response(200, EvidenceListed)
def get_evidence(claim_id: Any, evidence_id: Any) -> Response:
    """Get one piece of evidence, withdrawn or not."""
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return context.one_thing(evidence.get(connection, str(claim_id), str(evidence_id), context.caller()))


@blueprint.route(f"{HERE}/<uuid:evidence_id>/capture", methods=["POST"])
@does(evidence.add_capture)
@blueprint.arguments(CaptureOfEvidenceIn)
@blueprint.response(200, EvidenceListed)
def capture_evidence(body: dict[str, Any], claim_id: Any, evidence_id: Any) -> Response:
    """Keep a copy of the page that evidence cites, if it has none. The verdict stays.

    With `capture_id`, the copy is a capture that is there, such as a page from a browser. Without it, the page is
    captured now, as POST /v1/captures does it; what cannot be captured gives 422 with `reason` and `capture_id`.
    """
    claim, piece, seen = str(claim_id), str(evidence_id), preconditions.seen_if_given

    def add(session: Any, actor: Any, capture_id: str) -> Any:
        item = evidence.add_capture(session, actor, claim, piece, capture_id=capture_id, seen=seen())
        written = documents.dumped(item)
        return context.changed(written, documents.etag_of(written))

    if body["capture_id"] is not None:
        return context.perform(evidence.add_capture, lambda session, actor: add(session, actor, body["capture_id"]))
    viewer = context.demand_caller()
    viewer.demand(evidence.add_capture.role)
    before = context.answered_before()
    if before is not None:
        return before
    with context.database().reading_primary() as connection:
        claims.demand_there(connection, claim, viewer, active=True)
        url = evidence.page_without_capture(connection, claim, piece, viewer, seen())
    return capturing.perform(
        evidence.add_capture,
        url,
        lambda _page: lambda session, actor, capture: add(session, actor, capture["id"]),
        lock=lambda session: claim_states.locked(session, claim),
    )


@blueprint.route(f"{HERE}/<uuid:evidence_id>/withdrawal", methods=["POST"])
@does(evidence.withdraw)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, EvidenceListed)
def withdraw_evidence(body: dict[str, Any], claim_id: Any, evidence_id: Any) -> Response:
    """Withdraw evidence. A verdict that rests only on it moves to in_review."""

    def work(session: Any, actor: Any) -> Any:
        seen = preconditions.seen_if_given()
        item = evidence.withdraw(session, actor, str(claim_id), str(evidence_id), seen=seen, **body)
        written = documents.dumped(item)
        return context.changed(written, documents.etag_of(written))

    return context.perform(evidence.withdraw, work)
