"""Captures of web pages, in and out."""

from marshmallow import fields

from factcheck.rules.web.fetches import Failure, Origin
from factcheck.schemas.base import Choice, Day, In, Moment, Out, Reference, Text, Url, Whole
from factcheck.schemas.parts import RedactionIn

MOST_HTML = 5_000_000  # code points; by default, the limit of request bodies is lower
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
