"""Read a feed: RSS 2.0 and older, RSS 1.0 (RDF) or Atom. What is not well-formed is read as far as it can be.

A feed with a document type is refused before it is parsed: no feed needs one, and entities come from there.
"""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from factcheck.extraction import refusals
from factcheck.extraction.charsets import decoded
from factcheck.extraction.values import fit, line
from factcheck.rules.web.feeds import FeedItem, Unread, newest
from factcheck.rules.web.fetches import Failure

MOST_READ = 20_000  # items of a feed that are looked at
LONGEST_URL, LONGEST_TITLE, LONGEST_GUID = 2000, 1000, 2000
ITEMS = ("item", "entry")
ROOTS = ("rss", "RDF", "feed")
DATES = ("published", "pubDate", "date", "issued", "updated", "modified")
_BEFORE = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)  # declarations and comments before the root
_TAG = re.compile(r"<[^<>]*>")


def found(raw: bytes, content_type: str, url: str) -> dict[str, Any]:
    """Return the members of a Feed (`extraction/running.py`)."""
    text, _ = decoded(raw, content_type)
    at = 0
    while (before := _BEFORE.match(text, at)) is not None:
        at = before.end()
    if text[at:].lstrip()[:2] == "<!":
        return {"failure": Unread.HAS_DTD, "detail": refusals.HAS_DTD}
    try:
        root = _parsed(fit(text[at:]))
    except (MemoryError, RecursionError):
        return {"failure": Failure.TOO_COMPLEX, "detail": refusals.FEED_COMPLEX}
    if root is None or _name(root) not in ROOTS:
        return {"failure": Unread.NOT_FEED, "detail": refusals.NO_FEED}
    items = islice(root.iter(*(f"{{*}}{name}" for name in ITEMS)), MOST_READ)
    read = [item for item in (_item(each, url) for each in items) if item is not None]
    return {"title": _title(root), "items": [_written(item) for item in newest(read)]}


def _parsed(text: str) -> Any:
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        return None


def _item(element: Any, url: str) -> FeedItem | None:
    """Return an item; None for one that leads to no page."""
    there = _link(element, urljoin(url, element.base or ""))
    if there is None:
        return None
    guid = _text(element, "guid") or _text(element, "id") or element.get(_RDF_ABOUT)
    at = next(filter(None, (_moment(_text(element, name)) for name in DATES)), None)
    return FeedItem(there, line(guid, LONGEST_GUID), _plain(_text(element, "title")), at)


_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


def _link(element: Any, base: str) -> str | None:
    """Return where an item leads: its link, or else a guid that is one."""
    for each in _children(element, "link"):
        if each.get("rel", "alternate") == "alternate":
            there = _address(each.get("href") or each.text, base)
            if there is not None:
                return there
    for guid in _children(element, "guid"):
        if guid.get("isPermaLink", "true") == "true":
            return _address(guid.text, base)
    return None


def _address(text: str | None, base: str) -> str | None:
    try:
        there = urljoin(base, (text or "").strip()) if text and text.strip() else ""
        parts = urlsplit(there)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and there.isprintable()
    except ValueError:
        return None
    return there if fine and len(there) <= LONGEST_URL and " " not in there else None


def _title(root: Any) -> str | None:
    channel = next(_children(root, "channel"), root)
    return _plain(_text(channel, "title"))


def _plain(text: str | None) -> str | None:
    """Return a title without its markup, which feeds write as text once or twice over."""
    return line(_TAG.sub("", html.unescape(text[: 10 * LONGEST_TITLE])), LONGEST_TITLE) if text else None


def _moment(text: str | None) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = read((text or "").strip())
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, TypeError):
            continue
    return None


def _text(element: Any, name: str) -> str | None:
    child = next(_children(element, name), None)
    return None if child is None else "".join(child.itertext())


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if _name(child) == name)


def _name(element: Any) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _written(item: FeedItem) -> dict[str, str | None]:
    at = item.published_at.isoformat() if item.published_at else None
    return {"link": item.link, "guid": item.guid, "title": item.title, "published_at": at}
