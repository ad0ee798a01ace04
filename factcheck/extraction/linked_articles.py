"""What a page says of its article in JSON-LD (schema.org), which outlets write for search engines."""

import json
from collections.abc import Iterator
from typing import Any

from factcheck.extraction.values import day, fit, language, line

BLOCKS = 50
MOST = 2000  # objects that are looked at
KINDS = {
    "Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "BackgroundNewsArticle", "BlogPosting",
    "LiveBlogPosting", "OpinionNewsArticle", "ReviewNewsArticle", "AskPublicNewsArticle", "Report",
}  # fmt: skip


def article(blocks: list[str]) -> dict[str, str]:
    """Return what is said of the first article in some blocks: of the fields of an extract, those that are there."""
    found = next(_articles(blocks), None)
    if found is None:
        return {}
    said = {
        "title": line(found.get("headline"), 1000),
        "author": "; ".join(_names(found.get("author")))[:500] or None,
        "published_on": day(found.get("datePublished")),
        "language": language(_name(found.get("inLanguage"))),
        "outlet": next(_names(found.get("publisher")), None),
        "text": fit(found["articleBody"]) if isinstance(found.get("articleBody"), str) else None,
    }
    return {name: value for name, value in said.items() if value}


def _articles(blocks: list[str]) -> Iterator[dict[str, Any]]:
    left = MOST
    for block in blocks[:BLOCKS]:
        try:
            waiting: list[Any] = [json.loads(block, strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting and left:
            left -= 1
            thing = waiting.pop(0)
            if isinstance(thing, list):
                waiting[:0] = thing
            elif isinstance(thing, dict):
                kinds = thing.get("@type")
                if KINDS.intersection(each for each in (kinds if isinstance(kinds, list) else [kinds])
                                      if isinstance(each, str)):  # fmt: skip
                    yield thing
                waiting += [thing[name] for name in ("@graph", "mainEntity", "mainEntityOfPage") if name in thing]


def _names(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        name = line(_name(each), 200)
        if name:
            yield name


def _name(value: Any) -> Any:
    return value.get("name") if isinstance(value, dict) else value
