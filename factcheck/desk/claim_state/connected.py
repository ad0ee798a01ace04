"""Claims that relations connect with one another."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, bindparam, case, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.rules.sources import RelationKind
from factcheck.storage.tables.claims import Claim, Relation

BATCH = 500  # ids of one query


def connected_claims(connection: Connection, claim_ids: Iterable[str], kinds: Iterable[RelationKind]) -> set[str]:
    """Return the active ones of these claims, and all that relations of these kinds join to them, however far."""
    found: set[str] = set()
    values = {"kinds": sorted(kinds)}
    for ids in batches(claim_ids):
        found.update(connection.scalars(_CONNECTED, {"ids": ids, **values}))
    return found


def neighbours(connection: Connection, claim_ids: Iterable[str]) -> set[str]:
    """Return the claims that any relation joins to these, active or not."""
    found: set[str] = set()
    for ids in batches(claim_ids):
        for claim, other in connection.execute(_NEIGHBOURS, {"ids": ids}):
            found |= {claim, other}
    return found


def batches(ids: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(ids)
    for at in range(0, len(ordered), BATCH):
        yield ordered[at : at + BATCH]


# Built once: composing a statement costs more than running it.
_IDS: Any = bindparam("ids", expanding=True)
_KINDS: Any = bindparam("kinds", expanding=True)
_NEIGHBOURS = select(Relation.claim_id, Relation.other_id).where(
    or_(Relation.claim_id.in_(_IDS), Relation.other_id.in_(bindparam("ids", expanding=True)))
)
_start = select(Claim.id).where(Claim.id.in_(_IDS), Claim.withdrawn_at.is_(None)).cte("connected", recursive=True)
_next = aliased(Claim)
_CONNECTED: Select[Any] = select(
    _start.union(
        select(_next.id)
        .select_from(_start)
        .join(Relation, or_(Relation.claim_id == _start.c.id, Relation.other_id == _start.c.id))
        .join(_next, _next.id == case((Relation.claim_id == _start.c.id, Relation.other_id), else_=Relation.claim_id))
        .where(Relation.kind.in_(_KINDS), _next.withdrawn_at.is_(None))
    ).c.id
)
