"""What a search found in each item of a page: an excerpt with the hits marked."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from factcheck.rules.text.excerpts import READ, excerpt
from factcheck.rules.text.queries import Query
from factcheck.storage.tables.articles import Article, Snapshot

Json = dict[str, Any]
PAGE = 1_000_000  # folded letters of all texts of a page that are looked at: 5000 of each, at least


def of_claims(connection: Connection, documents: Sequence[bytes], query: Query) -> list[Json | None]:
    """Return an excerpt of each claim's text, or of the first quote that holds a hit; None where none does.

    A claim is found by its text and quotes together: words that stand apart are marked in the first of them.
    """
    claims = [orjson.loads(document) for document in documents]
    ids = {claim["article_id"] for claim in claims}
    languages = {row.id: row.language for row in connection.execute(_LANGUAGES, {"ids": sorted(ids)})} if ids else {}
    most = _share(documents)
    return [
        _of(
            (("text", claim["text"]), *(("quotes", quote["exact"]) for quote in claim["quotes"])),
            query,
            most,
            languages.get(claim["article_id"]),
        )
        for claim in claims
    ]


def of_sources(sources: Sequence[Json], query: Query) -> list[Json | None]:
    """Return an excerpt of each source's name, alias or description."""
    return [
        _of(
            (
                ("name", source["name"]),
                *(("aliases", alias) for alias in source["aliases"]),
                ("description", source["description"]),
            ),
            query,
            _share(sources),
        )
        for source in sources
    ]


def of_articles(connection: Connection, articles: Sequence[Json], query: Query) -> list[Json | None]:
    """Return an excerpt of each article's title, author or text; the texts are read where the others hold no hit."""
    told = [
        _of((("title", each["title"]), ("author", each["author"])), query, READ, each["language"]) for each in articles
    ]
    missing = [each["id"] for each, found in zip(articles, told, strict=True) if found is None]
    most = _share(missing)
    rows = connection.execute(_TEXTS, {"ids": missing, "most": most}) if missing else ()
    texts = {row.id: row.text for row in rows}
    return [
        found or _of((("text", texts.get(each["id"])),), query, most, each["language"])
        for each, found in zip(articles, told, strict=True)
    ]


def _share(items: Sequence[Any]) -> int:
    """Return how much of each item's texts is looked at, so that a page of long ones takes no longer than one."""
    return min(READ, PAGE // max(len(items), 1))


def _of(fields: Iterable[tuple[str, str | None]], query: Query, most: int, language: str | None = None) -> Json | None:
    for name, text in fields:
        found = excerpt(text, query.wanted, most, language) if text and most > 0 else None
        if found:
            return {"field": name, "text": found.text, "marks": [list(mark) for mark in found.marks]}
        most -= len(text or "")
    return None


_LANGUAGES = select(Article.id, Article.language).where(Article.id.in_(bindparam("ids", expanding=True)))
_TEXTS = (
    select(Article.id, func.substr(Snapshot.text, 1, bindparam("most")).label("text"))
    .join(Snapshot, (Snapshot.article_id == Article.id) & (Snapshot.number == Article.snapshot_number))
    .where(Article.id.in_(bindparam("ids", expanding=True)))
)
