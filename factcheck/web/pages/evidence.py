"""Evidence of a claim: the forms on its page that add a piece and withdraw one."""

from functools import partial
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from factcheck.desk import evidence
from factcheck.log.actors import ANY, Actor
from factcheck.schemas.base import load
from factcheck.schemas.evidence import EvidenceIn
from factcheck.schemas.parts import ReasonIn
from factcheck.web.pages import claims as claim_page
from factcheck.web.pages import entries, forms
from factcheck.web.pages.capturing.performing import Pages, perform_citing_form
from factcheck.web.pages.layout import admit

blueprint = Blueprint("evidence_pages", __name__, url_prefix="/claims/<uuid:claim_id>/evidence")
blueprint.before_request(admit)


@blueprint.post("")
def add(claim_id: Any) -> Response:
    def work(session: Session, actor: Actor, pages: Pages) -> str:
        entries.evidence(session, actor, [item], partial(load, EvidenceIn(), item), claim_id=str(claim_id), at="")
        evidence.add(session, actor, str(claim_id), **load(EvidenceIn(), item), page=pages[0])
        return f"/claims/{claim_id}?said=evidence#evidence"

    try:
        item = forms.body(forms.sent())
        return perform_citing_form(evidence.add, [item], work, claim_id=str(claim_id), seen=ANY, within="")
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, "evidence", error)


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
