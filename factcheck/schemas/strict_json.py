"""Read JSON strictly (RFC 8259, and I-JSON's rules of RFC 7493): what two readers could understand in two ways is
refused. One reader for the bodies of requests and for the lines of imports.
"""

import json
import re
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import Any, NoReturn

from factcheck.errors import Flaw, Invalid, Unreadable
from factcheck.messages import message
from factcheck.schemas.base import FLAWS_TOLD, step

DEPTH = 64
_HALF = re.compile("[\ud800-\udfff]")
# The closing quotation mark is optional so that a string without one is passed over once, not once per quotation mark.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = [1 if byte in b"[{" else -1 for byte in range(256)]


def parse(raw: bytes, what: str = message("The body")) -> Any:
    """Read JSON from bytes, which messages call `what`.

    Raises Unreadable for what is not JSON in UTF-8, is nested deeper than 64, has a key twice or a number that is
    none, and Invalid (with pointers) for texts with U+0000 or half of a surrogate pair.
    """
    if not raw.strip(b" \t\r\n"):
        raise Unreadable(message("{what} is empty. It must be a JSON object.", what=what))
    if raw.startswith(b"\xef\xbb\xbf"):
        raise Unreadable(message("{what} begins with a byte order mark. Remove it.", what=what))
    if depth(raw) > DEPTH:
        raise Unreadable(message("{what} is nested more than {depth} levels deep.", what=what, depth=DEPTH))
    try:
        text = raw.decode("utf-8")
        value = _READER.decode(text)
    except UnicodeDecodeError as error:
        raise Unreadable(message("{what} is not UTF-8 (at byte {place}).", what=what, place=error.start)) from error
    except json.JSONDecodeError as error:
        raise Unreadable(
            message(
                "{what} is not JSON: {why} (line {line}, column {column}).",
                what=what,
                why=error.msg,
                line=error.lineno,
                column=error.colno,
            )
        ) from error
    except ValueError as error:
        raise Unreadable(
            message("{what} is JSON that cannot be stored: {why}.", what=what, why=_told(error))
        ) from error
    if b"\\u" in raw:
        flaws = list(islice(_unkeepable(value, ""), FLAWS_TOLD))
        if flaws:
            raise Invalid(message("{what} has text that cannot be stored.", what=what), flaws=flaws)
    return value


def depth(raw: bytes) -> int:
    """Return how deep a text nests brackets, outside of strings. Linear in its length."""
    if raw.count(b"[") + raw.count(b"{") <= DEPTH:
        return 0
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets), initial=0))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(message("the key {key} stands twice in one object", key=json.dumps(key)))
            seen.add(key)
    return result


def _no_number(name: str) -> NoReturn:
    raise ValueError(message("{name} is not a JSON number", name=name))


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(message("a number is too large"))
    return value


# Made once: `json.loads` would make one for every text.
_READER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite)


def _told(error: ValueError) -> str:
    told: str = error.args[0]
    return message("a number is too long") if "integer string conversion" in told else told


def _unkeepable(value: Any, at: str) -> Iterator[Flaw]:
    if isinstance(value, str):
        if "\x00" in value:
            yield Flaw(message("A text must not contain U+0000."), pointer=at)
        elif not _encodes(value):
            yield Flaw(message("A text must not contain half of a surrogate pair."), pointer=at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unkeepable(item, f"{at}/{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not _encodes(key) or "\x00" in key:
                yield Flaw(message("A key must not contain U+0000 or half of a surrogate pair."), pointer=at)
            else:
                yield from _unkeepable(item, at + step(key))


def _encodes(text: str) -> bool:
    return _HALF.search(text) is None
