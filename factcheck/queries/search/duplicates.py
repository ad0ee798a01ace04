"""Lists of claims that are likely the same, two by two. The follower `duplicates` has found them."""

from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Select, bindparam, func, or_, select, tuple_, union_all
from sqlalchemy.engine import Connection

from factcheck.desk.access import masking
from factcheck.log.actors import Actor
from factcheck.queries.lists import EXACT, Count, Key, Page, counted
from factcheck.queries.walking import standing_pairs, walk
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.duplicates import LikelyDuplicate as Pair

Json = dict[str, Any]
SHORT = ("id", "text", "status", "article")


def page(connection: Connection, filters: Json, after: Key | None, limit: int, *, viewer: Actor | None) -> Page:
    """Return a page of pairs, those found last first, with both claims as `viewer` sees them.

    `filters` has a `claim`, by its id, or a `min_score`, or both. Pairs that a relation joins, of whatever kind, are
    left out: somebody has said how the two claims stand to each other.
    """
    found = list(islice(_standing(connection, filters, after, limit + 1), limit + 1))
    shown = found[:limit]
    documents = masking.documents(connection, viewer, [claim for pair in shown for claim in pair.claims])
    items = [
        {"claims": [short(documents[2 * at]), short(documents[2 * at + 1])], "score": pair.score,
         "log_index": pair.place[0]}
        for at, pair in enumerate(shown)
    ]  # fmt: skip
    return Page(items, shown[-1].place if len(found) > limit else None)


def count(connection: Connection, filters: Json) -> Count:
    """Return how many pairs a list has. One that was related a moment ago counts until the follower has seen it."""
    return counted(connection.execute(_counting(frozenset(filters)), filters | {"limit": EXACT + 1}).scalar_one())


def short(document: bytes) -> Json:
    """Return what a list of pairs shows of a claim's JSON."""
    claim = orjson.loads(document)
    return {name: claim[name] for name in SHORT} | {"links": {"self": claim["links"]["self"]}}


_PLACE = ("found_index", "second_seq", "first_seq")
_SIDES = (Pair.first_seq, Pair.second_seq)
_CLAIMS = select(Claim.seq, Claim.id, Claim.document, Claim.changed_index, Claim.second_opinion_at).where(
    Claim.seq.in_(bindparam("seqs", expanding=True)), Claim.withdrawn_at.is_(None)
)
_RELATED = select(Relation.claim_id, Relation.other_id).where(
    Relation.claim_id.in_(bindparam("ids", expanding=True)), Relation.other_id.in_(bindparam("ids", expanding=True))
)


class _Standing(NamedTuple):
    """A pair, with the rows of its two claims and the key of the page behind it."""

    claims: tuple[Any, Any]
    score: float
    place: Key


def _standing(connection: Connection, filters: Json, after: Key | None, batch: int) -> Iterator[_Standing]:
    """Yield pairs of two active claims that nobody has related. The follower removes the others."""
    names = frozenset(filters)

    def read(behind: Key | None) -> Sequence[Any]:
        place = dict(zip(("after", "second", "first"), behind, strict=True)) if behind is not None else {}
        return connection.execute(_places(names, bool(place)), filters | place | {"limit": batch}).all()

    return walk(read, partial(_sifted, connection), _place_of, after=after, batch=batch)


def _sifted(connection: Connection, rows: Sequence[Any]) -> Iterator[_Standing]:
    for row, one, other in standing_pairs(connection, rows, _CLAIMS, _RELATED):
        yield _Standing((one, other), row.score, _place_of(row))


def _place_of(row: Any) -> Key:
    return [getattr(row, name) for name in _PLACE]


@cache
def _counting(given: frozenset[str]) -> Select[Any]:
    some = _passing(given, False)
    if "claim" in given:  # in no order: one that is sorted is read to its end
        some = some.where(or_(*(side == _seq() for side in _SIDES)))
    return select(func.count()).select_from(some.limit(bindparam("limit")).subquery())


@cache
def _places(given: frozenset[str], continues: bool) -> Select[Any]:
    """Return the statement of the first pairs that pass the filters. Those of one claim are in two indexes."""
    if "claim" not in given:
        return _sorted(_passing(given, continues), Pair)
    sides = [select(_sorted(_passing(given, continues).where(side == _seq()), Pair).subquery()) for side in _SIDES]
    both = union_all(*sides).subquery()
    return _sorted(select(both), both.c)


def _seq() -> Any:
    return select(Claim.seq).where(Claim.id == bindparam("claim")).scalar_subquery()


def _sorted(statement: Select[Any], columns: Any) -> Select[Any]:
    return statement.order_by(*(getattr(columns, name).desc() for name in _PLACE)).limit(bindparam("limit"))


def _passing(given: frozenset[str], continues: bool) -> Select[Any]:
    statement = select(*(getattr(Pair, name) for name in (*_PLACE, "score")))
    if "min_score" in given:
        statement = statement.where(Pair.score >= bindparam("min_score"))
    if continues:
        there = tuple_(bindparam("after"), bindparam("second"), bindparam("first"))
        statement = statement.where(tuple_(Pair.found_index, Pair.second_seq, Pair.first_seq) < there)
    return statement
