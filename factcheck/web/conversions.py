"""Claims in other people's formats, as answers."""

from typing import Any

import orjson
from flask import Response
from markupsafe import Markup
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state import documents
from factcheck.exchange import conversions
from factcheck.exchange.conversions import CLAIM_REVIEW, PROV, Format
from factcheck.formats.here import Here
from factcheck.web import context, negotiation
from factcheck.web.negotiation import Form

# What would end a script element or turn into something else in one, and lines that JavaScript ends and JSON does not.
_IN_HTML = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}
_LINKED: Any = {"schema": {"type": "object", "description": "A JSON-LD document."}}


def _form(each: Format) -> Form:
    return Form(each.media_type, each.profile, each.title, _LINKED)


# A claim's forms, its usual one first.
CLAIM = (negotiation.JSON, _form(CLAIM_REVIEW), _form(PROV))
_OF_FORM = dict(zip(CLAIM[1:], (CLAIM_REVIEW, PROV), strict=True))


def answer(connection: Connection, document: bytes, form: Form) -> Response:
    """Answer with a claim, given by its JSON as the caller sees it, in one of its other forms. Raises Clash.

    The ETag is that of the bytes: they depend on more than the claim, and on who asks.
    """
    return written(connection, document, _OF_FORM[form])


def written(connection: Connection, document: bytes, into: Format) -> Response:
    body = conversions.converted(connection, document, into, context.here())
    kind = Form(into.media_type, into.profile).content_type
    return context.one(body, documents.etag_of(body), kind)


def data_blocks(connection: Connection, document: bytes, here: Here) -> list[Markup]:
    """Return a claim's ClaimReview, and its MediaReview if it has one, as the contents of script elements of a page.

    There are none where the claim has no verdict.
    """
    if conversions.missing(orjson.loads(document), CLAIM_REVIEW):
        return []
    review = conversions.converted(connection, document, CLAIM_REVIEW, here)
    of_media = conversions.media_review(connection, document, here)
    return [in_html(each) for each in (review, of_media) if each]


def in_html(written: bytes) -> Markup:
    """Return JSON as the content of a script element of a page.

    Such an element is data: no browser runs it, and a Content-Security-Policy without inline scripts lets it be.
    """
    return Markup(written.decode().translate(_IN_HTML))  # noqa: S704 (JSON, escaped one line above)
