"""What a page says of its article in JSON-LD (schema.org), which outlets write for search engines."""

import html
import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from factcheck.extraction.values import day, fit, language, line

BLOCKS = 50
MOST = 2000  # objects that are looked at
KINDS = {
    "Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "BackgroundNewsArticle", "BlogPosting",
    "LiveBlogPosting", "OpinionNewsArticle", "ReviewNewsArticle", "AskPublicNewsArticle", "Report",
}  # fmt: skip
_BLOCK = re.compile(r"</?(?:p|div|br|h[1-6]|li|ul|ol|blockquote)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE)
_INLINE = re.compile(r"</?(?:a|b|i|em|strong|span|u|sup|sub|q|cite|mark|small)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE)


def article(blocks: list[str], headings: Collection[str] = (), urls: Collection[str] = ()) -> dict[str, str]:
    """Return what is said of the page's article in some blocks: of the fields of an extract, those that are there.

    Pages describe other articles too. The page's own has its heading or its URL; if none has, it is the first.
    """
    articles = list(_articles(blocks))
    own = [each for each in articles if _words(each.get("headline"), 1000) in headings or _addresses(each) & set(urls)]
    found = next(iter(own or articles), None)
    if found is None:
        return {}
    body = found.get("articleBody")
    said = {
        "title": _words(found.get("headline"), 1000),
        "author": "; ".join(_names(found.get("author")))[:500] or None,
        "published_on": day(found.get("datePublished")),
        "language": language(_name(found.get("inLanguage"))),
        "outlet": next(_names(found.get("publisher")), None),
        "text": _without_markup(body) if isinstance(body, str) else None,
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


def _addresses(thing: dict[str, Any]) -> set[str]:
    page = thing.get("mainEntityOfPage")
    said = [thing.get("url"), thing.get("@id"), page.get("@id") if isinstance(page, dict) else page]
    return {each for each in said if isinstance(each, str)}


def _names(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        name = _words(_name(each), 200)
        if name:
            yield name


def _name(value: Any) -> Any:
    return value.get("name") if isinstance(value, dict) else value


def _words(value: Any, longest: int) -> str | None:
    """Return a value in one line. Outlets write entities of HTML into JSON too."""
    return line(html.unescape(value[: 10 * longest]), longest) if isinstance(value, str) else None


def _without_markup(text: str) -> str:
    """Return a text without the elements of HTML that some outlets write into it."""
    if _BLOCK.search(text):
        text = "\n".join(filter(None, map(str.strip, _BLOCK.sub("\n", _INLINE.sub("", text)).split("\n"))))
    return fit(html.unescape(text))
