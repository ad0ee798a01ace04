"""Sources: who or what can say something."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import insert, select, union, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import lock_claims, lock_sources
from factcheck.errors import Clash, Flaw, Invalid, Merged, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.rules.roles import Role
from factcheck.schemas.base import load_patched
from factcheck.schemas.sources import SourceIn
from factcheck.storage.locking import locked_whole
from factcheck.storage.tables.attribution import Hop
from factcheck.storage.tables.evidence import Evidence
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import Source

FIELDS = ("external_id", "name", "kind", "description", "aliases", "same_as")


@action(Role.CONTRIBUTOR)
def add(session: Session, actor: Actor, /, **fields: Any) -> dict[str, Any]:
    """Enter a source (the fields of SourceIn) and return its JSON. Raises Clash when its external id is taken."""
    _demand_free(session, fields.get("external_id"))
    source_id = new_id()
    after = {field: fields.get(field) for field in FIELDS}
    entry = revisions.append(session, actor, SubjectKind.SOURCE, source_id, 1, "add", revisions.differences({}, after))
    session.execute(
        insert(Source),
        {
            "seq": entry.log_index,
            "id": source_id,
            "canonical_id": source_id,
            **after,
            "revision": 1,
            "created_at": entry.at,
            "updated_at": entry.at,
        },
    )
    return as_json(session.scalars(select(Source).where(Source.id == source_id)).one())


@action(Role.CONTRIBUTOR)
def amend(
    session: Session, actor: Actor, /, source_id: str, *, patch: dict[str, Any], seen: Precondition
) -> dict[str, Any]:
    """Apply a merge patch to a source and return its JSON; every claim that shows its name is rendered again."""
    group = locked_group(session, source_id)
    source = session.scalar(select(Source).where(Source.id == source_id))
    if source is None:
        raise NotFound("No source has this id.")
    if source.merged_into_id is not None:
        raise Merged(source.canonical_id)
    _demand_readable(source)
    seen.demand(etag(as_json(source)))
    before = {field: getattr(source, field) for field in FIELDS}
    after = load_patched(SourceIn(), before, patch)
    changes = revisions.differences(before, after)
    if not changes:
        return as_json(source)
    if after["external_id"] != before["external_id"]:
        _demand_free(session, after["external_id"])
    shown = any(after[field] != before[field] for field in ("name", "kind"))
    claims = _claims_that_show(session, group) if shown else []
    lock_claims(session, claims)
    entry = revisions.append(session, actor, SubjectKind.SOURCE, source.id, source.revision + 1, "amend", changes)
    for field, value in after.items():
        setattr(source, field, value)
    source.revision, source.updated_at = source.revision + 1, entry.at
    documents.render(session, claims, entry)
    return as_json(source)


@action(Role.ADMIN)
def merge(
    session: Session, actor: Actor, /, source_id: str, *, into: str, reason: str, seen: Precondition = ANY
) -> dict[str, Any]:
    """Merge a source into another one and return the JSON of that one.

    Chains keep the source that they were entered with; what is shown, listed and counted is the one it became.
    The other source takes over the names, so that a search for them still finds it: two revisions, one of each.
    """
    if into == source_id:
        raise Invalid(
            "A source cannot be merged into itself.",
            flaws=[Flaw("Must not be the source itself.", pointer="/into")],
        )
    group = locked_group(session, source_id, into)
    rows = {row.id: row for row in session.scalars(select(Source).where(Source.id.in_([source_id, into])))}
    source, target = rows.get(source_id), rows.get(into)
    if source is None:
        raise NotFound("No source has this id.")
    if target is None:
        raise Invalid(
            "The other source does not exist.",
            flaws=[Flaw("No source has this id.", pointer="/into")],
        )
    if source.merged_into_id is not None:
        raise Clash("This source is already merged.", into=source.canonical_id)
    seen.demand(etag(as_json(source)))
    if target.merged_into_id is not None:
        raise Clash("The other source was merged too: merge into its target.", into=target.canonical_id)
    _demand_readable(source)
    _demand_readable(target)
    claims = _claims_that_show(session, group)
    lock_claims(session, claims)

    names = [name for name in (source.name, *source.aliases) if name != target.name]
    aliases = list(dict.fromkeys([*target.aliases, *names]))
    entry = revisions.append(
        session, actor, SubjectKind.SOURCE, target.id, target.revision + 1, "take_over",
        revisions.differences({"aliases": target.aliases}, {"aliases": aliases}), reason,
    )  # fmt: skip
    target.aliases = aliases
    target.revision, target.updated_at = target.revision + 1, entry.at
    entry = revisions.append(
        session, actor, SubjectKind.SOURCE, source.id, source.revision + 1, "merge",
        [{"field": "merged_into_id", "before": None, "after": target.id}], reason,
    )  # fmt: skip
    source.merged_into_id = target.id
    source.revision, source.updated_at = source.revision + 1, entry.at
    session.flush()
    session.execute(update(Source).where(Source.id.in_(group)).values(canonical_id=target.id))
    documents.relink(session, claims)
    documents.render(session, claims, entry)
    return as_json(target)


def get(connection: Connection, source_id: str) -> dict[str, Any]:
    """Return a source's JSON. Raises NotFound, or Merged with the id of the source that it became."""
    row = connection.execute(select(*Source.__table__.columns).where(Source.id == source_id)).first()
    if row is None:
        raise NotFound("No source has this id.")
    if row.merged_into_id is not None:
        raise Merged(row.canonical_id)
    return as_json(row)


def as_json(row: Any) -> dict[str, Any]:
    here = f"/v1/sources/{row.id}"
    return {
        "id": row.id,
        **{field: getattr(row, field) for field in FIELDS},
        "redacted": row.redacted_index is not None,
        "revision": row.revision,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "links": {"self": here, "claims": f"/v1/claims?source={row.id}"},
    }


def etag(source: dict[str, Any]) -> str:
    return documents.etag_of(documents.dumped(source))


def locked_group(session: Session, source_id: str, into: str | None = None) -> set[str]:
    """Lock a source with all that were merged into it, and the one that it is to become; return the group.

    Whoever enters a claim with one of the group holds that one alone, and shows the name of the source it became.
    """
    merged = select(Source.id).where((Source.id == source_id) | (Source.canonical_id == source_id))
    also = {into} - {None}
    return locked_whole(session, lambda: {*session.scalars(merged), *also}, lock_sources) - also


def _demand_readable(source: Source) -> None:
    if source.redacted_index is not None:
        raise Clash("This source was redacted.", id=source.id)


def _demand_free(session: Session, external_id: str | None) -> None:
    taken = external_id and session.scalar(select(Source.id).where(Source.external_id == external_id))
    if taken:
        raise Clash(f"Another source has the external id “{external_id}”.", id=taken)


def _claims_that_show(session: Session, group: Collection[str]) -> list[str]:
    return list(
        session.scalars(
            union(
                select(Hop.claim_id).where(Hop.source_id.in_(group)),
                select(Hop.claim_id).where(Hop.on_behalf_of_id.in_(group)),
                select(Evidence.claim_id).where(Evidence.source_id.in_(group)),
                select(Evidence.claim_id).where(Evidence.origin_id.in_(group)),
            )
        )
    )
