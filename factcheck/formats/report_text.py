"""The Markdown of reports as HTML: CommonMark with tables, and headings below the page's own.

HTML in it is shown as it is written, and of a picture only its words. What is made of it passes a sanitizer all the
same.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}


def definitions(text: str) -> dict[str, Any]:
    """Return what the links of a text may name, for `html` of its parts."""
    found: dict[str, Any] = {}
    _MARKDOWN.parse(text, found)
    return found


def html(text: str, defined: dict[str, Any]) -> str:
    """Return Markdown as HTML, whose headings begin at h2. `defined` are the definitions of the text it is part of."""
    written: str = _MARKDOWN.render(text, defined)
    return nh3.clean(
        written,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noreferrer noopener",
    )


def beginning(text: str, most: int = 200) -> str:
    """Return the first paragraph of a text without its marks, cut to so many characters; empty where there is none."""
    tokens = _MARKDOWN.parse(text)
    for before, token in pairwise(tokens):
        if before.type == "paragraph_open" and token.type == "inline":
            words = "".join(each.content or " " for each in token.children or () if not each.type.endswith("_open"))
            words = " ".join(words.split())
            if words:
                return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"
    return ""


def _lower(state: StateCore) -> None:
    """Put headings one level lower: h1 is the report's title."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"


def _linked(_: Any, tokens: Sequence[Any], at: int, *__: Any) -> str:
    """Write a picture as its words: readers' browsers fetch nothing from elsewhere."""
    content: str = tokens[at].content
    return nh3.clean_text(content)


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["html_block", "html_inline"])
_MARKDOWN.core.ruler.push("lower", _lower)
_MARKDOWN.add_render_rule("image", _linked)
