"""Sources: who or what can say something."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.identity import joining, registered
from factcheck.errors import Clash, Flaw, Invalid, Merged, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.identity.identifiers import stated, without
from factcheck.rules.identity.judgments import Identity
from factcheck.rules.roles import Role
from factcheck.schemas.base import load_patched
from factcheck.schemas.sources import SourceIn
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
    registered.write(session, source_id, after)
    return as_json(session.scalars(select(Source).where(Source.id == source_id)).one())


@action(Role.CONTRIBUTOR)
def amend(
    session: Session, actor: Actor, /, source_id: str, *, patch: dict[str, Any], seen: Precondition
) -> dict[str, Any]:
    """Apply a merge patch to a source and return its JSON; every claim that shows its name is rendered again.

    Names and URLs that it shows of sources which are joined with it stay those sources' own.
    """
    rows = joining.locked(session, source_id)
    source = rows.get(source_id)
    if source is None:
        raise NotFound(unknown.SOURCE)
    if source.merged_into_id is not None:
        raise Merged(source.canonical_id)
    joining.demand_readable(source)
    [before_shown] = shown(session, [source])
    seen.demand(etag(before_shown))
    before = {field: getattr(source, field) for field in FIELDS}
    after = load_patched(SourceIn(), before, _without_replaced(before, patch))
    for field in ("aliases", "same_as"):
        others = set(before_shown[field]) - set(before[field])
        after[field] = [each for each in after[field] if each not in others]
    if sorted(after["same_as"]) == sorted(before["same_as"]):
        after["same_as"] = before["same_as"]  # their order says nothing
    changes = revisions.differences(before, after)
    if not changes:
        return before_shown
    if after["external_id"] != before["external_id"]:
        _demand_free(session, after["external_id"])
    renamed = any(after[field] != before[field] for field in ("name", "kind"))
    claims = joining.claims_that_show(session, rows) if renamed else []
    lock_claims(session, claims)
    entry = revisions.append(session, actor, SubjectKind.SOURCE, source.id, source.revision + 1, "amend", changes)
    for field, value in after.items():
        setattr(source, field, value)
    source.revision, source.updated_at = source.revision + 1, entry.at
    registered.write(session, source.id, after)
    documents.render(session, claims, entry)
    return shown(session, [source])[0]


def _without_replaced(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Return a patch that takes away the URLs whose identifiers it replaces or removes, unless it gives the URLs."""
    given = patch.get("identifiers")
    if not isinstance(given, dict) or "same_as" in patch:
        return patch
    kind = patch.get("kind", before["kind"])
    return patch | {"same_as": without(kind, before["same_as"], given)}


@action(Role.ADMIN)
def merge(
    session: Session, actor: Actor, /, source_id: str, *, into: str, reason: str, seen: Precondition = ANY
) -> dict[str, Any]:
    """Judge a source the same as another one, show that one, and return its JSON.

    Chains keep the source that they were entered with; what is shown, listed and counted is the other one.
    """
    if into == source_id:
        raise Invalid(
            message("A source cannot be merged into itself."),
            flaws=[Flaw(message("Must not be the source itself."), pointer="/into")],
        )
    rows = joining.locked(session, source_id, into)
    source, target = rows.get(source_id), rows.get(into)
    if source is None:
        raise NotFound(unknown.SOURCE)
    if target is None:
        raise Invalid(
            message("The other source does not exist."),
            flaws=[Flaw(unknown.SOURCE, pointer="/into")],
        )
    if source.merged_into_id is not None:
        raise Clash(message("This source is already shown as another one."), into=source.canonical_id)
    seen.demand(etag(shown(session, [source])[0]))
    if target.merged_into_id is not None:
        raise Clash(message("The other source is shown as another one: merge into that one."), into=target.canonical_id)
    joining.judge(session, actor, rows, source_id, into, judgment=Identity.SAME, shown_id=into, reason=reason)
    return shown(session, [target])[0]


def get(connection: Connection, source_id: str) -> dict[str, Any]:
    """Return a source's JSON. Raises NotFound, or Merged with the id of the source as which it is shown."""
    rows = connection.execute(_WITH_JOINED, {"id": source_id}).all()
    row = next((each for each in rows if each.id == source_id), None)
    if row is None:
        raise NotFound(unknown.SOURCE)
    if row.merged_into_id is not None:
        raise Merged(row.canonical_id)
    return _with_others(as_json(row), [each for each in rows if each is not row])


def shown(connection: Session | Connection, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the JSON of these sources, each with the names and URLs of those that are joined with it behind its own.

    Id, name, kind, description and external id are those of the source itself.
    """
    heads = [row.id for row in rows]
    joined: defaultdict[str, list[Any]] = defaultdict(list)
    for other in connection.execute(_JOINED, {"ids": heads}) if heads else ():
        joined[other.canonical_id].append(other)
    return [_with_others(as_json(row), joined[row.id]) if row.id in joined else as_json(row) for row in rows]


# A source in one query, with what is joined with it.
_WITH_JOINED = (
    select(*Source.__table__.columns)
    .where(or_(Source.id == bindparam("id"), Source.canonical_id == bindparam("id")))
    .order_by(Source.seq)
)
_JOINED = (
    select(Source.canonical_id, Source.name, Source.aliases, Source.same_as)
    .where(Source.canonical_id.in_(bindparam("ids", expanding=True)), Source.id != Source.canonical_id)
    .order_by(Source.seq)
)


def _with_others(source: dict[str, Any], others: Sequence[Any]) -> dict[str, Any]:
    names = [name for other in others for name in (other.name, *other.aliases) if name != source["name"]]
    urls = [*source["same_as"], *(url for other in others for url in other.same_as)]
    return source | {
        "aliases": list(dict.fromkeys([*source["aliases"], *names])),
        "same_as": list(dict.fromkeys(urls)),
        "identifiers": stated(source["kind"], urls),
    }


def as_json(row: Any) -> dict[str, Any]:
    """Return the JSON of a source as its own row has it."""
    here = f"/v1/sources/{row.id}"
    return {
        "id": row.id,
        **{field: getattr(row, field) for field in FIELDS},
        "identifiers": stated(row.kind, row.same_as),
        "redacted": row.redacted_index is not None,
        "revision": row.revision,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "links": {
            "self": here,
            "claims": f"/v1/claims?source={row.id}",
            "judgments": f"{here}/judgments",
            "relations": f"{here}/relations",
        },
    }


def etag(source: dict[str, Any]) -> str:
    return documents.etag_of(documents.dumped(source))


def _demand_free(session: Session, external_id: str | None) -> None:
    taken = external_id and session.scalar(select(Source.id).where(Source.external_id == external_id))
    if taken:
        raise Clash(message("Another source has the external id “{external_id}”.", external_id=external_id), id=taken)
