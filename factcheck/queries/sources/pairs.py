"""Lists of sources that may be one, two by two, and what tells the two of a pair apart.

The follower `source_pairs` has found them.
"""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, or_, select, tuple_, union
from sqlalchemy.engine import Connection

from factcheck.desk import sources
from factcheck.log.actors import Actor
from factcheck.queries import lists
from factcheck.queries.lists import EXACT, ClaimFilters, Count, Key, Page, counted
from factcheck.queries.walking import standing_pairs, walk
from factcheck.storage.tables.source_pairs import SourcePair as Pair
from factcheck.storage.tables.sources import Judgment, Source

Json = dict[str, Any]
LATEST = 3  # claims of each source


def page(connection: Connection, filters: Json, after: Key | None, limit: int, *, skip: int = 0) -> Page:
    """Return a page of pairs, those with the highest score first, without the first `skip` of them.

    `filters` has a `kind`, which one of the two sources must have, a `min_score`, the ids `first` and `second`, or some
    of them. Pairs whose sources were judged, joined with others or redacted since are left out.
    """
    standing = islice(_standing(connection, filters, after, skip + limit + 1), skip, skip + limit + 1)
    found = list(standing)
    rows = {source.seq: source for pair in found[:limit] for source in pair.sources}
    by_seq = dict(zip(rows, sources.shown(connection, list(rows.values())), strict=True))
    items = [
        {"sources": [by_seq[each.seq] for each in pair.sources], "score": pair.score, "because": pair.because}
        for pair in found[:limit]
    ]
    return Page(items, found[limit - 1].place if len(found) > limit else None)


def count(connection: Connection, filters: Json) -> Count:
    """Return how many pairs a list has. One that was judged a moment ago counts until the follower has seen it."""
    return counted(connection.execute(_counting(frozenset(filters)), filters | {"limit": EXACT + 1}).scalar_one())


def with_claims(connection: Connection, source: Json, viewer: Actor | None) -> Json:
    """Return a source with its latest claims as `viewer` sees them, as JSON, and how many there are."""
    filters = ClaimFilters(source=source["id"])
    latest = lists.claims(connection, filters, None, None, LATEST, viewer=viewer)
    return source | {"latest": latest.items, "claims": lists.count_claims(connection, filters, viewer=viewer)}


_PLACE = ("score", "second_seq", "first_seq")
_KINDS = (Pair.first_kind, Pair.second_kind)
_SOURCES = select(*Source.__table__.columns).where(
    Source.seq.in_(bindparam("seqs", expanding=True)),
    Source.merged_into_id.is_(None),
    Source.redacted_index.is_(None),
)
_JUDGED = select(Judgment.source_id, Judgment.other_id).where(
    Judgment.source_id.in_(bindparam("ids", expanding=True)), Judgment.other_id.in_(bindparam("ids", expanding=True))
)


class _Standing(NamedTuple):
    """A pair, with the rows of its two sources and the key of the page behind it."""

    sources: tuple[Any, Any]
    score: float
    because: Any
    place: Key


def _standing(connection: Connection, filters: Json, after: Key | None, batch: int) -> Iterator[_Standing]:
    """Yield pairs of two sources that are shown and that nobody has judged. The follower removes the others."""
    names = frozenset(filters)

    def read(behind: Key | None) -> Sequence[Any]:
        place = dict(zip(("after", "below", "first_below"), behind, strict=True)) if behind is not None else {}
        return connection.execute(_places(names, bool(place)), filters | place | {"limit": batch}).all()

    return walk(read, partial(_sifted, connection), _place_of, after=after, batch=batch)


def _sifted(connection: Connection, rows: Sequence[Any]) -> Iterator[_Standing]:
    for row, one, other in standing_pairs(connection, rows, _SOURCES, _JUDGED):
        yield _Standing((one, other), row.score, row.because, _place_of(row))


def _place_of(row: Any) -> Key:
    return [getattr(row, name) for name in _PLACE]


@cache
def _counting(given: frozenset[str]) -> Select[Any]:
    some = _passing(given, False)
    if "kind" in given:  # in no order: one that is sorted is read to its end
        some = some.where(or_(*(each == bindparam("kind") for each in _KINDS)))
    return select(func.count()).select_from(some.limit(bindparam("limit")).subquery())


@cache
def _places(given: frozenset[str], continues: bool) -> Select[Any]:
    """Return the statement of the first pairs that pass the filters. Those of one kind are in two indexes.

    Each index gives as many as are wanted, also of the pairs that are in both: to leave these out of one is to read it.
    """
    if "kind" not in given:
        return _sorted(_passing(given, continues), Pair)
    of_kind = (each == bindparam("kind") for each in _KINDS)
    first, second = (select(_sorted(_passing(given, continues).where(each), Pair).subquery()) for each in of_kind)
    both = union(first, second).subquery()
    return _sorted(select(both), both.c)


def _sorted(statement: Select[Any], columns: Any) -> Select[Any]:
    return statement.order_by(*(getattr(columns, name).desc() for name in _PLACE)).limit(bindparam("limit"))


def _passing(given: frozenset[str], continues: bool) -> Select[Any]:
    statement = select(*(getattr(Pair, name) for name in (*_PLACE, "because")))
    for name, seq in (("first", Pair.first_seq), ("second", Pair.second_seq)):
        if name in given:
            statement = statement.where(seq == select(Source.seq).where(Source.id == bindparam(name)).scalar_subquery())
    if "min_score" in given:
        statement = statement.where(Pair.score >= bindparam("min_score"))
    if continues:
        there = tuple_(bindparam("after"), bindparam("below"), bindparam("first_below"))
        statement = statement.where(tuple_(Pair.score, Pair.second_seq, Pair.first_seq) < there)
    return statement
