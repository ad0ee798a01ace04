"""Redaction of the note of a relation between two sources. The relation stays."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk.access import answers
from factcheck.desk.identity import joining, source_relations
from factcheck.desk.redactions import restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.redacting import GONE
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import SourceRelation

Json = dict[str, Any]


@action(Role.ADMIN)
def redact_note(
    session: Session, actor: Actor, /, source_id: str, relation_id: str, *, reason: str, seen: Precondition = ANY
) -> None:
    """Remove the note of a relation of a source, from the log too; the relation stays.

    The reason goes into the log and stays. Raises Clash when there is no note, or it was redacted before.
    """
    answers.empty(session, [relation_id])
    entered = source_relations.demand_there(session.connection(), source_id, relation_id)
    source = joining.locked(session, entered)[entered]
    found = select(SourceRelation).where(SourceRelation.id == relation_id)
    relation = session.scalars(found.execution_options(populate_existing=True)).one()
    source_relations.demand_seen(session.connection(), source_id, relation_id, actor, seen)
    if relation.note is None:
        raise Clash(message("This relation has no note."))
    if relation.note == GONE:
        raise Clash(message("The note of this relation is already redacted."))
    demand_silent(reason, [relation.note])

    def without(content: Json) -> Json:
        return content | {"changes": [_without(change, relation_id) for change in content["changes"]]}

    restated = restating.without(session, SubjectKind.SOURCE, entered, without)
    entry = revisions.append(
        session, actor, SubjectKind.SOURCE, entered, source.revision + 1, "redact_part", [], reason,
        facts=facts.of_restated(restated),
    )  # fmt: skip
    restating.write(session, entry, restated)
    relation.note = GONE
    source.revision, source.updated_at = source.revision + 1, entry.at
    answers.empty(session, [relation_id])


def _without(change: Json, relation_id: str) -> Json:
    """Return a change with another note of this relation."""
    sides = {
        side: said | {"note": GONE}
        for side in ("before", "after")
        if change["field"] == "relation" and (said := change[side]) and said["id"] == relation_id
    }
    return change | sides
