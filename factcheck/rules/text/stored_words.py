"""The words of a text as the full-text indexes of both databases keep them."""

import re

from factcheck.rules.text.normal_forms import normalized, without_marks

LONGEST = 64
MOST = 20_000
BYTES = 500_000  # PostgreSQL keeps at most a megabyte of words and places

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return the text without accents, case and compatibility forms (NFKD, case-folded)."""
    if text.isascii():  # the same, and many times faster
        return text.lower()
    return without_marks(normalized("NFKD", text).casefold())


def words(text: str) -> list[str]:
    """Return the folded words of a text in their order: runs of letters and digits.

    At most the first 20,000, each cut at 64 letters, and together 500,000 bytes: an index has its limits, and a text
    that is only there to break them must not.
    """
    folded = fold(text[: MOST * 6])
    if len(folded) <= MOST:  # too short to reach a limit
        return [word[:LONGEST] for word in _WORD.findall(folded)]
    found: list[str] = []
    left = BYTES
    for match in _WORD.finditer(folded):
        word = match[0][:LONGEST]
        left -= len(word.encode()) + 1
        if left < 0 or len(found) == MOST:
            break
        found.append(word)
    return found


def indexed(*texts: str | None) -> str:
    """Return what search keeps of some texts: their words, parted by single spaces."""
    return " ".join(words("\n".join(text for text in texts if text)))
