"""Lists: pages that cost the same at any depth, because each begins where the one before it ended.

A page is given by the key of the last item before it. Keys are short lists of numbers and never leave the
desk unsigned (`web/cursors.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from factcheck.desk import articles, sources
from factcheck.desk.access import blindness, masking
from factcheck.desk.claim_state.documents import Json
from factcheck.errors import Unauthenticated
from factcheck.log.actors import Actor
from factcheck.queries.narrowing import EXACT, Blinded, ClaimFilters, Key, Names, Sort, at_most, counting, listed
from factcheck.queries.search import hits
from factcheck.queries.search.hits import Search
from factcheck.storage.fulltext import Query, matches
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.sources import Source

__all__ = ["EXACT", "ClaimFilters", "Key", "Sort"]


@dataclass(frozen=True)
class Page:
    """Items in their order and the key of the next page, None at the end.

    `cut`: there may be more hits, behind this page, than were ranked or looked at for it. `keys`, of claims that were
    searched for, are those of pages that begin behind each item; `last`, of all claims, behind the last one.
    """

    items: list[Any]
    next: Key | None
    cut: bool = False
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
) -> Page:
    """Return a page of claims as JSON, as `viewer` sees them: one query, one more where second opinions are open.

    Without a `sort` the last updated come first, and with `q` the best: see `hits` for what is ranked, and for
    pages that are short though another follows.
    """
    names, bound, blind = _asked(filters, viewer)
    sight = Blinded.MAYBE if blindness.concerns(viewer) else Blinded.NEVER
    page = _rows(connection, filters.q, names, bound, sight, sort, after, limit)
    # Asked afterwards: what was not hidden then was open to everybody when it was read.
    if blind and blindness.any_of(connection, viewer):
        page = _rows(connection, filters.q, names, bound, Blinded.YES, sort, after, limit)
    if sight is Blinded.NEVER and viewer is not None:
        return page
    if viewer is None:
        return Page(masking.public_documents(connection, page.items), page.next, page.cut, page.keys, page.last)
    return Page(masking.documents(connection, viewer, page.items), page.next, page.cut, page.keys, page.last)


def _rows(
    connection: Connection,
    q: Query | None,
    names: Names,
    bound: Json,
    blinded: Blinded,
    sort: Sort | None,
    after: Key | None,
    limit: int,
) -> Page:
    """Return a page of claims' JSON; where something may be hidden, of rows with all of a ROW."""
    if q is not None:
        found = hits.page(Search(connection, q, names, bound, blinded is Blinded.YES), sort, after, limit)
        items = [row.document for row in found.rows] if blinded is Blinded.NEVER else list(found.rows)
        return Page(items, found.next, found.cut, found.keys, found.keys[-1] if found.keys else None)
    values: dict[str, Any] = bound | {"limit": limit + 1}
    if after is not None:
        values |= {"after_1": after[0], "after_2": after[-1]}
    rows = connection.execute(listed(names, sort or Sort.UPDATED_LAST, after is not None, blinded), values).all()
    if blinded is Blinded.NEVER:
        last = list(rows[:limit][-1][1:]) if rows else None
        return Page([document for document, _, _ in rows[:limit]], last if len(rows) > limit else None, last=last)
    last = [rows[:limit][-1].changed_index, rows[:limit][-1].seq] if rows else None
    return Page(list(rows[:limit]), last if len(rows) > limit else None, last=last)


def count_claims(connection: Connection, filters: ClaimFilters, *, viewer: Actor | None = None) -> Count:
    """Return how many claims a list has for `viewer`."""
    names, bound, blind = _asked(filters, viewer)
    if filters.q is not None:
        return Count(*hits.count(Search(connection, filters.q, names, bound, blind)))
    return counted(connection.execute(counting(names, blind), bound).scalar_one())


def _asked(filters: ClaimFilters, viewer: Actor | None) -> tuple[frozenset[str], Json, bool]:
    """Return the names of the filters but for `q`, what they bind, and whether verdicts hidden from `viewer` matter."""
    if viewer is None and filters.reviewed_by is not None:
        raise Unauthenticated("Filtering by a person needs a token, because the reviewers are not public.")
    values = filters.given()
    values.pop("q", None)
    blind = _asks_blindly(values, viewer)
    names = frozenset(values)
    if blind and viewer is not None:
        values["viewer"] = viewer.id
    return names, values, blind


def _asks_blindly(given: Json, viewer: Actor | None) -> bool:
    return blindness.concerns(viewer) and not given.keys().isdisjoint(("status", "attribution_status", "reviewed_by"))


def list_sources(connection: Connection, *, q: Query | None, kind: str | None, after: Key | None, limit: int) -> Page:
    """Return a page of sources as JSON, the newest first; merged ones are left out."""
    statement = select(*Source.__table__.columns).where(*_sources_where(connection, q, kind))
    return _newest_first(connection, statement, Source.seq, _spelt(connection, q), sources.as_json, after, limit)


def count_sources(connection: Connection, *, q: Query | None, kind: str | None) -> Count:
    few = select(Source.seq).where(*_sources_where(connection, q, kind))
    return counted(connection.execute(at_most(few), _spelt(connection, q)).scalar_one())


def list_articles(
    connection: Connection, *, q: Query | None, outlet: str | None, after: Key | None, limit: int
) -> Page:
    """Return a page of articles as JSON without their texts, the newest first."""
    statement = articles.LISTED.where(*_articles_where(connection, q, outlet))
    return _newest_first(connection, statement, Article.seq, _spelt(connection, q), articles.as_json, after, limit)


def count_articles(connection: Connection, *, q: Query | None, outlet: str | None) -> Count:
    few = select(Article.seq).where(*_articles_where(connection, q, outlet))
    return counted(connection.execute(at_most(few), _spelt(connection, q)).scalar_one())


def _spelt(connection: Connection, q: Query | None) -> dict[str, Any]:
    return {} if q is None else {"q": q.spelt_for(connection.dialect.name)}


def _sources_where(connection: Connection, q: Query | None, kind: str | None) -> list[Any]:
    where: list[Any] = [Source.merged_into_id.is_(None)]
    if kind is not None:
        where.append(Source.kind == kind)
    if q is not None:
        where.append(matches(connection.dialect.name, "sources"))
    return where


def _articles_where(connection: Connection, q: Query | None, outlet: str | None) -> list[Any]:
    where: list[Any] = []
    if outlet is not None:
        now = select(Source.canonical_id).where(Source.id == outlet).scalar_subquery()
        where.append(Article.outlet_id.in_(select(Source.id).where(Source.canonical_id == now)))
    if q is not None:
        where.append(matches(connection.dialect.name, "articles"))
    return where


def _newest_first(
    connection: Connection,
    statement: Select[Any],
    seq: Any,
    values: Json,
    as_json: Any,
    after: Key | None,
    limit: int,
) -> Page:
    if after is not None:
        statement = statement.where(seq < after[0])
    rows = connection.execute(statement.order_by(seq.desc()).limit(limit + 1), values).all()
    return Page([as_json(row) for row in rows[:limit]], [rows[limit - 1].seq] if len(rows) > limit else None)
