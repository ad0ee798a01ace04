"""Relations between two sources: who speaks for whom, who owns whom. Withdrawn with a reason, never deleted."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, insert, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk import sources
from factcheck.desk.access import masking, unknown
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.identity import joining, related
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.identity.relations import (
    ONE_ORIGIN,
    SourceRelation,
    SourceRelationKind,
    circle,
    first_day,
    last_day,
)
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source
from factcheck.storage.tables.sources import SourceRelation as Row

Json = dict[str, Any]
MOST = 500  # active relations of one source
FOLLOWED = 1000  # sources that are looked at for a circle, at most
FIELDS = ("kind", "other_id", "since", "until", "note")


@action(Role.CONTRIBUTOR)
def add(
    session: Session,
    actor: Actor,
    /,
    source_id: str,
    *,
    kind: str,
    other_id: str,
    since: str | None = None,
    until: str | None = None,
    note: str | None = None,
    seen: Precondition = ANY,
) -> Json:
    """Relate a source to another one and return the relation's JSON.

    Raises Clash for a redacted source, for two that are joined, for a relation that is there already on some day of
    the time, and when one of the two has no room for another.
    """
    _demand_sensible(source_id, other_id, since, until)
    rows = joining.locked(session, source_id, other_id)
    if source_id not in rows:
        raise NotFound(unknown.SOURCE)
    if other_id not in rows:
        detail = unknown.SOURCE
        raise Invalid(message("The other source does not exist."), flaws=[Flaw(detail, pointer="/other_id")])
    source = rows[source_id]
    if not seen.any:
        seen.demand(sources.etag(sources.shown(session, [rows[source.canonical_id]])[0]))
    for each in (source_id, other_id):
        joining.demand_readable(rows[each])
    if source.canonical_id == rows[other_id].canonical_id:
        raise Clash(message("These two sources are judged the same, so nothing can be said of one and the other."))
    relation_id = new_id()
    said = {"kind": kind, "other_id": other_id, "since": since, "until": until, "note": note}
    new = SourceRelation(relation_id, SourceRelationKind(kind), source_id, other_id, since, until)
    _demand_new(session, new, rows)
    _demand_room(session, source_id, other_id)
    changes = [{"field": "relation", "before": None, "after": {"id": relation_id, **said}}]
    entry = revisions.append(session, actor, SubjectKind.SOURCE, source_id, source.revision + 1, "relate", changes)
    session.execute(
        insert(Row),
        {
            "log_index": entry.log_index, "id": relation_id, "source_id": source_id, **said,
            "added_by_id": actor.id, "added_at": entry.at,
        },
    )  # fmt: skip
    source.revision, source.updated_at = source.revision + 1, entry.at
    session.flush()
    return get(session.connection(), source_id, relation_id, actor)


@action(Role.CONTRIBUTOR)
def withdraw(
    session: Session, actor: Actor, /, source_id: str, relation_id: str, *, reason: str, seen: Precondition = ANY
) -> Json:
    """Withdraw a relation of a source and return its JSON: it counts for no claim any more.

    Whoever added it may; anyone else needs the role of an analyst. Raises Stale for another version of the relation
    than was `seen`, and Clash when it is withdrawn already.
    """
    entered = demand_there(session.connection(), source_id, relation_id)
    source = joining.locked(session, entered)[entered]
    row = session.scalars(select(Row).where(Row.id == relation_id).execution_options(populate_existing=True)).one()
    if row.added_by_id != actor.id:
        actor.demand(Role.ANALYST)
    demand_seen(session.connection(), source_id, relation_id, actor, seen)
    if row.withdrawn_index is not None:
        raise Clash(message("This relation is already withdrawn."))
    before = {"id": row.id, **{name: getattr(row, name) for name in FIELDS}}
    changes = [{"field": "relation", "before": before, "after": None}]
    entry = revisions.append(
        session, actor, SubjectKind.SOURCE, entered, source.revision + 1, "withdraw_relation", changes, reason
    )
    row.withdrawn_index, row.withdrawn_at = entry.log_index, entry.at
    row.withdrawn_reason, row.withdrawn_by_id = reason, actor.id
    source.revision, source.updated_at = source.revision + 1, entry.at
    session.flush()
    return get(session.connection(), source_id, relation_id, actor)


def demand_there(connection: Connection, source_id: str, relation_id: str) -> str:
    """Return the source that a relation on a source's page was entered for. Raises NotFound."""
    found = connection.scalar(select(Row.source_id).where(_concerns(source_id), Row.id == relation_id))
    if found is None:
        raise NotFound(message("The source has no such relation."))
    return str(found)


def demand_seen(connection: Connection, source_id: str, relation_id: str, actor: Actor, seen: Precondition) -> None:
    """Raise Stale for another version of a relation than was seen."""
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(get(connection, source_id, relation_id, actor))))


def get(connection: Connection, source_id: str, relation_id: str, viewer: Actor | None) -> Json:
    """Return one relation of a source, or of one that it is joined with, as `viewer` sees it. Raises NotFound."""
    row = connection.execute(_RELATIONS.where(_concerns(source_id), Row.id == relation_id)).first()
    if row is None:
        raise NotFound(message("The source has no such relation."))
    return masking.masked(connection, viewer, View.SOURCE_RELATION, _told(connection, [row]))[0]


def of_source(connection: Connection, source_id: str, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return the relations of a source and of those that it is joined with, oldest first, each with its log index.

    They begin after the log index `after`; withdrawn ones are there too. Raises NotFound.
    """
    if connection.scalar(select(Source.id).where(Source.id == source_id)) is None:
        raise NotFound(unknown.SOURCE)
    rows = connection.execute(
        _RELATIONS.where(_concerns(source_id), Row.log_index > after).order_by(Row.log_index).limit(limit)
    ).all()
    return [(row.log_index, told) for row, told in zip(rows, _told(connection, rows), strict=True)]


def newest_of_source(connection: Connection, source_id: str, viewer: Actor | None, limit: int) -> list[Json]:
    """Return the newest relations of a source, as `viewer` sees them: active ones, then those that were withdrawn."""
    newest = _RELATIONS.where(_concerns(source_id)).order_by(Row.withdrawn_index.is_not(None), Row.log_index.desc())
    rows = connection.execute(newest.limit(limit)).all()
    return masking.masked(connection, viewer, View.SOURCE_RELATION, _told(connection, rows))


def _demand_sensible(source_id: str, other_id: str, since: str | None, until: str | None) -> None:
    flaws = []
    if other_id == source_id:
        flaws.append(Flaw(message("Must not be the source itself."), pointer="/other_id"))
    if last_day(until) < first_day(since):
        flaws.append(Flaw(message("Must not be before the beginning."), pointer="/until"))
    if flaws:
        raise Invalid(message("The relation is not allowed."), flaws=flaws)


def _demand_new(session: Session, new: SourceRelation, rows: Mapping[str, Source]) -> None:
    """Raise Clash for what is said already, of the two or of sources that they are joined with."""

    def group(source_id: str) -> list[str]:
        return [each for each in rows if rows[each].canonical_id == rows[source_id].canonical_id]

    there = session.scalars(
        select(Row).where(
            Row.source_id.in_(group(new.source)), Row.other_id.in_(group(new.other)), Row.kind == new.kind,
            Row.withdrawn_index.is_(None),
        ).order_by(Row.log_index)
    )  # fmt: skip
    for row in there:
        if related.as_relation(row, new.source, new.other).meets(new):
            raise Clash(message("The two sources already have this relation in this time."), id=row.id)


def _demand_room(session: Session, *source_ids: str) -> None:
    full = message("This source has {most} relations, which is the maximum.", most=MOST)
    other_full = message("The other source has {most} relations, which is the maximum.", most=MOST)
    for each, told in zip(source_ids, (full, other_full), strict=True):
        of = or_(Row.source_id == each, Row.other_id == each)
        number = session.scalar(select(func.count()).where(of, Row.withdrawn_index.is_(None))) or 0
        if number >= MOST:
            raise Clash(told, limit=MOST)


def _concerns(source_id: str) -> Any:
    head = select(Source.canonical_id).where(Source.id == source_id).scalar_subquery()
    joined = select(Source.id).where(Source.canonical_id == head)
    return or_(Row.source_id.in_(joined), Row.other_id.in_(joined))


_source, _other, _adder, _withdrawer = aliased(Source), aliased(Source), aliased(Person), aliased(Person)
_RELATIONS: Select[Any] = (
    select(
        *Row.__table__.columns, _adder.name.label("adder"), _withdrawer.name.label("withdrawer"),
        _source.name.label("source_name"), _source.kind.label("source_kind"), _source.canonical_id.label("source"),
        _other.name.label("other_name"), _other.kind.label("other_kind"), _other.canonical_id.label("other"),
    )
    .join(_source, _source.id == Row.source_id)
    .join(_other, _other.id == Row.other_id)
    .join(_adder, _adder.id == Row.added_by_id)
    .outerjoin(_withdrawer, _withdrawer.id == Row.withdrawn_by_id)
)  # fmt: skip


def _told(connection: Connection, rows: Sequence[Any]) -> list[Json]:
    """Return the JSON of relations, each with the circle that it closes."""
    active = {row.id: related.as_relation(row, row.source, row.other) for row in rows if row.withdrawn_index is None}
    starts = {relation.principal for relation in active.values()}
    known = related.read(connection, starts, frozenset(SourceRelationKind), FOLLOWED)
    circles = {each: circle(relation, known.each()) for each, relation in active.items()}
    return [_json(row, [_reference(known.names, each) for each in circles.get(row.id, ())]) for row in rows]


def _reference(names: Mapping[str, tuple[str, str]], source_id: str) -> Json:
    name, kind = names[source_id]
    return {"id": source_id, "name": name, "kind": kind}


def _json(row: Any, circle: list[Json]) -> Json:
    withdrawer = {"id": row.withdrawn_by_id, "name": row.withdrawer} if row.withdrawn_by_id else None
    return {
        "id": row.id,
        "log_index": row.log_index,
        "kind": row.kind,
        "source": {"id": row.source_id, "name": row.source_name, "kind": row.source_kind},
        "other": {"id": row.other_id, "name": row.other_name, "kind": row.other_kind},
        "since": row.since,
        "until": row.until,
        "one_origin": row.kind in ONE_ORIGIN,
        "circle": circle,
        "note": row.note,
        "added_by": {"id": row.added_by_id, "name": row.adder},
        "added_at": stamp(row.added_at),
        "withdrawn_at": stamp(row.withdrawn_at) if row.withdrawn_at else None,
        "withdrawn_by": withdrawer,
        "withdrawn_reason": row.withdrawn_reason,
    }
