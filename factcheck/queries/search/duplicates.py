"""Lists of claims that are likely the same, two by two. The follower `duplicates` has found them."""

from functools import cache
from typing import Any

import orjson
from sqlalchemy import Select, bindparam, func, select, tuple_, union_all
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk.access import masking
from factcheck.log.actors import Actor
from factcheck.queries.lists import EXACT, Count, Key, Page, counted
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.duplicates import LikelyDuplicate as Pair

Json = dict[str, Any]
SHORT = ("id", "text", "status", "article")


def page(connection: Connection, filters: Json, after: Key | None, limit: int, *, viewer: Actor | None) -> Page:
    """Return a page of pairs, those found last first, with both claims as `viewer` sees them: one query.

    `filters` has a `claim`, by its id, or a `min_score`, or both. Pairs that a relation joins, of whatever kind, are
    left out: somebody has said how the two claims stand to each other.
    """
    values = filters | {"limit": limit + 1}
    if after is not None:
        values |= dict(zip(("after", "second", "first"), after, strict=True))
    rows = connection.execute(_page(frozenset(filters), after is not None), values).all()
    shown = rows[:limit]
    claims = [_Side(row, side) for row in shown for side in ("first", "second")]
    documents = masking.documents(connection, viewer, claims)
    items = [
        {"claims": [short(documents[2 * at]), short(documents[2 * at + 1])], "score": row.score,
         "log_index": row.found_index}
        for at, row in enumerate(shown)
    ]  # fmt: skip
    last = shown[-1] if len(rows) > limit else None
    return Page(items, [last.found_index, last.second_seq, last.first_seq] if last else None)


def count(connection: Connection, filters: Json) -> Count:
    """Return how many pairs a list has."""
    return counted(connection.execute(_counting(frozenset(filters)), filters).scalar_one())


class _Side:
    """One of the two claims of a row, as `masking.documents` takes it."""

    def __init__(self, row: Any, side: str) -> None:
        self.id = getattr(row, f"{side}_id")
        self.document = getattr(row, f"{side}_document")
        self.changed_index = getattr(row, f"{side}_changed_index")
        self.second_opinion_at = getattr(row, f"{side}_second_opinion_at")


def short(document: bytes) -> Json:
    """Return what a list of pairs shows of a claim's JSON."""
    claim = orjson.loads(document)
    return {name: claim[name] for name in SHORT} | {"links": {"self": claim["links"]["self"]}}


_FIRST, _SECOND = aliased(Claim), aliased(Claim)
_PLACE = ("found_index", "second_seq", "first_seq")


@cache
def _page(given: frozenset[str], continues: bool) -> Select[Any]:
    """Build the statement of a page once per combination of filters."""
    shown = [
        getattr(claim, name).label(f"{side}_{name}")
        for side, claim in (("first", _FIRST), ("second", _SECOND))
        for name in ("id", "document", "changed_index", "second_opinion_at")
    ]
    places: Any = _places(given, continues, bindparam("limit")).subquery()
    return (
        select(*(places.c[name] for name in (*_PLACE, "score")), *shown)
        .join(_FIRST, _FIRST.seq == places.c.first_seq)
        .join(_SECOND, _SECOND.seq == places.c.second_seq)
        .order_by(*(places.c[name].desc() for name in _PLACE))
    )


@cache
def _counting(given: frozenset[str]) -> Select[Any]:
    return select(func.count()).select_from(_places(given, False, EXACT + 1).subquery())


def _places(given: frozenset[str], continues: bool, limit: Any) -> Select[Any]:
    """Return the statement of the first pairs that pass the filters. Those of one claim are in two indexes."""
    if "claim" not in given:
        return _sorted(_passing(given, continues), Pair, limit)
    seq = select(Claim.seq).where(Claim.id == bindparam("claim")).scalar_subquery()
    sides = [
        select(_sorted(_passing(given, continues).where(side == seq), Pair, limit).subquery())
        for side in (Pair.first_seq, Pair.second_seq)
    ]
    both = union_all(*sides).subquery()
    return _sorted(select(both), both.c, limit)


def _sorted(statement: Select[Any], columns: Any, limit: Any) -> Select[Any]:
    return statement.order_by(*(getattr(columns, name).desc() for name in _PLACE)).limit(limit)


def _passing(given: frozenset[str], continues: bool) -> Select[Any]:
    one, other = aliased(Claim), aliased(Claim)
    statement = (
        select(*(getattr(Pair, name) for name in (*_PLACE, "score")))
        .join(one, one.seq == Pair.first_seq)
        .join(other, other.seq == Pair.second_seq)
        .where(one.withdrawn_at.is_(None), other.withdrawn_at.is_(None))
    )
    for here, there in ((one, other), (other, one)):
        related = select(1).where(Relation.claim_id == here.id, Relation.other_id == there.id)
        statement = statement.where(~related.correlate(here, there).exists())
    if "min_score" in given:
        statement = statement.where(Pair.score >= bindparam("min_score"))
    if continues:
        there_ = tuple_(bindparam("after"), bindparam("second"), bindparam("first"))
        statement = statement.where(tuple_(Pair.found_index, Pair.second_seq, Pair.first_seq) < there_)
    return statement
