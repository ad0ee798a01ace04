"""Read the bodies of requests: JSON strictly, and files of lines."""

from typing import Any

from flask import request

from factcheck.errors import Flaw, Invalid, TooLarge, Unreadable, WrongMediaType
from factcheck.messages import message
from factcheck.rules.text.series import alternatives
from factcheck.schemas.strict_json import parse

FORM = "application/x-www-form-urlencoded"


def read_object(types: tuple[str, ...] = ("application/json",)) -> dict[str, Any]:
    """Read the request's body, which must be a JSON object of one of these media types."""
    value = parse(read_bytes(types))
    if not isinstance(value, dict):
        raise Invalid(
            message("The body must be a JSON object."), flaws=[Flaw(message("Must be an object."), pointer="")]
        )
    return value


def read_bytes(types: tuple[str, ...], *, any_charset: bool = False) -> bytes:
    """Return the request's body, which must be of one of these media types, in UTF-8 unless it may be in any."""
    if request.mimetype not in types:
        raise WrongMediaType(message("The body must be of the type {types}.", types=alternatives(types)))
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8") and not any_charset:
        raise WrongMediaType(message("The body must be UTF-8; no other charset is accepted."))
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType(message("The body must not be compressed."))
    return _whole_body()


def _whole_body() -> bytes:
    """Return the request's body. Raises TooLarge, and Unreadable when it ended before its declared length.

    `web/edge/uploads.py` sees to both, but other WSGI servers do not (`wsgi.py`), nor does werkzeug where the server
    says that it ends bodies by itself: it cuts a body in chunks off at the limit, and takes one that broke off for
    whole.
    """
    raw = request.get_data()
    declared, limit = request.content_length, request.max_content_length
    if declared is not None:
        if len(raw) < declared:
            raise Unreadable(message("The body ended before its Content-Length."))
    elif limit is not None and len(raw) >= limit and request.environ["wsgi.input"].read(1):
        raise TooLarge(message("The body is larger than this desk allows."))
    return raw
