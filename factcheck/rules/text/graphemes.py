"""What a reader sees as one character: extended grapheme clusters (UAX #29). A text can be cut between two of them."""

import regex

FLAGS = 1000  # regional indicators in a row that are counted back: two make a flag
MARKS = 64  # marks and joiners in a row that are looked back at
SHOWN = 20  # code points of a character that are shown
_CLUSTER = regex.compile(r"\X")
_INDICATOR = regex.compile(r"\p{RI}")
_INDICATORS = regex.compile(r"(?r)\p{RI}*")
_ROW = regex.compile(r"(?r)[\p{GCB=Extend}\p{GCB=ZWJ}]*")


def boundary(text: str, at: int) -> bool:
    """Say whether a text can be cut here without cutting a character: a flag, a letter with its marks, a line break.

    The two code points at the place decide, and what stands before the marks and joiners in front of it. Looks back at
    64 of these and no more. Of 1,000 regional indicators in a row or more, only the 1,000 before the place count.
    """
    if not 0 < at < len(text):
        return True
    before, behind = text[at - 1], text[at]
    if before.isascii() and behind.isascii():
        return before != "\r" or behind != "\n"
    if _INDICATOR.match(before) and _INDICATOR.match(behind):
        row = _INDICATORS.match(text, max(0, at - FLAGS), at)
        return row is None or len(row[0]) % 2 == 0
    row = _ROW.match(text, max(0, at - MARKS), at)
    begin = max(0, (row.start() if row else at) - 1)
    # A part of its own, because the library looks at a text from its beginning, wherever it is told to begin.
    return len(_CLUSTER.findall(text[begin : at + 1])[-1]) == 1


def character_at(text: str, at: int) -> str:
    """Return the character that a place is inside of, for showing it: cut short where it is long."""
    begin = max(at - 1, 0)
    while begin > at - SHOWN and not boundary(text, begin):
        begin -= 1
    end = at + 1
    while end < at + SHOWN and not boundary(text, end):
        end += 1
    return text[begin:end]
