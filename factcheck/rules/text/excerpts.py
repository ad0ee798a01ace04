"""Excerpts: the words around what a search found, and where in them the hits are."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from factcheck.rules.text.words import Token, sought, stem, stems_of, walk_past

AROUND = 60  # code points before the first hit
WIDE = 240  # code points of an excerpt
READ = 200_000  # code points of a text that are looked at
BORING = 10_000  # words that are remembered to be in no phrase


@dataclass(frozen=True)
class Phrase:
    """Folded words one after the other. The last word of an `open` one is how a longer word may begin.

    `spelt` has the words with their accents: a single word that has it is found in its other forms as well.
    """

    words: tuple[str, ...]
    open: bool = False
    spelt: tuple[str, ...] = ()


@dataclass(frozen=True)
class Excerpt:
    """A part of a text and the spans ``[start, end)`` of its hits, in code points of the part."""

    text: str
    marks: tuple[tuple[int, int], ...]


def phrase(text: str, *, opened: bool = False, inflected: bool = False, language: str | None = None) -> Phrase | None:
    """Return the phrase that finds a text; None where it has no word. `inflected`: a single word in its other forms."""
    found, may_go_on = sought(text, language)
    if not found:
        return None
    spelt = tuple(each.word for each in found) if inflected and len(found) == 1 and not opened else ()
    return Phrase(tuple(each.text for each in found), opened or may_go_on, spelt)


def excerpt(text: str, wanted: Sequence[Phrase], most: int = READ, language: str | None = None) -> Excerpt | None:
    """Return the part of a text around the first hit, with all hits in it marked; None when there is none.

    Linear in the text, of which it looks at `most` code points, and at none behind the excerpt. Where the part leaves
    something out, it begins or ends with an ellipsis.
    """
    marks = _hits(text[:most], wanted, language)
    if not marks:
        return None
    first = marks[0][0]
    start = 0 if first <= AROUND else _word_begins(text, first - AROUND, first)
    end = min(len(text), start + WIDE)
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    inside = tuple((begin + shift, stop + shift) for begin, stop in marks if begin >= start and stop <= end)
    return Excerpt(before + text[start:end] + after, inside)


class _Sought:
    """Phrases as they are looked for in texts of one language, with the words that are known to be in none of them."""

    def __init__(self, wanted: Sequence[Phrase], family: str | None) -> None:
        self.closing: defaultdict[str, list[Phrase]] = defaultdict(list)  # by their last word
        for each in wanted:
            if not each.open:
                self.closing[each.words[-1]].append(each)
        self.going_on = [each for each in wanted if each.open]
        self.family = family
        self.forms = {stem(each.spelt[0], family) for each in wanted if each.spelt} if family else set[str]()
        self.inside = {word for each in wanted for word in each.words[:-1]}
        self.longest = max((len(each.words) for each in wanted), default=1)
        self.boring: set[str] = set()

    def is_form(self, token: Token) -> bool:
        return bool(self.forms and self.family and stem(token.word, self.family) in self.forms)


_sought = lru_cache(maxsize=64)(_Sought)


def _hits(text: str, wanted: Sequence[Phrase], language: str | None) -> list[tuple[int, int]]:
    """Return where the phrases stand, as far as an excerpt around the first of them may reach."""
    sought = _sought(tuple(wanted), stems_of(language))
    recent: deque[tuple[str, int]] = deque(maxlen=sought.longest)
    marks: list[tuple[int, int]] = []
    next_number = 0
    for number, token in walk_past(text, language, sought.boring):
        if number != next_number:  # no phrase goes on over a word that was left out
            recent.clear()
        next_number = number + 1
        if marks and token.start > marks[0][0] + WIDE:
            break
        closes, opens = sought.closing.get(token.text, ()), False
        recent.append((token.text, token.start))
        form = sought.is_form(token)
        if form:
            marks.append((token.start, token.end))
        for each in closes:
            _mark(each, recent, token.end, marks)
        for each in sought.going_on:
            if token.text.startswith(each.words[-1]):
                opens = True
                _mark(each, recent, token.end, marks)
        if not (closes or opens or form or token.text in sought.inside) and len(sought.boring) < BORING:
            sought.boring.add(token.text)
    return _merged(sorted(marks))


def _mark(phrase: Phrase, recent: deque[tuple[str, int]], end: int, marks: list[tuple[int, int]]) -> None:
    first = len(recent) - len(phrase.words)
    if first >= 0 and phrase.words[:-1] == tuple([recent[at][0] for at in range(first, len(recent) - 1)]):
        marks.append((recent[first][1], end))


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
