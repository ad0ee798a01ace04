"""Pages and counts of what the search index finds: claims, articles and sources by their `seq`.

By an order of the list, a page begins behind the key of the last hit. Best first, a key is how many hits came before
and which was the last of them: where others came or went since, the page still begins behind that one.

Of hits that are equally good the newest come first, as long as no more than EQUALS are; others come as the engine has
them, and it gives no better order for what only begins like a word: that comes as it was entered, the newest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection
from tantivy import Order
from tantivy import Query as Asked

from factcheck.followers.search import asking
from factcheck.followers.search.engine import changed_of, place_of
from factcheck.followers.search.views import View
from factcheck.queries import narrowing
from factcheck.queries.narrowing import Key, Names, Sight, Sort
from factcheck.rules.text.queries import Query
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.sources import Source

EQUALS = 200
DRIFT = 0.5  # of a score: by so much, and no more, it changes with what else is in the index


@dataclass(frozen=True)
class Hits:
    """A page: the `seq` of each hit, the key of a page that begins behind it, and the key of the next page."""

    seqs: list[int]
    keys: list[Key]
    next: Key | None


def best(view: View, asked: Asked, after: Key | None, limit: int) -> Hits:
    """Return a page, the best first. A key is how many hits came before it, and the last one with its score."""
    before, score, last = after if after else (0, 0.0, None)
    first = max(0, before - EQUALS)
    most = before - first + limit + 1 + EQUALS
    found = view.scored(asked, offset=first, limit=most)
    hits = _settled(found, begins=first == 0, ends=len(found) < most)
    begin = before - first
    if (there := next((at for at, hit in enumerate(hits) if hit[1] == last), None)) is not None:
        begin = there + 1 if abs(hits[there][0] - score) <= DRIFT * score else begin
    shown = hits[begin : begin + limit]
    keys: list[Key] = [[first + begin + at + 1, *hit] for at, hit in enumerate(shown)]
    return Hits([seq for _, seq in shown], keys, keys[-1] if shown and len(hits) > begin + limit else None)


def _settled(found: Sequence[tuple[float, int]], *, begins: bool, ends: bool) -> list[tuple[float, int]]:
    """Put the newest of few equals first. Those at an edge that is no end may be more than are seen here."""
    groups = [list(group) for _, group in groupby(found, key=lambda hit: hit[0])]
    last = len(groups) - 1
    for at, group in enumerate(groups):
        whole = (begins or at > 0) and (ends or at < last)
        if whole and len(group) <= EQUALS:
            group.sort(key=lambda hit: -hit[1])
    return [hit for group in groups for hit in group]


def ordered(view: View, asked: Asked, sort: Sort, after: Key | None, limit: int) -> Hits:
    """Return a page in an order of the list."""
    field = "changed" if sort.by_update else "seq"
    if after is not None:
        place = place_of(after[0], after[-1]) if sort.by_update else after[-1]
        asked = asking.both(asked, asking.beyond(field, place, below=sort.descends))
    places = view.ordered(asked, field, Order.Desc if sort.descends else Order.Asc, limit + 1)
    keys: list[Key] = [list(changed_of(place)) if sort.by_update else [0, place] for place in places[:limit]]
    return Hits([key[-1] for key in keys], keys, keys[-1] if len(places) > limit else None)


def claims_that_hold(
    connection: Connection, view: View, query: Query, names: Names, values: dict[str, Any], *, blind: bool
) -> Asked:
    """Return what finds the claims that hold a query and pass the filters, as the person `viewer` sees them.

    Verdicts that are hidden from them are asked after the index was read: what was hidden when it was read either still
    is, or was opened to everybody since. Those claims are found by what is shown of them.
    """
    holding = asking.of_query(query, asking.CLAIMS, view.languages)
    filters = _filters(connection, names, values)
    narrowed = asking.both(holding, *filters) if filters else holding
    if "unassigned" in names:
        narrowed = asking.without(narrowed, asking.among(connection.execute(_ASSIGNED["unassigned"]).scalars()))
    if not blind:
        return narrowed
    hidden = connection.execute(_HIDDEN, values).scalars().all()
    shown = connection.execute(_shown(names), values).scalars().all() if hidden else ()
    if not hidden:
        return narrowed
    return asking.any_of([asking.without(narrowed, asking.among(hidden)), asking.both(holding, asking.among(shown))])


def _filters(connection: Connection, names: Names, values: dict[str, Any]) -> list[Asked]:
    found = []
    for name in sorted(names - {"unassigned"}):
        value = values[name]
        if name in ("status", "attribution_status"):
            found.append(asking.any_of([asking.holds(name, each) for each in value]))
        elif name in ("source", "origin"):
            # Merged into another one, it is found as that one.
            value = connection.execute(_CANONICAL, {"id": value}).scalar()
            found.append(asking.holds(name, value))
        elif name == "updated_since":
            first = connection.execute(_FIRST, {"updated_since": value}).scalar()
            found.append(Asked.empty_query() if first is None else asking.from_on("changed", place_of(first, 0)))
        elif name in _ASSIGNED:
            # Assignments change without the claim, and there are few: they are not in the index.
            found.append(asking.among(connection.execute(_ASSIGNED[name], {name: value}).scalars()))
        else:
            found.append(asking.holds(name, value))
    return found


def those_outlets(connection: Connection, outlet: str) -> Asked:
    """Return what finds the articles of an outlet, and of those that are the same source as it by now."""
    same = connection.execute(_SAME, {"id": outlet}).scalars().all()
    return asking.any_of([asking.holds("outlet", each) for each in same])


def _shown(names: Names) -> Any:
    hidden = narrowing.hidden_claims()
    return select(hidden.seq).where(*narrowing.conditions(names, Sight.HIDDEN, hidden))


def in_place(seqs: Sequence[int], rows: Sequence[Any]) -> list[Any]:
    """Return rows in the order of their `seq`; those that are gone since they were found are left out."""
    there = {row.seq: row for row in rows}
    return [there[seq] for seq in seqs if seq in there]


_ASSIGNED = {name: select(Claim.seq).where(narrowing.assigned(name)) for name in narrowing.OF_ASSIGNMENT}
_HIDDEN = select(narrowing.hidden_claims().seq)
_CANONICAL = select(Source.canonical_id).where(Source.id == bindparam("id"))
_SAME = select(Source.id).where(Source.canonical_id == _CANONICAL.scalar_subquery())
_FIRST = select(func.min(Revision.log_index)).where(Revision.at >= bindparam("updated_since", type_=Instant))
