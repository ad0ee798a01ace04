"""The article of a web page: its text without menus, banners and teasers, and what the page says of it."""

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import lxml.html
import trafilatura

from factcheck.extraction import bodies, days, linked_articles, refusals
from factcheck.extraction.values import day, fit, language, line
from factcheck.rules.languages.guessing import language_of
from factcheck.rules.web.fetches import Failure

MUCH_MORE = 1.5  # times as many characters: then the page's JSON-LD has text that its HTML hides
NO_TEXT = ["//nav", "//figcaption"]
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")


class Unfit(Exception):
    """Nothing can be extracted. `failure` says why."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure, self.detail = failure, detail


def extracted(page: str, url: str) -> dict[str, str | None]:
    """Return the fields of an extract. Raises Unfit."""
    if page.count("<") > refusals.TAGS:
        raise Unfit(Failure.TOO_COMPLEX, refusals.TOO_MANY_TAGS)
    try:
        tree = lxml.html.document_fromstring(_DECLARATION.sub("", page, count=1))
    except (lxml.etree.ParserError, ValueError):
        raise Unfit(Failure.NO_TEXT, refusals.PAGE_EMPTY) from None
    blocks = [each.text or "" for each in tree.iter("script") if "ld+json" in (each.get("type") or "").lower()]
    meta = _Meta(tree)
    canonical = _canonical(tree, url)
    headings = [words for each in tree.iter("h1") if (words := line(each.text_content(), 1000))]
    linked = linked_articles.article(
        blocks, [*headings, line(meta.get("og:title"), 1000) or ""], [url, *filter(None, [canonical])]
    )
    declared = language(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"))
    dated = days.lines(tree)
    title = linked.get("title") or _title(meta, headings)
    bodies.remove_other_articles(tree, title)
    bodies.mark_body(tree)
    found = trafilatura.bare_extraction(
        tree, url=url, include_comments=False, include_tables=True, with_metadata=True,
        date_extraction_params=days.OF_TRAFILATURA, prune_xpath=NO_TEXT,
    )  # fmt: skip
    text = fit(found.text or "") if isinstance(found, trafilatura.settings.Document) else ""
    hidden = linked.get("text", "")
    if len(hidden) > MUCH_MORE * len(text):
        text = hidden
    if not text:
        raise Unfit(Failure.NO_TEXT, refusals.NOTHING_FOUND)
    return {
        "text": text,
        "title": title or line(getattr(found, "title", None), 1000) or next(iter(headings), None),
        "author": linked.get("author") or line(getattr(found, "author", None), 500),
        "published_on": linked.get("published_on") or day(getattr(found, "date", None)) or days.first(dated),
        "language": declared or linked.get("language") or language(meta.get("og:locale")) or language_of(text[:20_000]),
        "outlet": linked.get("outlet") or line(meta.get("og:site_name"), 200) or _outlet(found, url),
        "canonical_url": canonical,
    }


class _Meta:
    """The meta elements of a page: the first of each name."""

    def __init__(self, tree: Any) -> None:
        self._said: dict[str, str] = {}
        for each in tree.iter("meta"):
            name = (each.get("property") or each.get("name") or "").lower()
            self._said.setdefault(name, each.get("content") or "")

    def get(self, name: str) -> str | None:
        return self._said.get(name)


def _title(meta: _Meta, headings: list[str]) -> str | None:
    """Return the title: what the page gives to those who share it, without the outlet's name, or its only heading."""
    shared = line(meta.get("og:title"), 1000)
    if len(headings) == 1 and (shared is None or shared.startswith(headings[0])):
        return headings[0]
    if shared is not None:
        return next((each for each in headings if shared.startswith(each)), shared)
    return None


def _outlet(found: Any, url: str) -> str | None:
    named = line(getattr(found, "sitename", None), 200)
    return named or (urlsplit(url).hostname or "").removeprefix("www.") or None


def _canonical(tree: Any, url: str) -> str | None:
    """Return the address that the page gives as its own, if it is one of the same host."""
    for each in tree.iter("link"):
        if "canonical" in (each.get("rel") or "").lower().split() and each.get("href"):
            try:
                there = urljoin(url, each.get("href").strip())
                same = _site(there) == _site(url)
            except ValueError:
                return None
            fine = there.startswith(("http://", "https://")) and len(there) <= 2000 and there.isprintable()
            return there if same and fine and " " not in there else None
    return None


def _site(url: str) -> str:
    host = urlsplit(url).hostname or ""
    return host.removeprefix("www.").removeprefix("m.").removeprefix("amp.")
