"""Why nothing can be extracted, in words.

The process that reads hands them over by their sentence. What it says is not to be trusted: only those of here count.
"""

from collections.abc import Mapping
from typing import Any

from factcheck.extraction.values import MOST_TEXT
from factcheck.messages import Message, message

TAGS = 400_000  # “<” in a page, at most: a real one has a tenth of that
PIXELS = 40_000_000  # of an image, at most
DOCUMENT_EMPTY = message("The document has no text.")
HAS_DTD = message("The feed has a document type, which the desk does not read.")
FEED_COMPLEX = message("To read the feed takes too much memory.")
IMAGE_COMPLEX = message("To read the image takes too much time or memory.")
IMAGE_DAMAGED = message("The image is damaged: it cannot be decoded.")
LOCKED = message("The PDF needs a password.")
NO_FEED = message("This is no RSS or Atom feed.")
NO_IMAGE = message("This is no PNG, JPEG, GIF or WebP image.")
NOTHING_FOUND = message("No text was found in the page.")
PAGE_COMPLEX = message("To read the page takes too much memory.")
PAGE_EMPTY = message("The page has no text.")
PICTURES = message("The PDF has no text layer: its pages are pictures.")
SLOW = message("To read the page takes too much time or memory.")
TOO_LONG = message("The text has more than {most} characters.", most=MOST_TEXT)
TOO_MANY_PIXELS = message("The image has more than {most} pixels.", most=PIXELS)
TOO_MANY_TAGS = message("The page has more than {most} tags.", most=TAGS)


def media_type(kind: str) -> Message:
    if not kind:
        return message("The media type is not given, which has no text to extract.")
    return message("The media type is {kind}, which has no text to extract.", kind=kind)


def unreadable_pdf(reason: str) -> Message:
    return message("The PDF cannot be read: {reason}.", reason=reason)


_SENTENCES = {
    each.sentence
    for each in (
        DOCUMENT_EMPTY, HAS_DTD, FEED_COMPLEX, LOCKED, NO_FEED, NOTHING_FOUND, PAGE_COMPLEX, PAGE_EMPTY, PICTURES, SLOW,
        IMAGE_COMPLEX, IMAGE_DAMAGED, NO_IMAGE, TOO_MANY_PIXELS,
        TOO_LONG, TOO_MANY_TAGS, media_type(""), media_type("?"), unreadable_pdf("?"),
    )
}  # fmt: skip


def handed_over(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was found as JSON can have it."""
    detail = found.get("detail")
    return dict(found) | ({"detail": [detail.sentence, detail.values]} if isinstance(detail, Message) else {})


def taken_over(written: dict[str, Any]) -> dict[str, Any]:
    """Return what was found, as it was before it was handed over. Raises ValueError for a sentence not of here."""
    if written.get("detail") is None:
        return written
    sentence, values = written["detail"]
    if sentence not in _SENTENCES:
        raise ValueError("not a sentence of extraction/refusals.py")
    return written | {"detail": Message(sentence, values)}
