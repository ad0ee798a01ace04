"""/v1/claims/{id}/relations"""

from typing import Any

from flask import Response

from factcheck.desk import claims, relations
from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.redactions import relations as redactions
from factcheck.schemas.parts import RedactionIn
from factcheck.schemas.reviews import RelationIn, RelationOut
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed
from factcheck.web.redacting import redacted

blueprint = Blueprint("relations", "How two claims relate to each other.")
PAGED = ("limit", "cursor")
HERE = "/claims/<uuid:claim_id>/relations"


@blueprint.route(HERE)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(RelationOut))
def list_relations(claim_id: Any) -> Response:
    """List a claim's relations, oldest first. Symmetric ones are listed for both claims."""

    def read(connection: Any, after: int, limit: int) -> Any:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return relations.of_claim(connection, str(claim_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.RELATION))


@blueprint.route(HERE, methods=["POST"])
@does(relations.add)
@blueprint.arguments(RelationIn)
@blueprint.response(201, RelationOut)
def add_relation(body: dict[str, Any], claim_id: Any) -> Response:
    """Relate a claim to another one."""

    def work(session: Any, actor: Any) -> Any:
        relation = relations.add(
            session, actor, str(claim_id), kind=body["kind"], other_id=body["claim_id"], note=body["note"],
            seen=preconditions.seen_if_given(),
        )  # fmt: skip
        return context.made(f"/v1/claims/{claim_id}/relations/{relation['id']}", relation)

    return context.perform(relations.add, work)


@blueprint.route(f"{HERE}/<uuid:relation_id>")
@blueprint.response(200, RelationOut)
def get_relation(claim_id: Any, relation_id: Any) -> Response:
    """Get one relation of a claim."""
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return context.one_thing(relations.get(connection, str(claim_id), str(relation_id), context.caller()))


@blueprint.route(f"{HERE}/<uuid:relation_id>/redaction", methods=["POST"])
@does(redactions.redact_note)
@blueprint.arguments(RedactionIn)
@blueprint.response(204)
def redact_relation(body: dict[str, Any], claim_id: Any, relation_id: Any) -> Response:
    """Remove the note of a relation everywhere. The relation stays, the log records it, and proofs remain valid."""
    return redacted(redactions.redact_note, claim_id, relation_id, body=body)
