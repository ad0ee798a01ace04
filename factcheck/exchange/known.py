"""What the desk has already of what an import names."""

from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk.claim_state.new_claims import ArticleSeen
from factcheck.desk.claim_state.texts import wording
from factcheck.rules.imports import LineKind
from factcheck.schemas.base import is_id
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.sources import Source

TABLES: dict[LineKind, type[Source] | type[Article] | type[Claim]] = {
    LineKind.SOURCE: Source,
    LineKind.ARTICLE: Article,
    LineKind.CLAIM: Claim,
}


def ids(connection: Session | Connection, kind: LineKind, names: set[str]) -> dict[str, str]:
    """Return the ids of the things with these names: an external id before an id, and that before a URL."""
    table = TABLES[kind]
    found: dict[str, str] = {}
    if names:
        rows = connection.execute(_BY_EXTERNAL_ID[table], {"names": sorted(names)})
        found.update({row.external_id: row.id for row in rows})
    by_id = {name.lower(): name for name in names - found.keys() if is_id(name)}
    if by_id:
        rows = connection.execute(_BY_ID[table], {"ids": sorted(by_id)})
        found.update({by_id[row.id]: row.id for row in rows})
    if kind is LineKind.ARTICLE:
        found.update(_by_url(connection, names - found.keys()))
    return found


def _by_url(connection: Session | Connection, names: set[str]) -> dict[str, str]:
    """Return the ids of the articles with these URLs: of several with one URL, the one that was entered first."""
    urls = sorted(name for name in names if name.startswith(("http://", "https://")))
    rows = connection.execute(_BY_URL, {"urls": urls}) if urls else ()
    return {row.url: row.id for row in rows}


def lock_articles(session: Session, article_ids: set[str]) -> None:
    """Keep the articles from changing that claims are entered of."""
    if article_ids:
        session.execute(_LOCK_ARTICLES, {"ids": sorted(article_ids)})


def articles(connection: Session | Connection, article_ids: set[str]) -> dict[str, ArticleSeen]:
    """Return articles by id, as far as their claims need them."""
    found = connection.execute(_ARTICLES, {"ids": sorted(article_ids)}) if article_ids else ()
    return {row.id: ArticleSeen(row.id, row.title, row.url, wording(row), row.outlet) for row in found}


def rows(connection: Session | Connection, kind: LineKind, thing_ids: set[str]) -> dict[str, Row[Any]]:
    """Return the rows of things by id, with what an import compares."""
    if not thing_ids:
        return {}
    return {row.id: row for row in connection.execute(_KNOWN[kind], {"ids": sorted(thing_ids)})}


# Built once: composing a statement costs more than running it.
_IDS: Any = bindparam("ids", expanding=True)
_BY_EXTERNAL_ID: dict[Any, Any] = {
    table: select(table.id, table.external_id).where(table.external_id.in_(bindparam("names", expanding=True)))
    for table in TABLES.values()
}
_BY_URL: Any = (
    select(Article.id, Article.url)
    .where(Article.url.in_(bindparam("urls", expanding=True)))
    .order_by(Article.seq.desc())
)
_BY_ID: dict[Any, Any] = {table: select(table.id).where(table.id.in_(_IDS)) for table in TABLES.values()}
_LOCK_ARTICLES = select(Article.id).where(Article.id.in_(_IDS)).order_by(Article.id).with_for_update(read=True)
_outlet = aliased(Source)
_ARTICLES = (
    select(
        Article.id, Article.title, Article.url, Article.snapshot_number, Article.redacted_index,
        _outlet.canonical_id.label("outlet"),
    )
    .outerjoin(_outlet, _outlet.id == Article.outlet_id)
    .where(Article.id.in_(_IDS))
)  # fmt: skip
_KNOWN: dict[LineKind, Any] = {
    LineKind.SOURCE: select(*Source.__table__.columns).where(Source.id.in_(_IDS)),
    LineKind.ARTICLE: (
        select(*Article.__table__.columns, Snapshot.sha256)
        .join(Snapshot, (Snapshot.article_id == Article.id) & (Snapshot.number == Article.snapshot_number))
        .where(Article.id.in_(_IDS))
    ),
    LineKind.CLAIM: select(Claim.id, Claim.document, Claim.withdrawn_at, Claim.created_at).where(Claim.id.in_(_IDS)),
}
