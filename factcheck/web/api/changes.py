"""/v1/changes and /v1/me"""

from flask import Response

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.errors import Flaw, Invalid
from factcheck.log import revisions
from factcheck.messages import message
from factcheck.schemas.revisions import MeOut, RevisionOut
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint
from factcheck.web.api.documented import listed

blueprint = Blueprint("changes", "The desk's log, and the caller.")
FOLLOWED = ("after", "limit", "cursor")


@blueprint.route("/changes")
@blueprint.doc(parameters=queries.documented(*FOLLOWED))
@blueprint.response(200, listed(RevisionOut))
def list_changes() -> Response:
    """List all revisions of the desk in log order.

    To follow the log, ask again with `after` = the last `log_index` that you received. You never miss an entry.
    """
    query = queries.read(*FOLLOWED)
    if "after" in query and "cursor" in query:
        flaw = Flaw(
            message("Must not be combined with a cursor, which already has the place to continue."), parameter="after"
        )
        raise Invalid(message("Some parameters of the request are not allowed."), flaws=[flaw])
    return listing.paged(
        revisions.since, first=query.get("after", -1), also=("after",), shown=masking.masking(View.REVISION)
    )


@blueprint.route("/me")
@blueprint.response(200, MeOut)
def me() -> Response:
    """Get the person whose token this is."""
    actor = context.demand_caller()
    queries.read()
    return context.one_thing({"id": actor.id, "name": actor.name, "role": str(actor.role)})
