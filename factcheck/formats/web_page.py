"""The blocks of JSON-LD in a web page, found in one pass over it.

Not by the standard library's parser: on pages made for it, that one takes time that grows with the square of their
length. What is looked for needs comments, scripts and the few elements in which tags are text (HTML, 13.2.5).
"""

import codecs
import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from factcheck.messages import message

MEDIA_TYPE = "text/html"
LINKED = "application/ld+json"
BLOCKS = 1000
_OPENS = re.compile(r"<!--|<(script|style|title|textarea|xmp|iframe|noembed|noframes)(?=[\s/>])", re.IGNORECASE)
# To the end of a tag; a quotation mark without its partner has none.
_TAG_ENDS = re.compile(r"""(?:[^"'>]|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?""")
_IN_SCRIPT = re.compile(r"<!--|-->|<(/?)script(?=[\s/>])", re.IGNORECASE)
# What hides a script from browsers of the last century, or makes a page XML.
_WRAPPED = re.compile(r"\A\s*+(?://\s*+)?(?:<!\[CDATA\[|<!--)|(?://)?(?:\]\]>|-->)\Z")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
# Of the encodings that pages name (WHATWG), those that need no state to read: and no codec that is no encoding.
_ENCODINGS = re.compile(
    r"utf-8|utf-16(le|be)?|us-ascii|latin-?1|iso-?8859-\d{1,2}|windows-125[0-8]|windows-874|koi8-[ru]|macintosh|gbk"
    r"|gb2312|gb18030|big5|euc-jp|euc-kr|shift[_-]jis",
    re.IGNORECASE,
)
_MARKS = (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")


class Page(NamedTuple):
    """A page's text, and in what it was read where that is not UTF-8."""

    text: str
    told: str | None = None


def decoded(raw: bytes) -> Page:
    """Return a page as text: by its byte order mark, as UTF-8, by the encoding that it names, or as Windows-1252."""
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return Page(raw.removeprefix(mark).decode(codec, "replace"))
    try:
        return Page(raw.decode())
    except UnicodeDecodeError:
        named = _CHARSET.search(raw[:4096])
        codec = named[1].decode() if named and _ENCODINGS.fullmatch(named[1].decode()) else "windows-1252"
        try:
            text = raw.decode(codec, "replace")
        except LookupError:  # iso-8859-12 is none
            codec, text = "windows-1252", raw.decode("windows-1252", "replace")
        return Page(text, message("The page was read in {codec}, as it is not UTF-8.", codec=codec))


def blocks(page: str) -> Iterator[str]:
    """Yield the content of each script of the type application/ld+json, of BLOCKS at most."""
    at = count = 0
    while count < BLOCKS and (opens := _OPENS.search(page, at)):
        if opens[1] is None:
            end = page.find("-->", opens.end())
            at = len(page) if end < 0 else end + 3
            continue
        tag = _TAG_ENDS.match(page, opens.end())
        if tag is None:
            return  # a tag that never ends is the end of the page
        name = opens[1].lower()
        content, at = _content(page, tag.end(), name)
        if name == "script" and content.strip() and _type_of(tag[0]) == LINKED:
            count += 1
            yield _WRAPPED.sub("", content.strip()).strip()


def _type_of(tag: str) -> str:
    for name, *values in (found.groups("") for found in _ATTRIBUTE.finditer(tag)):
        if name.lower() == "type":
            return html.unescape("".join(values)).partition(";")[0].strip().lower()
    return ""


def _content(page: str, start: int, name: str) -> tuple[str, int]:
    """Return what is in an element whose content is text, and where that ends."""
    if name != "script":
        end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(page, start)
        return ("", len(page)) if end is None else ("", end.end())
    escaped = nested = False
    for mark in _IN_SCRIPT.finditer(page, start):
        if mark[1] is None:
            escaped, nested = mark[0] == "<!--", False
        elif mark[1] == "":
            nested = escaped  # a script in a comment in a script
        elif nested:
            nested = False
        else:
            return page[start : mark.start()], mark.end()
    return "", len(page)  # a script that is not closed is not run, and not read
