"""Articles that the desk has already: those at an address of the same page, or with the same text."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.errors import Exists
from factcheck.messages import message
from factcheck.rules.web.urls import url_key
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.captures import Capture

MOST = 5
Json = dict[str, Any]


def found(connection: Connection, urls: Collection[str | None], text: str | None) -> list[Json]:
    """Return the articles at one of these addresses or with this text in any snapshot, and which of the two it was."""
    keys = {key for key in map(url_key, urls) if key is not None}
    there: dict[str, Json] = {}
    if keys:
        by_url = _ARTICLES.where(Article.url_key.in_(keys)).order_by(Article.seq).limit(MOST)
        for row in connection.execute(by_url):
            there[row.id] = _json(row) | {"same": ["url"]}
    if text is not None:
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        of_text = select(Snapshot.article_id).where(Snapshot.sha256 == sha256)
        for row in connection.execute(_ARTICLES.where(Article.id.in_(of_text)).order_by(Article.seq).limit(MOST)):
            there.setdefault(row.id, _json(row) | {"same": []})["same"].append("text")
    return list(there.values())[:MOST]


def of_capture(connection: Connection, capture: Mapping[str, Any]) -> list[Json]:
    """Return what `found` does for an article that could be made of a capture, given as JSON."""
    urls = {capture["url"], capture["final_url"], capture["canonical_url"]}
    return found(connection, urls, (capture["extracted"] or {}).get("text"))


def demand_new(connection: Connection, fields: Mapping[str, Any]) -> None:
    """Raise Exists if the desk has an article like the fields of a new one."""
    urls = {fields.get("url")}
    capture = fields.get("capture")
    if capture is not None:
        columns = select(Capture.url, Capture.final_url, Capture.canonical_url)
        urls |= set(connection.execute(columns.where(Capture.id == capture.capture_id)).one())
    there = found(connection, urls, fields["text"])
    if there:
        told = message("The desk has an article with this URL and this text already.")
        if there[0]["same"] == ["url"]:
            told = message("The desk has an article with this URL already.")
        elif there[0]["same"] == ["text"]:
            told = message("The desk has an article with this text already.")
        raise Exists(told, id=there[0]["id"], articles=there)


def _json(row: Any) -> Json:
    return {"id": row.id, "title": row.title, "url": row.url}


_ARTICLES = select(Article.id, Article.title, Article.url)
