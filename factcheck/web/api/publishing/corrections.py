"""/v1/corrections"""

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.followers.publishing.corrections import CorrectionsFollower
from factcheck.queries.publishing import corrections
from factcheck.schemas.publishing.corrections import CorrectionListed
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint
from factcheck.web.api.documented import listed
from factcheck.web.api.publishing.published import admit_readers

blueprint = Blueprint("corrections", "Corrections: what changed of what readers had seen.", admitted_by=admit_readers)
PAGED = ("limit", "cursor")


@blueprint.route("/corrections")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(CorrectionListed, derived=True))
def list_corrections() -> Response:
    """List each change of a verdict, rating or report that was published before, the last one first.

    A verdict is published from the first publication on of a report that refers to its claim. The list follows the log
    and is complete up to `as_of_log_index`.
    """
    query = queries.read(*PAGED)
    before = listing.time_key(query.get("cursor"))
    with context.reading_derived(CorrectionsFollower.name) as (connection, as_of):
        found, following = corrections.listed(connection, before, query.get("limit", 50), context.caller())
    return listing.listed([documents.dumped(each) for each in found], listing.key_at(following), as_of=as_of)
