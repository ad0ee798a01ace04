"""Sixty pages of outlets, in nineteen languages: each with its marked text, its title and its date."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import regex

from tests import outlet_templates as made
from tests import outlet_templates_odd as odd
from tests.outlet_templates import Template
from tests.outlet_texts import TEXTS, Text
from tests.pdfs import pdf

# A word; of scripts that write no spaces, and where what belongs together is not agreed, each letter is one.
WORD = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+")
DATELESS = (made.undated, made.plain)


def f1(found: str, marked: str) -> float:
    """Return how much of the words of two texts is in both, from 0 to 1."""
    first, second = (Counter(WORD.findall(each.lower())) for each in (found, marked))
    return 2 * (first & second).total() / (first.total() + second.total())


@dataclass(frozen=True)
class Outlet:
    """A page of a text. `charset` is that of its bytes, `said` that of the header, `meta` that of its meta element."""

    template: Template | None  # None is a PDF
    source: Text
    charset: str = "utf-8"
    said: str | None = "utf-8"
    meta: str | None = None
    path: str = "/a/story.html"

    @property
    def name(self) -> str:
        return f"{self.template.__name__ if self.template else 'pdf'}-{self.source.key}"

    @cached_property
    def html(self) -> str:
        assert self.template is not None
        html = self.template(self.source)
        return html if self.meta is None else html.replace("<head>", f'<head><meta charset="{self.meta}">', 1)

    @cached_property
    def body(self) -> bytes:
        if self.template is None:
            return pdf(self.text, self.title)
        return self.html.encode(self.charset, "xmlcharrefreplace")

    @property
    def media_type(self) -> str:
        if self.template is None:
            return "application/pdf"
        kind = "text/plain" if self.template is made.plain else "text/html"
        return kind if self.said is None else f"{kind}; charset={self.said}"

    @property
    def url(self) -> str:
        return f"https://www.news.example{self.path}"

    @property
    def title(self) -> str:
        return self.source.title

    @property
    def text(self) -> str:
        return self.source.marked

    @property
    def language(self) -> str:
        return self.source.language

    @property
    def published_on(self) -> str | None:
        return None if self.template is None or self.template in DATELESS else self.source.date

    @property
    def author(self) -> str | None:
        """Return the author, if the page says in JSON-LD who it is."""
        return self.source.author if self._says('"@type": "Person"') else None

    @property
    def outlet(self) -> str | None:
        """Return the outlet, if the page says to machines which one it is."""
        return self.source.outlet if self._says("og:site_name", '"publisher": {') else None

    def score(self, found: str | None) -> float:
        """Return F1 of a text that was found. A headline above it is no part of what was marked."""
        return f1((found or "").removeprefix(self.title), self.text)

    def _says(self, *words: str) -> bool:
        return self.template is not None and any(each in self.html for each in words)


def _of(template: Template | None, key: str, first: int | None = None, **given: str | None) -> Outlet:
    return Outlet(template, TEXTS[key] if first is None else TEXTS[key].first(first), **given)  # type: ignore[arg-type]


OUTLETS = (
    _of(made.modern, "barrier"),
    _of(made.plain_meta, "heating", charset="cp1252", said="utf-8"),
    _of(made.time_element, "pool", said="iso-8859-1"),
    _of(made.shown_date, "harbour"),
    _of(made.graph, "scooters"),
    _of(made.old_table, "railway"),
    _of(made.no_language, "windmills", said=None),
    _of(made.simple, "ward", charset="iso-8859-2", said=None, meta="iso-8859-2"),
    _of(made.simple, "tram", charset="cp1251", said="windows-1251"),
    _of(made.simple, "trees", charset="iso-8859-9", said="ISO-8859-9"),
    _of(made.simple, "dam"),
    _of(made.simple, "lighthouse", charset="cp932", said=None, meta="Shift_JIS"),
    _of(made.simple, "lorries", charset="gb18030", said="gb2312"),
    _of(made.hidden, "bathing"),
    _of(made.live, "storm"),
    _of(made.modern, "ballot"),
    _of(made.weblog, "advice"),
    _of(made.plain_meta, "interview"),
    _of(made.hashed, "budget"),
    _of(made.newsletter, "harvest"),
    _of(made.pull_quote, "clinic"),
    _of(made.several_dates, "reservoir"),
    _of(made.amp, "museum"),
    _of(made.wrong_json, "bakery", charset="cp1256", said="utf-8", meta="windows-1256"),
    _of(made.scroll, "snow", charset="euc-jp", said="EUC-JP"),
    _of(made.heavy, "orchard"),
    _of(made.weblog, "lake"),
    _of(odd.divisions, "school"),
    _of(made.undated, "well"),
    _of(made.empty_json, "ferry"),
    _of(made.modern, "bridge", charset="cp949", said=None, meta="euc-kr"),
    _of(odd.others_in_graph, "market", said=None, meta="iso-8859-1"),
    _of(made.microdata, "library", charset="iso-8859-7", said="iso-8859-7"),
    _of(made.print_page, "barrier", path="/2026/03/17/print/story.html"),
    _of(made.teaser, "heating", 3),
    _of(odd.others_first, "pool"),
    _of(made.amp, "harbour", path="/a/story.amp.html"),
    _of(made.shown_date, "scooters"),
    _of(made.shown_date, "trees"),
    _of(odd.markup_in_json, "budget"),
    _of(made.hashed, "tram", charset="koi8-r", said="koi8-r", meta="windows-1251"),
    _of(odd.logo_heading, "museum"),
    _of(made.xhtml, "dam"),
    _of(odd.bare_title, "lighthouse"),
    _of(odd.divisions, "orchard"),
    _of(odd.soup, "well"),
    _of(made.breaks, "interview", charset="cp1252", said="utf-8"),
    _of(odd.long_banner, "heating", said="windows-1252"),
    _of(made.plain, "market"),
    _of(None, "budget"),
    _of(None, "barrier"),
    _of(made.plain, "tram", charset="koi8-r", said="koi8-r"),
    _of(made.print_page, "snow"),
    _of(made.shown_date, "interview"),
    _of(odd.captions, "ferry"),
    _of(made.teaser, "harvest", 3),
    _of(odd.second_article, "lake"),
    _of(odd.captions, "clinic"),
    _of(odd.by_path, "reservoir", path="/2025/08/20/voda/"),
    _of(made.live, "reservoir"),
)
