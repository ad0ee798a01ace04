"""Lists: pages that cost the same at any depth, because each begins where the one before it ended.

A page is given by the key of the last item before it. Keys are short lists of numbers and never leave the
desk unsigned (`web/cursors.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection
from tantivy import Query as Asked

from factcheck.desk import articles, sources
from factcheck.desk.access import blindness, masking
from factcheck.desk.claim_state.documents import Json
from factcheck.followers.search import asking
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.queries.narrowing import (
    EXACT,
    Blinded,
    ClaimFilters,
    Key,
    Names,
    Sort,
    at_most,
    counting,
    listed,
    of_seqs,
)
from factcheck.queries.search import hits
from factcheck.rules.text.queries import Query
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.sources import Source

__all__ = ["EXACT", "ClaimFilters", "Key", "Sort"]


@dataclass(frozen=True)
class Page:
    """Items in their order and the key of the next page, None at the end.

    `keys`, of claims that were searched for, are those of pages that begin behind each item; `last`, of all claims,
    behind the last one.
    """

    items: list[Any]
    next: Key | None
    keys: Sequence[Key] = ()
    last: Key | None = None


@dataclass(frozen=True)
class Count:
    """How many items a list has: exact up to EXACT, and at least EXACT when there are `more`."""

    total: int
    more: bool = False


def counted(found: int) -> Count:
    return Count(min(found, EXACT), found > EXACT)


def claims(
    connection: Connection,
    filters: ClaimFilters,
    sort: Sort | None,
    after: Key | None,
    limit: int,
    *,
    viewer: Actor | None = None,
    view: View | None = None,
) -> Page:
    """Return a page of claims as JSON, as `viewer` sees them: one query, one more where second opinions are open.

    Without a `sort` the last updated come first, and with `q`, which needs a `view` of the search index, the best. A
    page of a search may be short though another follows: claims that no longer pass the filters are left out.
    """
    names, bound, blind = _asked(filters, viewer)
    sight = Blinded.MAYBE if blindness.concerns(viewer) else Blinded.NEVER
    if filters.q is not None:
        assert view is not None
        page = _searched(connection, view, filters.q, names, bound, sort, after, limit, blind=blind)
        if sight is Blinded.NEVER:
            page = Page([row.document for row in page.items], page.next, page.keys, page.last)
    else:
        page = _rows(connection, names, bound, sight, sort, after, limit)
    # Asked afterwards: what was not hidden then was open to everybody when it was read.
    if blind and filters.q is None and blindness.any_of(connection, viewer):
        page = _rows(connection, names, bound, Blinded.YES, sort, after, limit)
    if sight is Blinded.NEVER and viewer is not None:
        return page
    if viewer is None:
        return Page(masking.public_documents(connection, page.items), page.next, page.keys, page.last)
    return Page(masking.documents(connection, viewer, page.items), page.next, page.keys, page.last)


def _rows(
    connection: Connection,
    names: Names,
    bound: Json,
    blinded: Blinded,
    sort: Sort | None,
    after: Key | None,
    limit: int,
) -> Page:
    """Return a page of claims' JSON; where something may be hidden, of rows with all of a ROW."""
    values: dict[str, Any] = bound | {"limit": limit + 1}
    if after is not None:
        values |= {"after_1": after[0], "after_2": after[-1]}
    rows = connection.execute(listed(names, sort or Sort.UPDATED_LAST, after is not None, blinded), values).all()
    if blinded is Blinded.NEVER:
        last = list(rows[:limit][-1][1:]) if rows else None
        return Page([document for document, _, _ in rows[:limit]], last if len(rows) > limit else None, last=last)
    last = [rows[:limit][-1].changed_index, rows[:limit][-1].seq] if rows else None
    return Page(list(rows[:limit]), last if len(rows) > limit else None, last=last)


def _searched(
    connection: Connection,
    view: View,
    query: Query,
    names: Names,
    bound: Json,
    sort: Sort | None,
    after: Key | None,
    limit: int,
    *,
    blind: bool,
) -> Page:
    """Return a page of what a search finds: rows with all of a ROW, those that pass the filters as they are now."""
    asked = hits.claims_that_hold(connection, view, query, names, bound, blind=blind)
    if sort is None and query.tells_apart:
        found = hits.best(view, asked, after, limit)
    else:
        found = hits.ordered(view, asked, sort or Sort.CREATED_LAST, after, limit)
    rows = connection.execute(of_seqs(names, blind), bound | {"seqs": found.seqs}).all() if found.seqs else []
    keys = dict(zip(found.seqs, found.keys, strict=True))
    items = hits.in_place(found.seqs, rows)
    return Page(items, found.next, [keys[row.seq] for row in items], found.keys[-1] if found.keys else None)


def count_claims(
    connection: Connection, filters: ClaimFilters, *, viewer: Actor | None = None, view: View | None = None
) -> Count:
    """Return how many claims a list has for `viewer`; of a search, all of them."""
    names, bound, blind = _asked(filters, viewer)
    if filters.q is not None:
        assert view is not None
        return Count(view.count(hits.claims_that_hold(connection, view, filters.q, names, bound, blind=blind)))
    return counted(connection.execute(counting(names, blind), bound).scalar_one())


def _asked(filters: ClaimFilters, viewer: Actor | None) -> tuple[frozenset[str], Json, bool]:
    """Return the names of the filters but for `q`, what they bind, and whether verdicts hidden from `viewer` matter."""
    values = filters.asked_by(viewer)
    values.pop("q", None)
    blind = _asks_blindly(values, viewer)
    names = frozenset(values)
    if blind and viewer is not None:
        values["viewer"] = viewer.id
    return names, values, blind


def _asks_blindly(given: Json, viewer: Actor | None) -> bool:
    return blindness.concerns(viewer) and not given.keys().isdisjoint(("status", "attribution_status", "reviewed_by"))


def list_sources(
    connection: Connection,
    *,
    q: Query | None,
    kind: str | None,
    after: Key | None,
    limit: int,
    view: View | None = None,
) -> Page:
    """Return a page of sources as JSON, the newest first, or with `q` the best; joined ones are left out."""
    statement = select(*Source.__table__.columns).where(*_sources_where(kind))
    as_json = partial(sources.shown, connection)
    if q is not None:
        assert view is not None
        return _best(connection, statement, Source.seq, as_json, view, q, _sought_sources(view, q, kind), after, limit)
    return _newest_first(connection, statement, Source.seq, as_json, after, limit)


def count_sources(connection: Connection, *, q: Query | None, kind: str | None, view: View | None = None) -> Count:
    if q is not None:
        assert view is not None
        return Count(view.count(_sought_sources(view, q, kind)))
    few = select(Source.seq).where(*_sources_where(kind))
    return counted(connection.execute(at_most(few)).scalar_one())


def list_articles(
    connection: Connection,
    *,
    q: Query | None,
    outlet: str | None,
    kind: str | None = None,
    after: Key | None,
    limit: int,
    view: View | None = None,
) -> Page:
    """Return a page of articles as JSON without their texts, the newest first, or with `q` the best."""
    statement = articles.LISTED.where(*_articles_where(outlet, kind))
    if q is not None:
        assert view is not None
        asked = _sought_articles(connection, view, q, outlet, kind)
        return _best(connection, statement, Article.seq, _articles_json, view, q, asked, after, limit)
    return _newest_first(connection, statement, Article.seq, _articles_json, after, limit)


def count_articles(
    connection: Connection, *, q: Query | None, outlet: str | None, kind: str | None = None, view: View | None = None
) -> Count:
    if q is not None:
        assert view is not None
        return Count(view.count(_sought_articles(connection, view, q, outlet, kind)))
    few = select(Article.seq).where(*_articles_where(outlet, kind))
    return counted(connection.execute(at_most(few)).scalar_one())


def _articles_json(rows: Sequence[Any]) -> list[Json]:
    return [articles.as_json(row) for row in rows]


def _sources_where(kind: str | None) -> list[Any]:
    where: list[Any] = [Source.merged_into_id.is_(None)]
    if kind is not None:
        where.append(Source.kind == kind)
    return where


def _articles_where(outlet: str | None, kind: str | None) -> list[Any]:
    where: list[Any] = [] if kind is None else [Article.kind == kind]
    if outlet is None:
        return where
    now = select(Source.canonical_id).where(Source.id == outlet).scalar_subquery()
    return [*where, Article.outlet_id.in_(select(Source.id).where(Source.canonical_id == now))]


def _sought_sources(view: View, q: Query, kind: str | None) -> Asked:
    asked = asking.of_query(q, asking.SOURCES, view.languages)
    return asked if kind is None else asking.both(asked, asking.holds("kind", kind))


def _sought_articles(connection: Connection, view: View, q: Query, outlet: str | None, kind: str | None) -> Asked:
    asked = asking.of_query(q, asking.ARTICLES, view.languages)
    asked = asked if kind is None else asking.both(asked, asking.holds("kind", kind))
    return asked if outlet is None else asking.both(asked, hits.those_outlets(connection, outlet))


def _best(
    connection: Connection,
    statement: Select[Any],
    seq: Any,
    as_json: Callable[[Sequence[Any]], list[Json]],
    view: View,
    query: Query,
    asked: Asked,
    after: Key | None,
    limit: int,
) -> Page:
    if query.tells_apart:
        found = hits.best(view, asked, after, limit)
    else:
        found = hits.ordered(view, asked, Sort.CREATED_LAST, after, limit)
    rows = connection.execute(statement.where(seq.in_(found.seqs))).all() if found.seqs else []
    return Page(as_json(hits.in_place(found.seqs, rows)), found.next)


def _newest_first(
    connection: Connection,
    statement: Select[Any],
    seq: Any,
    as_json: Callable[[Sequence[Any]], list[Json]],
    after: Key | None,
    limit: int,
) -> Page:
    if after is not None:
        statement = statement.where(seq < after[0])
    rows = connection.execute(statement.order_by(seq.desc()).limit(limit + 1)).all()
    return Page(as_json(rows[:limit]), [rows[limit - 1].seq] if len(rows) > limit else None)
