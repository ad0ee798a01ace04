"""/v1/sources/{id}/relations"""

from typing import Any

from flask import Response

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.identity import source_relations
from factcheck.desk.redactions import source_relations as redactions
from factcheck.schemas.parts import ReasonIn, RedactionIn
from factcheck.schemas.sources import SourceRelationIn, SourceRelationOut
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed
from factcheck.web.redacting import redacted

blueprint = Blueprint("source_relations", "Who speaks for whom, who owns whom, and when.")
HERE = "/sources/<uuid:source_id>/relations"
ONE = f"{HERE}/<uuid:source_relation_id>"


@blueprint.route(HERE)
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(SourceRelationOut))
def list_source_relations(source_id: Any) -> Response:
    """List the relations of a source, and of those that it is joined with, oldest first.

    They are listed for both sources, including withdrawn ones.
    """

    def read(connection: Any, after: int, limit: int) -> Any:
        return source_relations.of_source(connection, str(source_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.SOURCE_RELATION))


@blueprint.route(HERE, methods=["POST"])
@does(source_relations.add)
@blueprint.arguments(SourceRelationIn)
@blueprint.response(201, SourceRelationOut)
def add_source_relation(body: dict[str, Any], source_id: Any) -> Response:
    """Relate a source to another one.

    Two sources of which one speaks for the other, owns it or is a subsidiary of it are one original source of the
    claims on whose day the relation holds. `circle` says if the relation closes a circle.
    """

    def work(session: Any, actor: Any) -> Any:
        relation = source_relations.add(session, actor, str(source_id), seen=preconditions.seen_if_given(), **body)
        return context.made(f"/v1/sources/{source_id}/relations/{relation['id']}", relation)

    return context.perform(source_relations.add, work)


@blueprint.route(ONE)
@blueprint.response(200, SourceRelationOut)
def get_source_relation(source_id: Any, source_relation_id: Any) -> Response:
    """Get one relation of a source, withdrawn or not."""
    with context.database().reading() as connection:
        return context.one_thing(
            source_relations.get(connection, str(source_id), str(source_relation_id), context.caller())
        )


@blueprint.route(f"{ONE}/withdrawal", methods=["POST"])
@does(source_relations.withdraw)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, SourceRelationOut)
def withdraw_source_relation(body: dict[str, Any], source_id: Any, source_relation_id: Any) -> Response:
    """Withdraw a relation between two sources. It stays in the lists, and counts for no claim any more.

    Whoever added it may withdraw it. Anyone else needs the role of an analyst.
    """

    def work(session: Any, actor: Any) -> Any:
        relation = source_relations.withdraw(
            session, actor, str(source_id), str(source_relation_id), seen=preconditions.seen_if_given(), **body
        )
        written = documents.dumped(relation)
        return context.changed(written, documents.etag_of(written))

    return context.perform(source_relations.withdraw, work)


@blueprint.route(f"{ONE}/redaction", methods=["POST"])
@does(redactions.redact_note)
@blueprint.arguments(RedactionIn)
@blueprint.response(204)
def redact_source_relation(body: dict[str, Any], source_id: Any, source_relation_id: Any) -> Response:
    """Remove the note of a relation everywhere. The relation stays, the log records it, and proofs remain valid."""
    return redacted(redactions.redact_note, source_id, source_relation_id, body=body)
