"""Occurrences of a claim: the forms on its page that add one and withdraw it."""

from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from factcheck.desk.capturing import occurrences
from factcheck.log.actors import Actor
from factcheck.schemas.base import load
from factcheck.schemas.evidence import CitedOccurrenceIn
from factcheck.schemas.parts import ReasonIn
from factcheck.web.pages import claims as claim_page
from factcheck.web.pages import forms
from factcheck.web.pages.layout import admit

blueprint = Blueprint("occurrence_pages", __name__, url_prefix="/claims/<uuid:claim_id>/occurrences")
blueprint.before_request(admit)


@blueprint.post("")
def add(claim_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        sent = forms.body(forms.sent())
        if "capture_id" in sent:  # people copy the URL of a capture's page
            sent["capture_id"] = str(sent["capture_id"]).strip().rpartition("/")[2]
        occurrences.add(session, actor, str(claim_id), **load(CitedOccurrenceIn(), sent))
        return f"/claims/{claim_id}?said=occurrence#occurrences"

    try:
        return forms.perform(occurrences.add, work)
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, "occurrence", error)


@blueprint.post("/<uuid:occurrence_id>/withdrawal")
def withdraw(claim_id: Any, occurrence_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(ReasonIn(), forms.body(forms.sent()))
        occurrences.withdraw(session, actor, str(claim_id), str(occurrence_id), **fields)
        return f"/claims/{claim_id}?said=occurrence-withdrawn#occurrences"

    try:
        return forms.perform(occurrences.withdraw, work)
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, str(occurrence_id), error)
