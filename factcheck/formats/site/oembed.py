"""oEmbed 1.0 (https://oembed.com): how other sites embed the card of a report or a claim."""

from html import escape
from typing import Any
from xml.etree import ElementTree

import orjson

from factcheck.formats import atom
from factcheck.formats.here import Here

Json = dict[str, Any]
WIDTH, HEIGHT = 600, 320  # of a card, in CSS pixels, unless less is asked for
JSON, XML = "application/json", "text/xml"


def rich(title: str, card: str, here: Here, width: int, height: int, lifetime: int) -> Json:
    """Return the `rich` response for a page whose card is at the address `card`; `lifetime` is in seconds."""
    # No sandbox attribute: the card has no script, and its own policy says so.
    frame = (
        f'<iframe src="{escape(card)}" width="{width}" height="{height}" title="{escape(title)}"'
        ' style="border:0;max-width:100%" loading="lazy"></iframe>'
    )
    return {
        "type": "rich",
        "version": "1.0",
        "title": title,
        "provider_name": here.name,
        "provider_url": f"{here.base}/r",
        "cache_age": lifetime,
        "html": frame,
        "width": width,
        "height": height,
    }


def as_json(response: Json) -> bytes:
    return orjson.dumps(response)


def as_xml(response: Json) -> bytes:
    root = ElementTree.Element("oembed")
    for name, value in response.items():
        atom.add(root, name, str(value))
    written: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return written + b"\n"
