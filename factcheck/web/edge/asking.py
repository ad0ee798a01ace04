"""Whether a body asks for a page to be captured. It is told before anything reads the body, so by its outer form alone.

What asks is never missed, or it would keep a place of those that write while a page is fetched. What does not ask is
taken for asking only if its form is one that no client of ours sends.
"""

import re
from urllib.parse import unquote_to_bytes

FIELDS = 500  # fields of a form that are looked at: no form of ours has more
NAME = b"capture"
# A member of an object with a name of seven letters, each as itself or as an escape, whose value is not false or null.
# Quotation marks inside of a string have a backslash before them, so none of this is ever found in a text.
_MEMBER = re.compile(rb'"((?:[a-z]|\\u00[0-9A-Fa-f]{2}){7})"[ \t\r\n]*+:[ \t\r\n]*+(?!false|null)')
_ESCAPE = re.compile(rb"\\u00([0-9A-Fa-f]{2})")


def of_json(body: bytes) -> bool:
    """Say whether JSON has a member `capture` that is not false or null."""
    return any(_ESCAPE.sub(_letter, found[1]) == NAME for found in _MEMBER.finditer(body))


def of_form(body: bytes) -> bool:
    """Say whether a form has a field `capture` of something, and a URL: the tick alone does nothing."""
    fields = body.split(b"&", FIELDS)
    if len(fields) > FIELDS:
        return True
    names = set()
    for field in fields:
        name, _, value = field.partition(b"=")
        if value:
            names.add(unquote_to_bytes(name.replace(b"+", b" ")).rpartition(b".")[2])
    return {NAME, b"url"} <= names or b"Content-Disposition" in fields[0]  # in parts, as a form with files is sent


def _letter(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 16)])
