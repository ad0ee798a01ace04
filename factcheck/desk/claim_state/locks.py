"""Row locks, taken in one order by every action: articles, sources, claims, log head; within each by id.

A row that an action changes is locked FOR NO KEY UPDATE (`key_share=True`): FOR UPDATE would also stand in the way of
every row that is entered with a reference to it, in whatever order those come, and two actions would wait for each
other. SQLite needs none (its writers queue up), and SQLAlchemy leaves them out there.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session, aliased

from factcheck.desk.access import unknown
from factcheck.errors import Flaw, Invalid, NotFound, Withdrawn
from factcheck.log.clock import stamp
from factcheck.messages import message
from factcheck.schemas.base import is_id
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source

References = dict[str, dict[str, str]]  # sources as the API shows them, by the ids that were given


def share_sources(session: Session, candidates: Iterable[object]) -> set[str]:
    """Keep sources from changing until the commit, and return those of `candidates` that exist."""
    ids = {each.lower() for each in candidates if is_id(each)}
    if not ids:
        return set()
    return set(
        session.scalars(select(Source.id).where(Source.id.in_(ids)).order_by(Source.id).with_for_update(read=True))
    )


def hold_sources(session: Session, references: Mapping[str, str | None]) -> References:
    """Keep the sources that an action refers to from changing until the commit, and return how they are shown.

    `references` maps the JSON pointer of each reference to the id it gives. Raises Invalid for those that do not exist.
    """
    found = share_sources(session, references.values())
    flaws = [
        Flaw(unknown.SOURCE, pointer=pointer)
        for pointer, source_id in references.items()
        if source_id is not None and source_id not in found
    ]
    if flaws:
        raise Invalid(message("The request names sources that do not exist."), flaws=flaws)
    return source_references(session, found)


def source_references(session: Session | Connection, source_ids: Collection[str]) -> References:
    """Return ``{id, name, kind}`` of what each of these sources has become, by the id that was given."""
    rows = session.execute(_SOURCES, {"ids": list(source_ids)}) if source_ids else ()
    return {row.id: {"id": row.final_id, "name": row.name, "kind": row.kind} for row in rows}


_final = aliased(Source)
_SOURCES = (
    select(Source.id, _final.id.label("final_id"), _final.name, _final.kind)
    .join(_final, _final.id == Source.canonical_id)
    .where(Source.id.in_(bindparam("ids", expanding=True)))
)


def lock_sources(session: Session, source_ids: Iterable[str]) -> None:
    """Lock sources that an action will change."""
    session.execute(
        select(Source.id).where(Source.id.in_(sorted(source_ids))).order_by(Source.id).with_for_update(key_share=True)
    )


def lock_claims(session: Session, claim_ids: Iterable[str]) -> None:
    """Lock claims that an action will render again."""
    ids = sorted(set(claim_ids))
    for at in range(0, len(ids), 1000):
        session.execute(
            select(Claim.id).where(Claim.id.in_(ids[at : at + 1000])).order_by(Claim.id).with_for_update(key_share=True)
        )


def lock_claim(session: Session, claim_id: str) -> Claim:
    """Lock one claim and return it. Raises NotFound, or Withdrawn with the tombstone."""
    locked = select(Claim).where(Claim.id == claim_id).with_for_update(key_share=True)
    claim = session.scalar(locked.execution_options(populate_existing=True))
    if claim is None:
        raise NotFound(unknown.CLAIM)
    if claim.withdrawn_at is not None:
        raise withdrawn(tombstone(claim, session.get_one(Person, claim.withdrawn_by_id).name))
    return claim


def tombstone(claim: Any, by: str) -> dict[str, Any]:
    """Return what is told of a withdrawn claim (or row of one) to whoever has a token."""
    return {
        "id": claim.id,
        "withdrawn_at": stamp(claim.withdrawn_at),
        "withdrawn_by": {"id": claim.withdrawn_by_id, "name": by},
        "reason": claim.withdrawn_reason,
        "links": {"history": f"/v1/claims/{claim.id}/history"},
    }


def withdrawn(shown: dict[str, Any]) -> Withdrawn:
    """Return the error that answers for a withdrawn claim, with its tombstone as somebody sees it."""
    return Withdrawn(message("This claim was withdrawn."), claim=shown)
