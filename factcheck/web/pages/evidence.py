"""Evidence of a claim: the forms on its page that add a piece, keep a copy of its page and withdraw it."""

from functools import partial
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from factcheck.desk import claims, evidence
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.claim_state import states as claim_states
from factcheck.log.actors import ANY, Actor
from factcheck.schemas.base import load
from factcheck.schemas.evidence import CaptureOfEvidenceIn, CitedEvidenceIn
from factcheck.schemas.parts import ReasonIn
from factcheck.web import context
from factcheck.web.pages import claims as claim_page
from factcheck.web.pages import entries, forms
from factcheck.web.pages.capturing.performing import Done, Pages, perform_citing_form, perform_form
from factcheck.web.pages.layout import admit

blueprint = Blueprint("evidence_pages", __name__, url_prefix="/claims/<uuid:claim_id>/evidence")
blueprint.before_request(admit)


@blueprint.post("")
def add(claim_id: Any) -> Response:
    def work(session: Session, actor: Actor, pages: Pages) -> str:
        entries.evidence(session, actor, [item], partial(load, CitedEvidenceIn(), item), claim_id=str(claim_id), at="")
        evidence.add(session, actor, str(claim_id), **load(CitedEvidenceIn(), item), page=pages[0])
        return f"/claims/{claim_id}?said=evidence#evidence"

    try:
        item = forms.body(forms.sent())
        return perform_citing_form(evidence.add, [item], work, claim_id=str(claim_id), seen=ANY, within="")
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, "evidence", error)


@blueprint.post("/<uuid:evidence_id>/capture")
def capture(claim_id: Any, evidence_id: Any) -> Response:
    """Keep a copy of the page of evidence, as POST /v1/claims/{id}/evidence/{id}/capture does.

    A page that cannot be captured is shown with the reason.
    """
    claim, piece = str(claim_id), str(evidence_id)

    def add(session: Session, actor: Actor, capture_id: str) -> str:
        evidence.add_capture(session, actor, claim, piece, capture_id=capture_id)
        return f"/claims/{claim}?said=captured#evidence"

    def prepare(fetched: CapturedPage) -> Done:
        if fetched.extract.failure is not None:
            return lambda *_: f"/captures/{fetched.id}"
        return lambda session, actor, made: add(session, actor, made["id"])

    try:
        sent = forms.body(forms.sent())
        if "capture_id" in sent:
            # People copy the URL of a capture's page.
            named = load(CaptureOfEvidenceIn(), {"capture_id": str(sent["capture_id"]).strip().rpartition("/")[2]})
            return forms.perform(evidence.add_capture, lambda session, actor: add(session, actor, named["capture_id"]))
        viewer = context.demand_caller()
        with context.database().reading_primary() as connection:
            claims.demand_there(connection, claim, viewer, active=True)
            url = evidence.page_without_capture(connection, claim, piece, viewer)
        return perform_form(evidence.add_capture, url, prepare, lambda session: claim_states.locked(session, claim))
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, f"capture-{piece}", error)


@blueprint.post("/<uuid:evidence_id>/withdrawal")
def withdraw(claim_id: Any, evidence_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(ReasonIn(), forms.body(forms.sent()))
        evidence.withdraw(session, actor, str(claim_id), str(evidence_id), **fields)
        return f"/claims/{claim_id}?said=evidence-withdrawn#evidence"

    try:
        return forms.perform(evidence.withdraw, work)
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, str(evidence_id), error)
