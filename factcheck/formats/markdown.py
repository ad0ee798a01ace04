"""Markdown (CommonMark) as HTML: no HTML of its own, no pictures and no headings, which would be those of the page.

HTML in it is shown as it is written. What is made of it passes a sanitizer all the same.
"""

import re
from collections.abc import Container, Iterator
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from factcheck.rules.names import mentions

TAGS = {"a", "b", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
ATTRIBUTES = {"a": {"href"}, "b": {"class"}, "ol": {"start"}}
_URL = re.compile(r"https?://[^\s<>\"]*[^\s<>\"'’”.,:;!?)\]]")


def html(text: str, named: Container[str] = ()) -> str:
    """Return a text as HTML, in which those of these folded names that it mentions are marked, and URLs are links."""
    written: str = _MARKDOWN.render(text, {"named": named})
    return nh3.clean(
        written,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noreferrer noopener nofollow",
    )


def _mark(state: StateCore) -> None:
    """Take plain text apart where it mentions somebody, or has a URL."""
    for block in state.tokens:
        inside = 0
        found: list[Token] = []
        for token in block.children or ():
            inside += (token.type == "link_open") - (token.type == "link_close")
            plain = token.type == "text" and not inside
            found += _pieces(token.content, state.env["named"]) if plain else [token]
        if block.children:
            block.children = found


def _pieces(text: str, named: Container[str]) -> Iterator[Token]:
    links = [(found.start(), found.end(), "url") for found in _URL.finditer(text)]
    names = [
        (begin, end, "mention")
        for begin, end, _ in mentions.places(text, named)
        if not any(start < end and begin < stop for start, stop, _ in links)
    ]
    at = 0
    for begin, end, kind in sorted([*links, *names]):
        yield Token("text", "", 0, content=text[at:begin])
        yield Token(kind, "", 0, content=text[begin:end])
        at = end
    yield Token("text", "", 0, content=text[at:])


_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["heading", "lheading", "image", "html_block", "html_inline"]
)
_MARKDOWN.core.ruler.push("mark", _mark)
_MARKDOWN.add_render_rule("url", lambda _, tokens, at, *__: '<a href="{0}">{0}</a>'.format(escape(tokens[at].content)))
_MARKDOWN.add_render_rule("mention", lambda _, tokens, at, *__: f'<b class="mention">{escape(tokens[at].content)}</b>')
