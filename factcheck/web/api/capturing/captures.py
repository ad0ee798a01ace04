"""/v1/captures"""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import captures
from factcheck.desk.claim_state import documents
from factcheck.desk.redactions.archived import captures as redactions
from factcheck.schemas.captures import CaptureIn, CaptureListed, CaptureOut, CaptureRedactionIn
from factcheck.web import capturing, context, listing, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed
from factcheck.web.redacting import redacted

blueprint = Blueprint(
    "captures", "Web pages that were fetched or handed over: their bytes, and the text that was found in them."
)
PAGED = ("limit", "cursor")
WARC = "application/warc"


@blueprint.route("/captures")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(CaptureListed))
def list_captures() -> Response:
    """List captures without their texts, newest first. Those that failed say why. Needs a token."""
    viewer = context.demand_caller()
    query = queries.read(*PAGED)
    limit = query.get("limit", 50)
    before = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        found = captures.listed(connection, before[0] if before else None, limit + 1, viewer)
    following = [found[limit - 1][0]] if len(found) > limit else None
    return listing.listed([documents.dumped(item) for _, item in found[:limit]], following)


@blueprint.route("/captures", methods=["POST"])
@does(captures.add)
@blueprint.arguments(CaptureIn)
@blueprint.response(201, CaptureOut)
def add_capture(body: dict[str, Any]) -> Response:
    """Fetch a page now, or take it from a browser, keep its bytes, and extract its text.

    With `html`, the desk fetches nothing: the page is what a person's browser had of it, and the capture says so.
    What cannot be captured gives 422 with `reason` and `capture_id`: the failure is stored too. The desk fetches from
    public addresses only, follows five redirects, and takes 20 MB and 15 seconds at most.
    """

    def made(_session: Any, _actor: Any, capture: dict[str, Any]) -> Answer:
        return context.made(capture["links"]["self"], capture)

    return capturing.perform(captures.add, body["url"], lambda _page: made, html=body["html"])


@blueprint.route("/captures/<uuid:capture_id>")
@blueprint.response(200, CaptureOut)
def get_capture(capture_id: Any) -> Response:
    """Get a capture with its text. It never changes, unless it is redacted. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(captures.get(connection, str(capture_id), viewer))


@blueprint.route("/captures/<uuid:capture_id>/warc")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=WARC)
def get_warc(capture_id: Any) -> Response:
    """Download the requests and responses of a capture as a WARC 1.1 file, compressed. Needs a token.

    For a page from a browser, the file has the page alone, as a resource record.
    """
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        row = captures.row_of(connection, str(capture_id), viewer)
    response = context.one(capturing.file_of(row), row.warc_sha256, WARC)
    response.headers["Content-Disposition"] = f'attachment; filename="{row.id}.warc.gz"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


@blueprint.route("/captures/<uuid:capture_id>/redaction", methods=["POST"])
@does(redactions.redact)
@blueprint.arguments(CaptureRedactionIn)
@blueprint.response(204)
def redact_capture(body: dict[str, Any], capture_id: Any) -> Response:
    """Remove what a capture has of its page: its text, what was extracted, its hashes and its file.

    When and by whom it was captured stays, and so do articles with its text. The log records it, and its proofs
    remain valid.
    """
    return redacted(redactions.redact, capture_id, body=body, long=True)
