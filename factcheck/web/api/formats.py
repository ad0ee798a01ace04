"""/v1/claims/{id} in other people's formats, each under a path of its own for those who cannot send Accept."""

from typing import Any

from flask import Response

from factcheck.desk import claims
from factcheck.exchange import conversions
from factcheck.exchange.conversions import CLAIM_REVIEW, PROV
from factcheck.schemas.formats import FormatsOut
from factcheck.web import context
from factcheck.web import conversions as answers
from factcheck.web.api import Blueprint

blueprint = Blueprint("formats", "Claims in standard formats, with what each of them leaves out.")
_LINKED = {"schema": {"type": "object"}}


def _of(into: conversions.Format) -> dict[str, Any]:
    return {"responses": {200: {"description": "A JSON-LD document.", "content": {into.media_type: _LINKED}}}}


@blueprint.route("/claims/<uuid:claim_id>/formats")
@blueprint.response(200, FormatsOut)
def list_formats(claim_id: Any) -> Response:
    """List the formats of a claim, with its URL in each, and what each leaves out of this claim and why."""
    with context.database().reading() as connection:
        document, _ = claims.get(connection, str(claim_id), context.caller())
        return context.one_thing(conversions.catalogue(connection, document, context.here()))


@blueprint.route("/claims/<uuid:claim_id>/claimreview")
@blueprint.doc(**_of(CLAIM_REVIEW))
def get_claim_review(claim_id: Any) -> Response:
    """Get a claim as a schema.org ClaimReview; 409 if it has no verdict."""
    with context.database().reading() as connection:
        document, _ = claims.get(connection, str(claim_id), context.caller())
        return answers.written(connection, document, CLAIM_REVIEW)


@blueprint.route("/claims/<uuid:claim_id>/prov")
@blueprint.doc(**_of(PROV))
def get_prov(claim_id: Any) -> Response:
    """Get a claim's provenance as W3C PROV-O in JSON-LD."""
    with context.database().reading() as connection:
        document, _ = claims.get(connection, str(claim_id), context.caller())
        return answers.written(connection, document, PROV)
