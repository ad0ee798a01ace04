"""Verdicts as an Atom feed (RFC 4287), a page of it as RFC 5005 has them.

An entry is a claim whose content was decided, as it now stands. Its id is the claim's own, so that a verdict that
changes is the same entry, updated; one that was reopened is gone from the feed until the next.
"""

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from factcheck.formats import losses, ratings
from factcheck.formats.here import Here
from factcheck.formats.losses import Loss

Json = dict[str, Any]
MEDIA_TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
EPOCH = "1970-01-01T00:00:00Z"  # of a feed with nothing in it, which must have an instant all the same
# What XML 1.0 cannot hold, not even escaped (section 2.2); a claim may.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ELSEWHERE = "the entry links to the review, which has it"
_WHERE = "a related link has a URL and a title"
_WORD = "the title has the word of the rating"
LOSES: losses.Table = {
    "external_id": "an entry has one id, that of the claim",
    "article_id": _ELSEWHERE,
    "article": _ELSEWHERE,
    "kind": "an entry has no kind",
    "quotes": _ELSEWHERE,
    "quantity": "an entry has no numbers; they are part of the claim's text",
    "attribution": "an entry covers only the verdict",
    "reviewed_by": "the author of the feed is the desk",
    "valid_on": "an entry has only the dates of publication and update",
    "review_by": "an entry has only the dates of publication and update",
    "rating.scale_id": _WORD,
    "rating.key": _WORD,
    "rating.language": _WORD,
    "rating.number": _WORD,
    "rating.best": _WORD,
    "rating.worst": _WORD,
    "second_opinion": "an entry covers a verdict that was given",
    "evidence[].id": _WHERE,
    "evidence[].stance": _WHERE,
    "evidence[].source": _WHERE,
    "evidence[].origin": _WHERE,
    "evidence[].excerpt": _WHERE,
    "evidence[].archived_url": _WHERE,
    "evidence[].note": _WHERE,
    "evidence[].added_by": _WHERE,
    "evidence[].added_at": _WHERE,
    "evidence[].capture": _WHERE,
    "evidence[].unreachable": _WHERE,
    "occurrences": _ELSEWHERE,
    "relations": "entries have no relations to each other",
    "revision": "an entry has no revision number; `updated` has the time",
    "created_at": "an entry has the time of its verdict",
    "links": "links are paths on this desk",
}


def report(claim: Json) -> list[Loss]:
    """Return what the entry of a claim does not carry."""
    found = losses.of(claim, LOSES)
    if any(item["title"] and not item["url"] for item in claim["evidence"]):
        found.append(Loss("evidence[].title", "evidence without a URL has no link"))
    return found


def feed(claims: Sequence[Json], here: Here, feed_id: str, path: str, this: str, following: str | None) -> bytes:
    """Return a page of decided claims, the last updated first, as UTF-8.

    `feed_id` names the feed for good and is absolute; `path` is its first page, `this` this one, `following` the next.
    """
    root = ElementTree.Element("feed", {"xmlns": NAMESPACE})
    add(root, "id", feed_id)
    add(root, "title", f"Verdicts by {here.name}")
    add(root, "updated", claims[0]["updated_at"] if claims else EPOCH)
    author = ElementTree.SubElement(root, "author")
    add(author, "name", here.name)
    add(author, "uri", f"{here.base}/")
    link(root, "self", f"{here.base}{this}", MEDIA_TYPE)
    link(root, "first", f"{here.base}{path}", MEDIA_TYPE)
    link(root, "alternate", f"{here.base}/", "text/html")
    if following:
        link(root, "next", f"{here.base}{following}", MEDIA_TYPE)
    for claim in claims:
        _entry(root, claim, here)
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written + b"\n"


def entry(claim: Json, here: Here) -> ElementTree.Element:
    """Return the entry of a decided claim."""
    root = ElementTree.Element("feed", {"xmlns": NAMESPACE})
    _entry(root, claim, here)
    return root[0]


def _entry(root: ElementTree.Element, claim: Json, here: Here) -> None:
    words = ratings.words_of(claim)
    entry = ElementTree.SubElement(root, "entry")
    add(entry, "id", f"urn:uuid:{claim['id']}")
    add(entry, "title", f"{words}: {claim['text']}")
    add(entry, "updated", claim["updated_at"])
    add(entry, "published", claim["reviewed_at"])
    link(entry, "alternate", here.page(claim["id"]), "text/html")
    link(entry, "alternate", f"{here.claim(claim['id'])}/claimreview", "application/ld+json")
    ElementTree.SubElement(
        entry, "category", {"term": claim["status"], "label": ratings.RATINGS[claim["status"]].words}
    )
    for tag in claim["tags"]:
        ElementTree.SubElement(entry, "category", {"term": _kept(tag)})
    add(entry, "content", claim["reason"] or words, type="text")
    for item in claim["evidence"]:
        if item["url"]:
            link(entry, "related", item["url"], None, item["title"])


def add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    """Add an element with a text, without what XML cannot hold."""
    ElementTree.SubElement(parent, name, attributes).text = _kept(text)


def link(parent: ElementTree.Element, rel: str, href: str, kind: str | None, title: str | None = None) -> None:
    """Add a link, with its media type and its title where they are known."""
    attributes = {"rel": rel, "href": _kept(href)}
    if kind:
        attributes["type"] = kind
    if title:
        attributes["title"] = _kept(title)
    ElementTree.SubElement(parent, "link", attributes)


def _kept(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
