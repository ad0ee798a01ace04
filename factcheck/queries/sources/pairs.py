"""Lists of sources that may be one, two by two, and what tells the two of a pair apart.

The follower `source_pairs` has found them.
"""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, tuple_, union_all
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk import sources
from factcheck.log.actors import Actor
from factcheck.queries import lists
from factcheck.queries.lists import EXACT, ClaimFilters, Count, Key, Page, counted
from factcheck.storage.tables.source_pairs import SourcePair as Pair
from factcheck.storage.tables.sources import Judgment, Source

Json = dict[str, Any]
LATEST = 3  # claims of each source


def page(connection: Connection, filters: Json, after: Key | None, limit: int, *, skip: int = 0) -> Page:
    """Return a page of pairs, those with the highest score first, without the first `skip` of them.

    `filters` has a `kind`, which one of the two sources must have, a `min_score`, the ids `first` and `second`, or some
    of them. Pairs whose sources were judged, joined with others or redacted since are left out.
    """
    values = filters | {"limit": limit + 1, "skip": skip}
    if after is not None:
        values |= dict(zip(("after", "below", "first_below"), after, strict=True))
    rows = connection.execute(_page(frozenset(filters), after is not None), values).all()
    shown = rows[:limit]
    seqs = {seq for row in shown for seq in (row.first_seq, row.second_seq)}
    found = connection.execute(_SOURCES, {"seqs": sorted(seqs)}).all() if seqs else ()
    by_seq = {row.seq: source for row, source in zip(found, sources.shown(connection, found), strict=True)}
    items = [
        {"sources": [by_seq[row.first_seq], by_seq[row.second_seq]], "score": row.score, "because": row.because}
        for row in shown
    ]
    last = shown[-1] if len(rows) > limit else None
    return Page(items, [last.score, last.second_seq, last.first_seq] if last else None)


def count(connection: Connection, filters: Json) -> Count:
    """Return how many pairs a list has."""
    return counted(connection.execute(_counting(frozenset(filters)), filters).scalar_one())


def with_claims(connection: Connection, source: Json, viewer: Actor | None) -> Json:
    """Return a source with its latest claims as `viewer` sees them, as JSON, and how many there are."""
    filters = ClaimFilters(source=source["id"])
    latest = lists.claims(connection, filters, None, None, LATEST, viewer=viewer)
    return source | {"latest": latest.items, "claims": lists.count_claims(connection, filters, viewer=viewer)}


_PLACE = ("score", "second_seq", "first_seq")
_SOURCES = select(*Source.__table__.columns).where(Source.seq.in_(bindparam("seqs", expanding=True)))


@cache
def _page(given: frozenset[str], continues: bool) -> Select[Any]:
    """Build the statement of a page once per combination of filters."""
    return _places(given, continues, bindparam("limit") + bindparam("skip")).offset(bindparam("skip"))


@cache
def _counting(given: frozenset[str]) -> Select[Any]:
    return select(func.count()).select_from(_places(given, False, EXACT + 1).subquery())


def _places(given: frozenset[str], continues: bool, limit: Any) -> Select[Any]:
    """Return the statement of the first pairs that pass the filters. Those of one kind are in two indexes."""
    if "kind" not in given:
        return _sorted(_passing(given, continues), Pair, limit)
    kind: Any = bindparam("kind")
    first = _passing(given, continues).where(Pair.first_kind == kind)
    second = _passing(given, continues).where(Pair.second_kind == kind, Pair.first_kind != kind)
    both = union_all(*(select(_sorted(each, Pair, limit).subquery()) for each in (first, second))).subquery()
    return _sorted(select(both), both.c, limit)


def _sorted(statement: Select[Any], columns: Any, limit: Any) -> Select[Any]:
    return statement.order_by(*(getattr(columns, name).desc() for name in _PLACE)).limit(limit)


def _passing(given: frozenset[str], continues: bool) -> Select[Any]:
    one, other = aliased(Source), aliased(Source)
    judged = (
        select(1)
        .where(
            or_(
                (Judgment.source_id == one.id) & (Judgment.other_id == other.id),
                (Judgment.source_id == other.id) & (Judgment.other_id == one.id),
            )
        )
        .correlate(one, other)
    )
    statement = (
        select(*(getattr(Pair, name) for name in (*_PLACE, "because")))
        .join(one, one.seq == Pair.first_seq)
        .join(other, other.seq == Pair.second_seq)
        .where(*(each.merged_into_id.is_(None) for each in (one, other)))
        .where(*(each.redacted_index.is_(None) for each in (one, other)))
        .where(~judged.exists())
    )
    for name, source in (("first", one), ("second", other)):
        if name in given:
            statement = statement.where(source.id == bindparam(name))
    if "min_score" in given:
        statement = statement.where(Pair.score >= bindparam("min_score"))
    if continues:
        there = tuple_(bindparam("after"), bindparam("below"), bindparam("first_below"))
        statement = statement.where(tuple_(Pair.score, Pair.second_seq, Pair.first_seq) < there)
    return statement
