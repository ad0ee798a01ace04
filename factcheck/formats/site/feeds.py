"""Feeds of the public site: as Atom (RFC 4287) and as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import orjson

from factcheck.formats import atom

Json = dict[str, Any]
ATOM, JSON_FEED = atom.MEDIA_TYPE, "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


@dataclass(frozen=True)
class Item:
    """`id` never changes and `url` leads to a page. Times are in RFC 3339, `summary` is plain text."""

    id: str
    url: str
    title: str
    published: str
    updated: str
    summary: str
    language: str | None = None


@dataclass(frozen=True)
class Feed:
    """`home` is the page that the feed follows. All addresses are absolute."""

    title: str
    publisher: str
    home: str
    language: str
    items: Sequence[Item]

    @property
    def updated(self) -> str:
        """When the newest item changed; an empty feed has no such time, but Atom requires one."""
        return max((each.updated for each in self.items), default=atom.EPOCH)


def as_atom(feed: Feed, address: str) -> bytes:
    """Return a feed as Atom, read at `address`, in UTF-8."""
    root = ElementTree.Element("feed", {"xmlns": atom.NAMESPACE, "xml:lang": feed.language})
    atom.add(root, "id", address)
    atom.add(root, "title", feed.title)
    atom.add(root, "updated", feed.updated)
    author = ElementTree.SubElement(root, "author")
    atom.add(author, "name", feed.publisher)
    atom.link(root, "self", address, ATOM)
    atom.link(root, "alternate", feed.home, "text/html")
    for item in feed.items:
        entry = ElementTree.SubElement(root, "entry", {"xml:lang": item.language} if item.language else {})
        atom.add(entry, "id", item.id)
        atom.add(entry, "title", item.title)
        atom.add(entry, "published", item.published)
        atom.add(entry, "updated", item.updated)
        atom.link(entry, "alternate", item.url, "text/html")
        atom.add(entry, "summary", item.summary, type="text")
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written + b"\n"


def as_json_feed(feed: Feed, address: str) -> bytes:
    """Return a feed as a JSON Feed, read at `address`."""
    return orjson.dumps({
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": address,
        "language": feed.language,
        "authors": [{"name": feed.publisher, "url": feed.home}],
        "items": [_item(each) for each in feed.items],
    })  # fmt: skip


def _item(item: Item) -> Json:
    told: Json = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        "content_text": item.summary or item.title,
        "date_published": item.published,
        "date_modified": item.updated,
    }
    return told | ({"language": item.language} if item.language else {})
