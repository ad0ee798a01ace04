"""Readers' requests for corrections: read and answer them."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import correction_requests
from factcheck.errors import Clash, Invalid, Stale
from factcheck.log.actors import Actor
from factcheck.queries import lists
from factcheck.rules.publishing.correction_requests import RequestState
from factcheck.schemas.base import load
from factcheck.schemas.publishing.correction_requests import AnswerIn
from factcheck.web import context, listing
from factcheck.web.pages import forms, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other

blueprint = Blueprint("correction_requests_pages", __name__, url_prefix="/correction-requests")
blueprint.before_request(admit_known)
REFUSALS = (Invalid, Stale, Clash)


@blueprint.get("")
def show() -> Response:
    """List the requests, the last received first, all or those in one state."""
    query = paging.query("state", renamed={"state": "request_state"})
    if isinstance(query, Response):
        return query
    viewer, limit = context.demand_caller(), query.get("limit", 50)
    before = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        found = correction_requests.listed(connection, query.get("state"), before[0] if before else None, limit + 1)
        shown = [each for _, each in found[:limit]]
        visible = masking.masked(connection, viewer, View.CORRECTION_REQUEST, shown)
    following = [found[limit - 1][0]] if len(found) > limit else None
    more_at = paging.address(lists.Page([], following))
    return page(
        "correction_requests.html", requests=visible, state=query.get("state"), states=list(RequestState),
        more_at=more_at,
    )  # fmt: skip


@blueprint.get("/<uuid:request_id>")
def show_one(request_id: Any) -> Response:
    return _one(str(request_id), Form("answer"))


@blueprint.post("/<uuid:request_id>/answer")
def answer(request_id: Any) -> Response:
    """Answer as POST /v1/correction-requests/{id}/answer does."""

    def work(session: Session, actor: Actor) -> str:
        fields = load(AnswerIn(), forms.body(forms.sent("answer")))
        correction_requests.answer(session, actor, str(request_id), seen=forms.version_seen(), **fields)
        return f"/correction-requests/{request_id}?said=answered"

    try:
        return forms.perform(correction_requests.answer, work)
    except REFUSALS as error:
        return _one(str(request_id), *forms.refused(error, "answer"))


@blueprint.get("/<uuid:request_id>/answer")
def back(request_id: Any) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/correction-requests/{request_id}")


def _one(request_id: str, form: Form, status: int = 200) -> Response:
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        found = correction_requests.get(connection, request_id, viewer)
    about = f"/reports/{found['report_id']}" if found["report_id"] else f"/claims/{found['claim_id']}"
    return page(
        "correction_request.html", status, request=found, about=about, form=form, said=request.args.get("said"),
        etag=documents.etag_of(documents.dumped(found)),
    )  # fmt: skip
