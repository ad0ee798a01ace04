"""/v1/log: proofs and time stamps, readable by anybody, like the log that they are of."""

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.log import transparency
from factcheck.log.vouching import stamps
from factcheck.schemas.revisions import ConsistencyOut, StampOut
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint
from factcheck.web.api.documented import listed

blueprint = Blueprint(
    "proofs", "Proofs and time stamps of the transparency log. The log itself is served under /log.", public=True
)
NUMBER = "int(max=9007199254740991)"
LAST = 2**53


@blueprint.route(f"/log/proofs/<{NUMBER}:index>")
@blueprint.doc(security=[])
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def get_proof(index: int) -> Response:
    """Get a stand-alone proof that an entry is in the log (C2SP tlog-proof), against the newest checkpoint."""
    with context.database().reading_primary() as connection:
        proof = transparency.inclusion(connection, index).encode()
    return context.one(proof, documents.etag_of(proof), "text/plain")


@blueprint.route(f"/log/consistency/<{NUMBER}:first>/<{NUMBER}:second>")
@blueprint.doc(security=[])
@blueprint.response(200, ConsistencyOut)
def get_consistency(first: int, second: int) -> Response:
    """Get the proof that the log of `second` entries begins with that of `first`."""
    with context.database().reading_primary() as connection:
        return context.one_thing(transparency.consistency(connection, first, second))


@blueprint.route("/log/stamps")
@blueprint.doc(security=[], parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(StampOut))
def list_stamps() -> Response:
    """List the checkpoints of the log that have a time stamp (RFC 3161), newest first.

    The `links` of each lead to the signed checkpoint and to the time stamp, as the time-stamp server gave it. Neither
    needs a token. `openssl ts -verify` verifies one against the other.
    """
    return listing.paged(stamps.newest, first=LAST)
