"""Readers' requests for corrections: the form, and where they see what became of a request."""

from contextlib import AbstractContextManager
from typing import Any

from flask import Response
from sqlalchemy.engine import Connection

from factcheck.desk import people
from factcheck.desk.publishing import correction_requests
from factcheck.errors import Invalid, NotFound, Retracted, TooMany, Withdrawn
from factcheck.log.actors import INSIDE
from factcheck.schemas.base import load
from factcheck.schemas.publishing.correction_requests import CorrectionRequestIn
from factcheck.web import context
from factcheck.web.edge.limits import count_request_for_correction
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.site import answers

blueprint = answers.blueprint("requests")
ABOUT = "/<any(r, c):kind>/<uuid:thing_id>/correction-request"
NAMES = {"r": "report_id", "c": "claim_id"}


@blueprint.get(ABOUT)
def show_form(kind: str, thing_id: Any) -> Response:
    return _form(kind, str(thing_id), Form("correction_request"))


@blueprint.post(ABOUT)
def send(kind: str, thing_id: Any) -> Response:
    """Enter the request, and lead to the page that shows what becomes of it. Nobody needs an account for it."""
    about = _about(kind, str(thing_id))
    try:
        fields = load(CorrectionRequestIn(), forms.body(forms.sent("correction_request")))
        count_request_for_correction()
        with context.database().writing() as session:
            made = correction_requests.receive(
                session, people.operator(session), report_id=about["report_id"], claim_id=about["claim_id"], **fields
            )
    except (Invalid, TooMany) as error:
        response = _form(kind, str(thing_id), *forms.refused(error, "correction_request"))
        response.headers.update(answers.waiting(error))
        return response
    there = answers.at(made["links"]["page"])
    return Response(status=303, headers={"Location": there, "Cache-Control": "no-store"})


@blueprint.get("/corrections/requests/<uuid:request_id>")
def show_one(request_id: Any) -> Response:
    """Show whether a request is answered, and how. What the reader wrote is for the desk."""
    database = context.database()
    try:
        request, title = _read(database.reading(), str(request_id))
    except NotFound:  # a replica may not have it yet
        request, title = _read(database.reading_primary(), str(request_id))
    page = f"/r/{request['report_id']}" if request["report_id"] else f"/c/{request['claim_id']}"
    return answers.page("request.html", request=request, title=title, about=page)


def _read(reading: AbstractContextManager[Connection], request_id: str) -> tuple[dict[str, Any], str | None]:
    """Return a request, and the words under which readers know what it is about, None if they see it no more."""
    with reading as connection:
        request = correction_requests.get(connection, request_id, INSIDE)
        about = {name: request[name] for name in NAMES.values()}
        try:
            return request, correction_requests.demand_published(connection, **about)
        except (NotFound, Retracted, Withdrawn):
            return request, None


def _form(kind: str, thing_id: str, form: Form, status: int = 200) -> Response:
    with context.database().reading() as connection:
        title = correction_requests.demand_published(connection, **_about(kind, thing_id))
    response = answers.page("request_form.html", status, form=form, title=title, about=f"/{kind}/{thing_id}")
    if status != 200:
        response.headers["Cache-Control"] = "no-store"
    return response


def _about(kind: str, thing_id: str) -> dict[str, str | None]:
    return dict.fromkeys(NAMES.values()) | {NAMES[kind]: thing_id}
