"""Search among claims: pages that cost no more for a common word than for a rare one.

Two ways, by how many claims hold the query:

- few (at most FEW): the index gives all of them, and they are narrowed, ordered and counted as one wishes;
- many, or too costly to tell: the list, as its filters have it, is walked along, and each claim's words are looked at.
  A page walks at most WALKED claims, and fewer where they lie far apart. What it found then is what it gives, with the
  key where the next page goes on.

Best first, in the second way: the last changed hits are ranked, at most RANKED of them and from one walk, and those
older than that follow as they come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.queries import narrowing
from factcheck.queries.narrowing import EXACT, ROW, Key, Names, Sight, Sort
from factcheck.rules.ranking import needle, score
from factcheck.storage.fulltext import Query, among, hits, holds, index_counts, needles, planned_anew
from factcheck.storage.tables.claims import Claim

FEW = 2_000
WALKED = 5_000  # claims of a list that a page looks at
APART, APART_WALKED = 4, 2_000  # of a list that is one of so many claims; each of them is a page to read
RANKED = 2_000
# What the first number of a key says: how the page before it was found, where the best come first.
OF_FEW, IN_RANKED, BEHIND = 0, 1, 2


@dataclass(frozen=True)
class Found:
    """A page of rows, the key of the next page, and whether hits may be missing from the order or the count.

    `keys` are those of pages that begin behind each row.
    """

    rows: list[Any]
    next: Key | None
    cut: bool = False
    keys: Sequence[Key] = ()


@dataclass
class Search:
    """A query, the other filters, and whose eyes they are seen with; `values` are what the filters bind."""

    connection: Connection
    query: Query
    names: Names
    values: dict[str, Any]
    blind: bool

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    @cached_property
    def few(self) -> list[int] | None:
        return hits(self.connection, self.query, FEW)

    @cached_property
    def bound(self) -> dict[str, str]:
        """What stands for the query in a statement."""
        return {"q": self.query.spelt_for(self.dialect), **needles(self.query)}

    def run(self, statement: Any, **more: Any) -> Sequence[Any]:
        return self.connection.execute(statement, self.values | self.bound | more).all()


def page(search: Search, sort: Sort | None, after: Key | None, limit: int) -> Found:
    """Return a page of the claims that hold a query: by `sort`, or the best first."""
    with planned_anew(search.connection):
        if sort is None:
            return _best(search, after, limit)
        if search.few is None:
            return _walk(search, sort, after, limit)
        keys = sorted((_key(row) for row in _of_few(search)), key=lambda key: _place(key, sort), reverse=sort.descends)
        if after is not None:
            here = _place(after, sort)
            keys = [key for key in keys if (_place(key, sort) < here if sort.descends else _place(key, sort) > here)]
        rows, behind = _fetched(search, keys[:limit])
        return Found(rows, keys[limit - 1] if len(keys) > limit else None, keys=behind)


def count(search: Search) -> tuple[int, bool]:
    """Return how many claims hold the query and whether there are more.

    Exact to EXACT where there are few hits, or no other filters: the index counts. Else what one walk found.
    """
    with planned_anew(search.connection):
        if search.few is not None:
            return len(_of_few(search)) if search.names else len(search.few), False
        if not search.names:
            found = search.run(index_counts(search.dialect), most=EXACT + 1)[0][0]
            return min(found, EXACT), found > EXACT
        bound = _bound(search, Sort.UPDATED_LAST, {})
        end, found = bound is None, _count_walking(search, bound, EXACT + 1)
        if search.blind:
            statements = (
                _of_hidden(search.dialect, search.names, sight, search.query.shape)
                for sight in (Sight.LOST, Sight.HIDDEN)
            )
            lost, hidden = (len(search.run(each)) for each in statements)
            found = max(0, found - lost) + (hidden if end else 0)
        return min(found, EXACT), not end or found > EXACT


def _best(search: Search, after: Key | None, limit: int) -> Found:
    how = after[0] if after else None
    if how == BEHIND and after:
        behind = _walk(search, Sort.UPDATED_LAST, after[1:], limit)
        keys = [[BEHIND, *key] for key in behind.keys]
        return Found(behind.rows, behind.next and [BEHIND, *behind.next], True, keys)
    if how == OF_FEW or (how is None and search.few is not None):
        return _best_of_few(search, after[1:] if after else None, limit)
    return _best_of_newest(search, after[1:] if after else None, limit)


def _best_of_few(search: Search, after: Key | None, limit: int) -> Found:
    few = search.few
    if few is None:  # there were few when the search began: those that came since are not looked for
        few = hits(search.connection, search.query, 2 * FEW) or []
    ranked = _ranked(search, _of_few(search, few), after)
    keys = [[OF_FEW, *each] for each in ranked[:limit]]
    rows, behind = _fetched(search, keys)
    return Found(rows, keys[-1] if len(ranked) > limit else None, keys=behind)


def _best_of_newest(search: Search, after: Key | None, limit: int) -> Found:
    """Page through the ranked hits, then on behind them.

    The key is [top, bottom (two), score, seq]: hits changed since the search began stand above `top` and push nobody
    over the edge; `bottom` is where the walk that found the ranked ones ended, -1 at the end of the list.
    """
    walk = _walk(search, Sort.UPDATED_LAST, [after[0] + 1, 0] if after else None, RANKED, light=True)
    if after:
        bottom = after[1:3]
        rows = [row for row in walk.rows if _key(row) >= bottom]
        top = after[0]
    else:
        bottom = walk.next or [-1, -1]
        rows = walk.rows
        top = rows[0].changed_index if rows else 0
    cut = bottom != [-1, -1]
    ranked = _ranked(search, rows, after[3:] if after else None)
    keys = [[IN_RANKED, top, *bottom, *each] for each in ranked[:limit]]
    best, behind = _fetched(search, keys)
    if len(ranked) > limit:
        return Found(best, keys[-1], cut, behind)
    return Found(best, [BEHIND, *bottom] if cut else None, cut, behind)


def _walk(search: Search, sort: Sort, after: Key | None, limit: int, *, light: bool = False) -> Found:
    """Walk along a list and return the hits; `cut` when it ended for its length and not for want of claims."""
    places = {"after_1": after[0], "after_2": after[-1]} if after else {}
    sight = Sight.SEEN if search.blind else Sight.PLAIN
    bound = _bound(search, sort, places)
    shape = (sort, bool(places), bound is not None, search.query.shape, light)
    within = places | ({"bound_1": bound[0], "bound_2": bound[-1]} if bound else {})
    rows = list(search.run(_walking(search.dialect, search.names, sight, *shape), limit=limit + 1, **within))
    if search.blind:
        rows += search.run(_walking(search.dialect, search.names, Sight.HIDDEN, *shape), limit=limit + 1, **within)
        rows.sort(key=lambda row: _place(_key(row), sort), reverse=sort.descends)
    if len(rows) > limit:
        return Found(rows[:limit], _key(rows[limit - 1]), keys=[_key(row) for row in rows[:limit]])
    return Found(rows, bound, bound is not None, [_key(row) for row in rows])


def _bound(search: Search, sort: Sort, places: dict[str, int]) -> Key | None:
    """Return the place in a list to which a walk goes; None where it comes to the end of the list.

    Told by the index of one of the filters alone, so that no more claims than that are read, whatever the others are.
    """
    near = _nth_key(search, sort, places, min(APART_WALKED, WALKED))
    if near is None:
        return None
    if sort.by_update:
        newest = 0 if places or not sort.descends else search.connection.execute(_TOP).scalar() or 0
        if abs(places.get("after_1", newest) - near[0]) > APART * APART_WALKED:
            return near
    return _nth_key(search, sort, places, WALKED)


def _nth_key(search: Search, sort: Sort, places: dict[str, int], nth: int) -> Key | None:
    driving = next((name for name in DRIVING if name in search.names), None)
    found = search.run(_nth(driving, sort, bool(places)), skipped=nth - 1, **places)
    return _key(found[0]) if found else None


def _count_walking(search: Search, bound: Key | None, most: int) -> int:
    within = {"bound_1": bound[0], "bound_2": bound[1]} if bound else {}
    statement = _counted_walk(search.dialect, search.names, bound is not None, search.query.shape)
    found: int = search.run(statement, limit=most, **within)[0][0]
    return found


def _of_few(search: Search, few: Sequence[int] | None = None) -> Sequence[Any]:
    """Return those of a few claims that the filters leave: what orders them, and their words."""
    listed = orjson.dumps(search.few if few is None else list(few)).decode()
    return search.run(_narrowed(search.dialect, search.names, search.blind), hits=listed)


def _ranked(search: Search, rows: Sequence[Any], after: Sequence[Any] | None) -> list[tuple[float, int]]:
    """Return scores, the best first, and the newest of equals: those behind `after`."""
    sought = [needle(phrase) for phrase in search.query.wanted]
    ranked = sorted((-score(row.words, sought), -row.seq) for row in rows)
    if after is not None:
        there = (-after[0], -after[1])
        ranked = [each for each in ranked if each > there]
    return [(-value, -seq) for value, seq in ranked]


def _fetched(search: Search, keys: Sequence[Key]) -> tuple[list[Any], list[Key]]:
    """Return the rows of claims, whose places end their keys, in this order, and the keys.

    Those that were withdrawn since they were found are left out.
    """
    seqs = [key[-1] for key in keys]
    rows = {row.seq: row for row in search.connection.execute(_ROWS, {"seqs": seqs})} if seqs else {}
    there = [key for key in keys if key[-1] in rows]
    return [rows[key[-1]] for key in there], there


def _key(row: Any) -> Key:
    return [row.changed_index, row.seq]


def _place(key: Key, sort: Sort) -> Key:
    """Return what of a key says where it stands in a list of this order."""
    return key if sort.by_update else key[-1:]


@lru_cache(maxsize=1024)
def _walking(
    dialect: str, names: Names, sight: Sight, sort: Sort, continues: bool, bounded: bool, shape: tuple[int, int],
    light: bool,
) -> Any:  # fmt: skip
    """Return the statement of a walk: along the list's order, from a place to another one, as far as the limit."""
    claim = narrowing.hidden_claims() if sight.few else Claim
    statement = narrowing.page(names, sort, continues, sight, LIGHT if light else WHOLE)
    if bounded:
        order = narrowing.order_of(names, sort, claim)
        here: Any = tuple_(*order) if sort.by_update else order[0]
        there: Any = tuple_(bindparam("bound_1"), bindparam("bound_2")) if sort.by_update else bindparam("bound_2")
        statement = statement.where(here >= there if sort.descends else here <= there)
    return statement.where(holds(dialect, shape, "hidden" if sight.few else "claims"))


@lru_cache(maxsize=512)
def _counted_walk(dialect: str, names: Names, bounded: bool, shape: tuple[int, int]) -> Any:
    walked = _walking(dialect, names, Sight.PLAIN, Sort.UPDATED_LAST, False, bounded, shape, True)
    return select(func.count()).select_from(walked.subquery("counted"))


_nth = lru_cache(maxsize=64)(narrowing.nth)


@lru_cache(maxsize=512)
def _of_hidden(dialect: str, names: Names, sight: Sight, shape: tuple[int, int]) -> Any:
    hidden = narrowing.hidden_claims()
    return select(hidden.seq).where(*narrowing.conditions(names, sight, hidden), holds(dialect, shape, "hidden"))


@lru_cache(maxsize=512)
def _narrowed(dialect: str, names: Names, blind: bool) -> Any:
    """Return the statement of a few claims, found before anything else is looked at (see `hidden_claims`)."""
    columns = (column for column in Claim.__table__.columns if column.name not in ("document", "etag"))
    few = aliased(Claim, select(*columns).where(Claim.seq.in_(among(dialect))).limit(2**40).subquery("few"))
    sight = Sight.EITHER if blind else Sight.PLAIN
    return select(few.changed_index, few.seq, few.words).where(*narrowing.conditions(names, sight, few))


# The filters that have an index in the order of lists, the rarer first.
DRIVING = ("source", "tag", "article", "origin", "reviewed_by", "kind", "status", "attribution_status")
_TOP = select(func.max(Claim.changed_index)).where(Claim.withdrawn_at.is_(None))
LIGHT = ("changed_index", "seq", "words")
WHOLE = tuple(column.key for column in ROW)
_ROWS = select(*ROW).where(Claim.seq.in_(bindparam("seqs", expanding=True)), Claim.withdrawn_at.is_(None))
