"""Redaction of a relation's note. The relation stays."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from factcheck.desk import relations
from factcheck.desk.access import answers
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.redactions import claims
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash, NotFound
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.redacting import GONE, Without
from factcheck.rules.roles import Role
from factcheck.storage.tables.claims import Relation


@action(Role.ADMIN)
def redact_note(
    session: Session, actor: Actor, /, claim_id: str, relation_id: str, *, reason: str, seen: Precondition = ANY
) -> None:
    """Remove the note of a relation of a claim, from the log too; the relation stays.

    The reason goes into the log and stays. Raises Clash when there is no note, or it was redacted before.
    """
    answers.empty(session, [relation_id])
    of_claim = or_(Relation.claim_id == claim_id, Relation.other_id == claim_id)
    owner = session.scalar(select(Relation.claim_id).where(Relation.id == relation_id, of_claim))
    if owner is None:
        raise NotFound(message("The claim has no such relation."))
    lock_claims(session, [owner])
    relation = session.get_one(Relation, relation_id, populate_existing=True)
    if not seen.any:
        shown = relations.get(session.connection(), claim_id, relation_id, actor)
        seen.demand(documents.etag_of(documents.dumped(shown)))
    if relation.note is None:
        raise Clash(message("This relation has no note."))
    if relation.note == GONE:
        raise Clash(message("The note of this relation is already redacted."))
    demand_silent(reason, [relation.note])
    relation.note = GONE
    note = Without(frozenset([relation_id]), "note")
    claims.scrub(session, actor, [owner], lambda _: note, reason)
    answers.empty(session, [relation_id])
