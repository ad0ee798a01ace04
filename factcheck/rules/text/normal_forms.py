"""Unicode's normal forms, in linear time.

The library puts the marks of one letter in order in as many steps as the square of their number: 120,000 marks take
eleven seconds. Unicode's own Stream-Safe Text Format (UAX #15, section 13) allows 30, and no language needs as many.
"""

from typing import Literal
from unicodedata import normalize

import regex

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
MOST_MARKS = 30  # in a row
# Whatever begins with a mark once it is decomposed: some that are no marks themselves do.
MARK = r"[\P{ccc=0}\u0f73\u0f75\u0f81\uff9e\uff9f]"
_CROWD = regex.compile(rf"({MARK}{{{MOST_MARKS}}}){MARK}+")
_MARKS = regex.compile(r"\P{ccc=0}+")


def crowded(text: str) -> bool:
    """Say whether a letter of this text has more marks than can be put in order quickly."""
    return not text.isascii() and _CROWD.search(text) is not None


def normalized(form: Form, text: str) -> str:
    """Return a text in a normal form, for comparing. Of the marks in a row, those behind the 30th are left out."""
    return text if text.isascii() else normalize(form, _CROWD.sub(r"\1", text))


def without_marks(text: str) -> str:
    """Return a decomposed text without its combining marks."""
    bare: str = _MARKS.sub("", text)
    return bare
