"""Read JSON bodies strictly (RFC 8259, and I-JSON's rules of RFC 7493): what two readers could understand in two ways
is refused.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NoReturn

import marshmallow
from flask import Request, request
from webargs.flaskparser import FlaskParser

from factcheck.errors import Flaw, Invalid, TooLarge, Unreadable, WrongMediaType
from factcheck.schemas.base import FLAWS_TOLD, invalid, step

DEPTH = 64
# The closing quotation mark is optional so that a string without one is passed over once, not once per quotation mark.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def parse(raw: bytes) -> Any:
    """Read JSON from bytes.

    Raises Unreadable for what is not JSON in UTF-8, is nested deeper than 64, has a key twice or a number that is
    none, and Invalid (with pointers) for texts with U+0000 or half of a surrogate pair.
    """
    if not raw.strip(b" \t\r\n"):
        raise Unreadable("The body is empty; it must be a JSON object.")
    if raw.startswith(b"\xef\xbb\xbf"):
        raise Unreadable("The body begins with a byte order mark; JSON has none.")
    if depth(raw) > DEPTH:
        raise Unreadable(f"The body is nested deeper than {DEPTH}.")
    try:
        text = raw.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise Unreadable(f"The body is not UTF-8 (at byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from error
    except ValueError as error:
        raise Unreadable(f"The body is not JSON that can be kept: {_told(error)}.") from error
    if b"\\u" in raw:
        flaws = list(islice(_unkeepable(value, ""), FLAWS_TOLD))
        if flaws:
            raise Invalid("The body holds text that cannot be kept.", flaws=flaws)
    return value


def depth(raw: bytes) -> int:
    """Return how deep a text nests brackets, outside of strings. Linear in its length."""
    if raw.count(b"[") + raw.count(b"{") <= DEPTH:
        return 0
    deepest = level = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", raw)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest


def read_object(types: tuple[str, ...] = ("application/json",)) -> dict[str, Any]:
    """Read the request's body, which must be a JSON object of one of these media types."""
    if request.mimetype not in types:
        raise WrongMediaType(f"The body must be of the type {' or '.join(types)}.")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8"):
        raise WrongMediaType("JSON is UTF-8; no other charset is taken.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType("The body must not be compressed.")
    value = parse(_whole_body())
    if not isinstance(value, dict):
        raise Invalid("The body must be a JSON object.", flaws=[Flaw("Must be an object.", pointer="")])
    return value


def _whole_body() -> bytes:
    """Return the request's body. Raises TooLarge, and Unreadable when it ended before its declared length.

    werkzeug sees to neither when the server says that it ends bodies by itself, as granian does: a chunked body is cut
    off at the limit, and what a client sent before it was gone counts as all of it.
    """
    raw = request.get_data()
    declared, limit = request.content_length, request.max_content_length
    if declared is not None:
        if len(raw) < declared:
            raise Unreadable("The body ended before its Content-Length.")
    elif limit is not None and len(raw) >= limit and request.environ["wsgi.input"].read(1):
        raise TooLarge("The body is larger than this desk allows.")
    return raw


class StrictParser(FlaskParser):
    """webargs, with our reading of bodies and our errors.

    Its own reads JSON past the app's settings: halves of surrogate pairs and deep nesting end in 500.
    """

    def _raw_load_json(self, req: Request) -> Any:
        return read_object()

    def load_json(self, req: Request, schema: marshmallow.Schema) -> Any:
        return read_object()

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: Request,
        schema: marshmallow.Schema,
        *,
        error_status_code: int | None,
        error_headers: Any,
    ) -> NoReturn:
        messages: Any = error.messages
        raise invalid(marshmallow.ValidationError(messages.get("json", messages))) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {json.dumps(key)} stands twice in one object")
            seen.add(key)
    return result


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return value


def _told(error: ValueError) -> str:
    text = str(error)
    return "a number is too long" if "integer string conversion" in text else text


def _unkeepable(value: Any, at: str) -> Iterator[Flaw]:
    if isinstance(value, str):
        if "\x00" in value:
            yield Flaw("A text must not hold U+0000.", pointer=at)
        elif not _encodes(value):
            yield Flaw("A text must not hold half of a surrogate pair.", pointer=at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unkeepable(item, f"{at}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not _encodes(key) or "\x00" in key:
                yield Flaw("A key must not hold U+0000 or half of a surrogate pair.", pointer=at)
            else:
                yield from _unkeepable(item, at + step(key))


def _encodes(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
