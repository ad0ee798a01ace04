"""/v1/correction-requests"""

from typing import Any

from flask import Response

from factcheck.desk.access import masking
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import correction_requests
from factcheck.desk.redactions import correction_requests as redactions
from factcheck.log import revisions
from factcheck.schemas.parts import RedactionIn
from factcheck.schemas.publishing.correction_requests import AnswerIn, CorrectionRequestOut
from factcheck.schemas.revisions import RevisionOut
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed
from factcheck.web.redacting import redacted

blueprint = Blueprint("correction-requests", "Readers' requests for corrections of what is published.")
PAGED = ("limit", "cursor")
FILTERS = ("state", *PAGED)
RENAMED = {"state": "request_state"}
HERE = "/correction-requests/<uuid:request_id>"


@blueprint.route("/correction-requests")
@blueprint.doc(parameters=queries.documented(*FILTERS, renamed=RENAMED))
@blueprint.response(200, listed(CorrectionRequestOut))
def list_requests() -> Response:
    """List requests, the last received first. Needs a token.

    Requests about a claim whose verdict is hidden from you are left out.
    """
    context.demand_caller()
    query = queries.read(*FILTERS, renamed=RENAMED)

    def read(connection: Any, before: int | None, limit: int) -> Any:
        return correction_requests.listed(connection, query.get("state"), before, limit)

    shown = masking.masking(View.CORRECTION_REQUEST)
    return listing.paged(read, first=None, also=("state",), renamed=RENAMED, shown=shown)


@blueprint.route(HERE)
@blueprint.response(200, CorrectionRequestOut)
def get_request(request_id: Any) -> Response:
    """Get a request. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(correction_requests.get(connection, str(request_id), viewer))


@blueprint.route(f"{HERE}/answer", methods=["POST"])
@does(correction_requests.answer)
@blueprint.arguments(AnswerIn)
@blueprint.response(200, CorrectionRequestOut)
def answer_request(body: dict[str, Any], request_id: Any) -> Response:
    """Answer a request, or put another answer in the place of the one that it has. Everybody can read it."""

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        answered = correction_requests.answer(session, actor, str(request_id), seen=seen, **body)
        document = documents.dumped(answered)
        etag = f'"{documents.etag_of(document)}"'
        return Answer(200, {"ETag": etag}, document, claim_id=answered["claim_id"])

    return context.perform(correction_requests.answer, work)


@blueprint.route(f"{HERE}/redaction", methods=["POST"])
@does(redactions.redact)
@blueprint.arguments(RedactionIn)
@blueprint.response(204)
def redact_request(body: dict[str, Any], request_id: Any) -> Response:
    """Remove the words of a request and of its answer everywhere. Its place stays, and the log records it."""
    return redacted(redactions.redact, request_id, body=body)


@blueprint.route(f"{HERE}/history")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(RevisionOut))
def get_request_history(request_id: Any) -> Response:
    """List a request's revisions, oldest first. Needs a token."""
    viewer = context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        correction_requests.get(connection, str(request_id), viewer)  # is it there, and not hidden?
        return revisions.of_subject(connection, SubjectKind.CORRECTION_REQUEST, str(request_id), after, limit)

    return listing.paged(read, first=0, shown=masking.masking(View.REVISION))
