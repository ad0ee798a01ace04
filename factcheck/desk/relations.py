"""Relations between two claims."""

from typing import Any

from sqlalchemy import Select, and_, insert, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import blindness, masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents, room
from factcheck.desk.claim_state.locks import lock_claim, lock_claims
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.sources import SYMMETRIC, RelationKind
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.people import Person


@action(Role.CONTRIBUTOR)
def add(
    session: Session,
    actor: Actor,
    /,
    claim_id: str,
    *,
    kind: str,
    other_id: str,
    note: str | None,
    seen: Precondition = ANY,
) -> dict[str, Any]:
    """Relate a claim to another one and return the relation's JSON, as seen from the first.

    Raises Clash when the relation is there already, for a symmetric kind from either side, and when there is no room
    for another one.
    """
    if other_id == claim_id:
        raise Invalid(
            message("A claim cannot be related to itself."),
            flaws=[Flaw(message("Must not be the claim itself."), "/claim_id")],
        )
    lock_claims(session, [claim_id, other_id])
    claim = lock_claim(session, claim_id)
    blindness.demand_seen(session, actor, claim, seen)
    other = session.scalar(select(Claim).where(Claim.id == other_id))
    if other is None or other.withdrawn_at is not None:
        raise Invalid(
            message("The other claim was withdrawn or does not exist."),
            flaws=[Flaw(message("No active claim has this id."), "/claim_id")],
        )
    same = and_(Relation.claim_id == claim_id, Relation.other_id == other_id)
    if RelationKind(kind) in SYMMETRIC:
        same = or_(same, and_(Relation.claim_id == other_id, Relation.other_id == claim_id))
    taken = session.scalar(select(Relation.id).where(same, Relation.kind == kind))
    if taken:
        raise Clash(message("The two claims already have this relation."), id=taken)
    room.demand_for_relation(session, claim_id, other_id, RelationKind(kind))
    before = len(claim.document), len(other.document)
    relation_id = new_id()
    after = {"id": relation_id, "kind": kind, "claim_id": other_id, "note": note}
    changes = [{"field": "relations", "before": None, "after": after}]
    entry = revisions.append_of_claim(session, actor, claim, "relate", changes)
    session.execute(
        insert(Relation),
        {
            "id": relation_id,
            "log_index": entry.log_index,
            "claim_id": claim_id,
            "kind": kind,
            "other_id": other_id,
            "note": note,
            "added_by_id": actor.id,
            "added_at": entry.at,
        },
    )
    documents.render(session, [claim_id, other_id], entry)
    for each, size in zip((claim, other), before, strict=True):
        room.demand_for_json(each, size)
    return get(session.connection(), claim_id, relation_id, actor)


def get(connection: Connection, claim_id: str, relation_id: str, viewer: Actor | None) -> dict[str, Any]:
    """Return one relation of a claim as `viewer` sees it. Raises NotFound."""
    row = connection.execute(_RELATIONS.where(_shown_on(claim_id), Relation.id == relation_id)).first()
    if row is None:
        raise NotFound(message("The claim has no such relation."))
    return masking.masked(connection, viewer, View.RELATION, [_json(row, claim_id)])[0]


def of_claim(connection: Connection, claim_id: str, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Return a claim's relations, oldest first, each with its log index, from the one after log index `after`."""
    rows = connection.execute(
        _RELATIONS.where(_shown_on(claim_id), Relation.log_index > after).order_by(Relation.log_index).limit(limit)
    )
    return [(row.log_index, _json(row, claim_id)) for row in rows]


_RELATIONS: Select[Any] = select(*Relation.__table__.columns, Person.name.label("adder")).join(
    Person, Person.id == Relation.added_by_id
)


def _shown_on(claim_id: str) -> Any:
    return or_(Relation.claim_id == claim_id, and_(Relation.other_id == claim_id, Relation.kind.in_(SYMMETRIC)))


def _json(row: Any, claim_id: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "claim_id": row.other_id if row.claim_id == claim_id else row.claim_id,
        "note": row.note,
        "added_by": {"id": row.added_by_id, "name": row.adder},
        "added_at": stamp(row.added_at),
    }
