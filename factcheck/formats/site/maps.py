"""Site maps (https://www.sitemaps.org/protocol.html) and Google's news sitemap
(https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap).
"""

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree import ElementTree

from factcheck.formats import atom

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
MEDIA_TYPE = "application/xml"
MOST = 50_000  # pages in one map
MOST_NEWS = 1000


class Place(NamedTuple):
    """A page's absolute address, and when it changed last, in RFC 3339, if that is known."""

    url: str
    changed: str | None


class News(NamedTuple):
    url: str
    publisher: str
    language: str
    published: str
    title: str


def index(addresses: Iterable[str]) -> bytes:
    """Return the map of the maps at these addresses."""
    root = ElementTree.Element("sitemapindex", {"xmlns": NAMESPACE})
    for each in addresses:
        atom.add(ElementTree.SubElement(root, "sitemap"), "loc", each)
    return _written(root)


def pages(places: Iterable[Place]) -> bytes:
    """Return the map of these pages."""
    root = ElementTree.Element("urlset", {"xmlns": NAMESPACE})
    for each in places:
        url = ElementTree.SubElement(root, "url")
        atom.add(url, "loc", each.url)
        if each.changed is not None:
            atom.add(url, "lastmod", each.changed)
    return _written(root)


def news(reports: Iterable[News]) -> bytes:
    """Return the map of reports that were published in the last two days."""
    root = ElementTree.Element("urlset", {"xmlns": NAMESPACE, "xmlns:news": NEWS})
    for each in reports:
        url = ElementTree.SubElement(root, "url")
        atom.add(url, "loc", each.url)
        about = ElementTree.SubElement(url, "news:news")
        publication = ElementTree.SubElement(about, "news:publication")
        atom.add(publication, "news:name", each.publisher)
        atom.add(publication, "news:language", each.language.partition("-")[0])
        atom.add(about, "news:publication_date", each.published)
        atom.add(about, "news:title", each.title)
    return _written(root)


def _written(root: ElementTree.Element) -> bytes:
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written + b"\n"
