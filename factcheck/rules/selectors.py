"""Find a quote in a text: W3C Web Annotation's TextQuoteSelector and TextPositionSelector.

Positions are Unicode code points, end exclusive (https://www.w3.org/TR/annotation-model/#text-position-selector).
The text is never altered: what is kept is always the text's own words at the place that was found.

Looking for a quote ends at the 21st place, so that a letter that occurs a million times costs no more than one that
occurs 21 times. What remains is reading the text, once for each quote: `Effort` bounds that.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from factcheck.rules import quote_words
from factcheck.rules.quote_words import PLACES_TOLD, Place
from factcheck.rules.text.graphemes import boundary
from factcheck.rules.text.normal_forms import crowded, normalized
from factcheck.rules.text.typography import Folded, folded

CONTEXT = 32  # code points of prefix and of suffix that are kept
EFFORT = 300_000_000  # code points that are read to find quotes: a second at most, and a tenth for usual words
PLACE = 2000  # code points that could be read in the time that it takes to look at one place
MIXED = 1000  # places looked at for a prefix and a suffix in another Unicode form than the quote


@dataclass(frozen=True)
class Span:
    """One place in a text. `exact` is ``text[start:end]``."""

    exact: str
    prefix: str
    suffix: str
    start: int
    end: int


class QuoteError(Exception):
    """The quote names no single place; `detail` says why in words that an analyst can act on."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class QuoteAbsent(QuoteError):
    pass


class QuoteAmbiguous(QuoteError):
    def __init__(self, detail: str, places: list[Span]) -> None:
        super().__init__(detail)
        self.places = places


class QuoteCostly(QuoteError):
    pass


class Effort:
    """How many code points may still be read to find quotes: those of one claim, or of all that a request brings."""

    def __init__(self, most: int = EFFORT) -> None:
        self.left = most

    def spend(self, read: int) -> None:
        """Count what was read. Raises QuoteCostly when it is too much."""
        self.left -= read
        if self.left < 0:
            raise QuoteCostly(quote_words.COSTLY)


class _Needle(NamedTuple):
    """What is looked for: the quote stands at ``[begins, ends)`` of it, between its prefix and its suffix."""

    words: str
    begins: int
    ends: int


def place(
    text: str,
    exact: str,
    *,
    prefix: str | None = None,
    suffix: str | None = None,
    start: int | None = None,
    end: int | None = None,
    effort: Effort | None = None,
) -> Span:
    """Return the one place of `exact` in `text`.

    A position decides alone and must hold the quote. Otherwise the quote must occur once, or once
    with this prefix before it and this suffix behind it. It must begin and end between two characters as people see
    them. A quote typed in another Unicode form (NFD for NFC) is found too; the span that comes back holds the text's
    own form.

    Raises QuoteAbsent, QuoteAmbiguous (with at most 20 places), or QuoteCostly when the `effort` is used up.
    """
    if start is not None or end is not None:
        return _at(text, exact, start, end)
    effort = effort or Effort()
    forms = _forms(exact)
    found: list[Place] = []
    if prefix or suffix:
        found = _with_context(text, forms, _forms(prefix or ""), _forms(suffix or ""), effort)
    anywhere, cut = ([], None) if found else _first(text, _places(text, _alone(forms), effort))
    if anywhere and (prefix or suffix):
        raise QuoteAbsent(quote_words.elsewhere(anywhere))
    found = found or anywhere
    if len(found) == 1:
        return span(text, *found[0])
    if found:
        raise QuoteAmbiguous(quote_words.ambiguous(found), _spans(text, found))
    if cut:
        raise QuoteAbsent(quote_words.only_cut(text, *cut))
    raise QuoteAbsent(quote_words.ABSENT)


def place_as_set(
    text: Folded,
    exact: str,
    *,
    prefix: str | None = None,
    suffix: str | None = None,
    start: int | None = None,
    end: int | None = None,
    effort: Effort,
) -> Span | None:
    """Return the one place of words that the text sets in another way than `exact`, None if they are not there.

    As a person types or pastes them: with other spaces, quotation marks, dashes. Of a position, both ends must be
    given. Raises QuoteAmbiguous, or QuoteCostly when the `effort` is used up.
    """
    words = folded(exact).strip()
    if not words:
        return None
    if start is not None or end is not None:
        if start is None or end is None or not 0 <= start < end <= len(text.source):
            return None
        same = folded(text.source[start:end]).strip() == words and _whole(text.source, start, end)
        return span(text.source, start, end) if same else None
    before, behind = folded(prefix or ""), folded(suffix or "")
    needle = _Needle(before + words + behind, len(before), len(before) + len(words))
    places = (text.place(*each) for each in _places(text.text, [needle], effort))
    found, _ = _first(text.source, places)
    if len(found) > 1:
        raise QuoteAmbiguous(quote_words.ambiguous(found), _spans(text.source, found))
    return span(text.source, *found[0]) if found else None


def occurrences(text: str, exact: str, effort: Effort) -> Iterator[int]:
    """Yield every start of `exact` in `text`, ascending, overlapping ones included, as far as it is asked."""
    at = text.find(exact)
    read = 0
    while at != -1:
        effort.spend(at + len(exact) - read + PLACE)
        read = at + len(exact)
        yield at
        at = text.find(exact, at + 1)
    effort.spend(len(text) - read)


def span(text: str, start: int, end: int) -> Span:
    """Cut the span ``[start, end)`` with 32 code points of its surroundings."""
    return Span(text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT], start, end)


def _at(text: str, exact: str, start: int | None, end: int | None) -> Span:
    forms = _forms(exact)
    if start is None:
        assert end is not None
        start = end - next((len(form) for form in forms if text.endswith(form, 0, max(end, 0))), len(exact))
    if end is None:
        end = start + next((len(form) for form in forms if text.startswith(form, start)), len(exact))
    if not 0 <= start < end <= len(text):
        raise QuoteAbsent(quote_words.no_place(start, end, len(text)))
    if not any(len(form) == end - start and text.startswith(form, start) for form in forms):
        shown = text[start:end] if end - start <= 80 else text[start : start + 79] + "…"
        raise QuoteAbsent(quote_words.other_words(start, end, shown))
    if not _whole(text, start, end):
        raise QuoteAbsent(quote_words.cut(text, start, end))
    return span(text, start, end)


def _places(text: str, needles: Sequence[_Needle], effort: Effort) -> Iterator[Place]:
    """Yield the places of the quote in these needles, ascending and each once, as far as it is asked."""
    last = None
    for each in heapq.merge(*(_places_of(text, needle, effort) for needle in dict.fromkeys(needles))):
        if each != last:
            yield each
        last = each


def _places_of(text: str, needle: _Needle, effort: Effort) -> Iterator[Place]:
    for at in occurrences(text, needle.words, effort):
        yield at + needle.begins, at + needle.ends


def _with_context(
    text: str, forms: Sequence[str], prefixes: Sequence[str], suffixes: Sequence[str], effort: Effort
) -> list[Place]:
    """Return the first places with this prefix and suffix, which are looked for together with the quote.

    What was typed in one form is found wherever it is. Where the text's own forms change from one to the other, that
    shows only by looking at the places of the quote, so at the first MIXED of these.
    """
    aligned = [
        _Needle(before + words + behind, len(before), len(before) + len(words))
        for before, words, behind in zip(prefixes, forms, suffixes, strict=True)
    ]
    found, _ = _first(text, _places(text, aligned, effort))
    if found or len(set(aligned)) == 1:
        return found
    mixed = (
        (begins, ends)
        for begins, ends in islice(_places(text, _alone(forms), effort), MIXED)
        if any(text.endswith(before, 0, begins) for before in prefixes)
        and any(text.startswith(behind, ends) for behind in suffixes)
    )
    return _first(text, mixed)[0]


def _first(text: str, places: Iterable[Place]) -> tuple[list[Place], Place | None]:
    """Return the first of these places that cut no character, one more than are told, and the first that cuts one."""
    found: list[Place] = []
    cut = None
    for each in places:
        if _whole(text, *each):
            found.append(each)
            if len(found) > PLACES_TOLD:
                break
        elif cut is None:
            cut = each
    return found, cut


def _alone(forms: Sequence[str]) -> list[_Needle]:
    return [_Needle(form, 0, len(form)) for form in forms]


def _whole(text: str, begins: int, ends: int) -> bool:
    return boundary(text, begins) and boundary(text, ends)


def _spans(text: str, places: Sequence[Place]) -> list[Span]:
    return [span(text, *each) for each in places[:PLACES_TOLD]]


def _forms(typed: str) -> tuple[str, str, str]:
    """Return a text as given and in both canonical forms."""
    if typed.isascii() or crowded(typed):
        return typed, typed, typed
    return typed, normalized("NFC", typed), normalized("NFD", typed)
