"""/v1/claims/match: was this checked before? A read, though a POST: texts do not belong into addresses."""

from typing import Any

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.queries import matching
from factcheck.rules.matching.strict import THRESHOLD
from factcheck.rules.roles import Role
from factcheck.schemas.matching import MatchesOut, MatchIn
from factcheck.web import context, searching
from factcheck.web.api import Blueprint

blueprint = Blueprint("matching", "Similar claims already on this desk.")


@blueprint.route("/claims/match", methods=["POST"])
@blueprint.doc(**{"x-role": str(Role.READER)})
@blueprint.arguments(MatchIn)
@blueprint.response(200, MatchesOut)
def match_claims(body: dict[str, Any]) -> Response:
    """Find the active claims that are most similar to a text.

    It changes nothing, so an Idempotency-Key has no effect.
    """
    view = searching.view()
    with searching.reading(view) as connection:
        found = matching.match(connection, view, **body, viewer=context.caller(), meanings=searching.meanings())
    items = [b'{"claim":%b,%b' % (each.document, documents.dumped(_told(each))[1:]) for each in found.items]
    model = {"model": found.model} if found.model else {}
    told = documents.dumped({"threshold": THRESHOLD, **model, **view.as_of.told()})
    return context.looked_up(b'{"items":[%b],%b' % (b",".join(items), told[1:]))


def _told(found: matching.Match) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("score", "differs", "found_by", "shared")}
