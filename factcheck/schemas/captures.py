"""Captures of web pages, and images of articles, in and out."""

import base64
import binascii
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from factcheck.messages import message
from factcheck.rules.web.fetches import Failure, Origin
from factcheck.schemas.base import Choice, Day, In, Moment, Out, Reference, Text, Url, Whole
from factcheck.schemas.parts import RedactionIn

MOST_HTML = 5_000_000  # code points; by default, the limit of request bodies is lower
MOST_DATA = 14_000_000  # characters of Base64: 10 MB
REASONS = ", ".join(f"`{each}`" for each in Failure)


class CaptureIn(In):
    """A page to fetch now, or a page that a person has in a browser."""

    url = Url(required=True)
    html = Text(
        MOST_HTML,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The HTML of the page as a person's browser has it. Then the desk fetches nothing, and the"
            " capture has the origin `browser`."
        },
    )


class HandoverIn(In):
    """A page that a person has in a browser."""

    url = Url(required=True)
    html = Text(MOST_HTML, required=True)


class CaptureRedactionIn(RedactionIn):
    """Why a capture is redacted. The log keeps the reason, so it must not repeat what is redacted."""

    urls = fields.Boolean(
        load_default=False, truthy={True}, falsy={False}, metadata={"description": "Whether its URLs are removed too."}
    )


class CaptureLinks(Out):
    self = fields.String(required=True)
    warc = fields.String(
        required=True, allow_none=True, metadata={"description": "The requests and responses as WARC."}
    )


class ExtractListed(Out):
    """What was found in the page. Each field can be null."""

    title = fields.String(required=True, allow_none=True)
    author = fields.String(required=True, allow_none=True)
    published_on = Day(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    outlet = fields.String(required=True, allow_none=True, metadata={"description": "The outlet's name, or its host."})


class ExtractOut(ExtractListed):
    text = fields.String(required=True)


class CaptureListed(Out):
    """A capture without its text."""

    id = Reference(required=True)
    origin = Choice(
        Origin,
        required=True,
        metadata={
            "description": "`fetched`: the desk fetched the page. `browser`: a person handed it over from their"
            " browser, so the desk has only their word for its URL and its bytes."
        },
    )
    url = fields.String(required=True)
    final_url = fields.String(
        required=True, allow_none=True, metadata={"description": "After redirects. Null without a response."}
    )
    canonical_url = fields.String(
        required=True, allow_none=True, metadata={"description": "The URL that the page gives as its own."}
    )
    http_status = Whole(100, required=True, allow_none=True)
    fetched_at = Moment(
        required=True, metadata={"description": "When the page was fetched, or handed over from a browser."}
    )
    media_type = fields.String(required=True, allow_none=True)
    charset = fields.String(
        required=True, allow_none=True, metadata={"description": "The encoding in which the page was read."}
    )
    bytes = Whole(0, required=True, allow_none=True, metadata={"description": "The size of the page, inflated."})
    sha256 = fields.String(required=True, allow_none=True, metadata={"description": "The SHA-256 of the page."})
    warc_sha256 = fields.String(
        required=True, allow_none=True, metadata={"description": "The SHA-256 of the WARC file."}
    )
    reason = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": f"Why the capture failed: {REASONS}, `http_` with the status, or of an item of a feed"
            " `robots` or `robots_unreachable`. Null if it did not."
        },
    )
    text_sha256 = fields.String(
        required=True, allow_none=True, metadata={"description": "The SHA-256 of the extracted text in UTF-8."}
    )
    extracted = fields.Nested(ExtractListed, required=True, allow_none=True)
    redacted = fields.Boolean(
        required=True, metadata={"description": "Whether what it had of the page was removed, with its file."}
    )
    links = fields.Nested(CaptureLinks, required=True)


class CaptureOut(CaptureListed):
    extracted = fields.Nested(
        ExtractOut,
        required=True,
        allow_none=True,
        metadata={"description": "Null if the capture failed or was redacted."},
    )


class Bytes(Text):
    """Bytes, as Base64 with padding."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError(message("Must be Base64.")) from None


class ImageIn(In):
    """An image of an article, from its URL or as its bytes."""

    article_id = Reference(required=True)
    alt = Text(1000, required=True, metadata={"description": "What it shows, for people who cannot see it."})
    url = Url(
        load_default=None,
        allow_none=True,
        metadata={"description": "The URL of the image. Without `data`, the desk fetches it now."},
    )
    data = Bytes(
        MOST_DATA,
        load_default=None,
        allow_none=True,
        metadata={"description": "The image in Base64. Then the desk fetches nothing.", "format": "byte"},
    )

    @validates_schema(skip_on_field_errors=True)
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if data["url"] is None and data["data"] is None:
            raise ValidationError({"url": [message("Give the URL of the image, or the image.")]})


class ImageLinks(Out):
    self = fields.String(required=True)
    file = fields.String(required=True, allow_none=True, metadata={"description": "The image itself."})
    similar = fields.String(required=True, allow_none=True)


class ArticleOfImage(Out):
    id = Reference(required=True)
    title = fields.String(required=True)


class ImageOut(Out):
    """An image of an article. What a redaction removed is null."""

    id = Reference(required=True)
    article_id = Reference(required=True)
    article = fields.Nested(ArticleOfImage, required=True)
    url = fields.String(required=True, allow_none=True)
    alt = fields.String(required=True, allow_none=True)
    media_type = fields.String(required=True, metadata={"description": "By its bytes."})
    width = Whole(1, required=True, metadata={"description": "In pixels, as it is shown."})
    height = Whole(1, required=True)
    bytes = Whole(0, required=True)
    sha256 = fields.String(required=True, allow_none=True, metadata={"description": "The SHA-256 of the image."})
    warc_sha256 = fields.String(
        required=True, allow_none=True, metadata={"description": "The SHA-256 of its file in the archive, a WARC."}
    )
    phash = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The perceptual hash (`imagehash.phash`): 64 bits as hexadecimal digits."},
    )
    added_at = Moment(required=True)
    redacted = fields.Boolean(required=True)
    links = fields.Nested(ImageLinks, required=True)


class SimilarImageOut(Out):
    distance = Whole(0, required=True, metadata={"description": "The bits in which the hashes differ, 8 at most."})
    image = fields.Nested(ImageOut, required=True)


class SimilarImagesOut(Out):
    """The other images of the desk that look like one, the most similar first, at most 50."""

    items = fields.List(fields.Nested(SimilarImageOut), required=True)
