"""Excerpts: the words around what a search found, and where in them the hits are."""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from factcheck.rules.text.words import LONGEST, fold

AROUND = 60  # code points before the first hit
WIDE = 240  # code points of an excerpt
READ = 200_000  # folded letters of a text that are looked at

_LETTERS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Phrase:
    """Folded words one after the other. The last word of an `open` one is how a longer word may begin."""

    words: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True)
class Excerpt:
    """A part of a text and the spans ``[start, end)`` of its hits, in code points of the part."""

    text: str
    marks: tuple[tuple[int, int], ...]


def excerpt(text: str, wanted: Sequence[Phrase], most: int = READ) -> Excerpt | None:
    """Return the part of a text around the first hit, with all hits in it marked; None when there is none.

    Linear in the text, of which it looks at `most` folded letters. Where the part leaves something out, it begins or
    ends with an ellipsis.
    """
    marks = list(_hits(list(spans(text, most)), wanted))
    if not marks:
        return None
    first = marks[0][0]
    start = 0 if first <= AROUND else _word_begins(text, first - AROUND, first)
    end = min(len(text), start + WIDE)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    inside = tuple((begin + shift, stop + shift) for begin, stop in marks if begin >= start and stop <= end)
    return Excerpt(before + text[start:end] + after, inside)


def spans(text: str, most: int = READ) -> Iterator[tuple[str, int, int]]:
    """Yield the words that `rules/text/words.py` finds in a text, each with where it stands, in code points."""
    if text.isascii():  # each letter is folded into one, and many times faster
        for match in _LETTERS.finditer(text[:most].lower()):
            yield match[0][:LONGEST], match.start(), match.end()
        return
    folded, places = [], array("l")
    for at, letter in enumerate(text):
        each = _folded(letter)
        folded.append(each)
        places.extend([at] * len(each))
        if len(places) >= most:
            break
    for match in _LETTERS.finditer("".join(folded)):
        yield match[0][:LONGEST], places[match.start()], places[match.end() - 1] + 1


_folded = lru_cache(maxsize=2**12)(fold)


def _hits(found: Sequence[tuple[str, int, int]], wanted: Sequence[Phrase]) -> list[tuple[int, int]]:
    marks: list[tuple[int, int]] = []
    words = [word for word, *_ in found]
    begins: dict[str, list[int]] = {}
    for at, word in enumerate(words):
        begins.setdefault(word, []).append(at)
    for phrase in wanted:
        *whole, last = phrase.words
        if whole:
            starts = begins.get(whole[0], [])
        elif phrase.open:
            starts = sorted(at for word, places in begins.items() if word.startswith(last) for at in places)
        else:
            starts = begins.get(last, [])
        for at in starts:
            end = at + len(whole)
            if end >= len(found) or words[at:end] != whole:
                continue
            if words[end].startswith(last) if phrase.open else words[end] == last:
                marks.append((found[at][1], found[end][2]))
    return _merged(sorted(marks))


def _merged(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in marks:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _word_begins(text: str, at: int, before: int) -> int:
    """Return where the next word begins, so that an excerpt does not begin within one."""
    space = text.find(" ", at, before)
    return at if space < 0 else space + 1
