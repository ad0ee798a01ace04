"""Fold away how a text is set: spaces, quotation marks, dashes, ligatures, soft hyphens, ellipses, Unicode forms.

Two texts with the same folded form have the same words. Every place in a folded text leads back to a place in the text
that it was made of. Letters keep their case and their marks: another letter is another word.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from unicodedata import is_normalized

import regex

from factcheck.rules.text.normal_forms import normalized

_SPACE, _UNSEEN, _DASH = r"\s", r"\u00ad\u200b-\u200f\u2060\ufeff", r"\p{Pd}\u2212"
_SETTING = (
    rf"(?P<space>[{_UNSEEN}]*[{_SPACE}][{_SPACE}{_UNSEEN}]*)"
    rf"|(?P<unseen>[{_UNSEEN}]+)"
    r"|(?P<double>[\u201c-\u201f\u00ab\u00bb\u2033\u301d-\u301f\uff02]|''|``)"
    r"|(?P<single>[\u2018-\u201b\u2039\u203a\u2032\u0060\u00b4\u02bc\uff07])"
    rf"|(?P<dash>[{_DASH}]+)"
    r"|(?P<dots>\u2026|\.(?: ?\.){2})"
    r"|(?P<ligature>[\ufb00-\ufb06])"
)
_FOLDED = {"space": " ", "unseen": "", "double": '"', "single": "'", "dash": "-", "dots": "..."}
_COMPOSED = regex.compile(_SETTING)
_DECOMPOSED = regex.compile(_SETTING + r"|(?P<form>.\p{M}+|\P{ASCII})")


class Folded:
    """A text in its folded form, and the way back."""

    def __init__(self, source: str) -> None:
        self.source = source
        pieces: list[str] = []
        # Where a piece that was folded begins and ends, in the folded text and in the source, ascending.
        self._begins, self._ends = [0], [0]
        self._from, self._to = [0], [0]
        size = at = 0
        for start, end, folded in _changes(source):
            pieces += (source[at:start], folded)
            size += start - at
            self._begins.append(size)
            self._from.append(start)
            size += len(folded)
            self._ends.append(size)
            self._to.append(end)
            at = end
        pieces.append(source[at:])
        self.text = "".join(pieces)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the source of a span of the folded text, which is not empty.

        A character that was folded to several is whole in it.
        """
        piece = bisect_right(self._begins, start) - 1
        inside = start < self._ends[piece]
        begins = self._from[piece] if inside else self._to[piece] + start - self._ends[piece]
        piece = bisect_left(self._begins, end) - 1
        inside = end <= self._ends[piece]
        ends = self._to[piece] if inside else self._to[piece] + end - self._ends[piece]
        return begins, ends

    def at(self, place: int) -> int:
        """Return the place in the folded text of a place in the source."""
        piece = bisect_right(self._from, place) - 1
        if place < self._to[piece]:
            return self._begins[piece]
        return self._ends[piece] + place - self._to[piece]


def folded(source: str) -> str:
    """Return the folded form of a text."""
    return Folded(source).text


def _changes(source: str) -> Iterator[tuple[int, int, str]]:
    """Yield the places of a text that fold to something else, with what they fold to."""
    special = _COMPOSED if is_normalized("NFC", source) else _DECOMPOSED
    for found in special.finditer(source):
        words, kind = found[0], found.lastgroup
        if kind == "ligature":
            becomes = normalized("NFKC", words)
        elif kind == "form":
            becomes = normalized("NFC", words)
        else:
            becomes = _FOLDED[kind]
        if becomes != words:
            yield found.start(), found.end(), becomes
