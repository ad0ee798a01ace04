"""Find a quote in a text: W3C Web Annotation's TextQuoteSelector and TextPositionSelector.

Positions are Unicode code points, end exclusive (https://www.w3.org/TR/annotation-model/#text-position-selector).
The text is never altered: what is kept is always the text's own words at the place that was found.
"""

import unicodedata
from dataclasses import dataclass

CONTEXT = 32  # code points of prefix and of suffix that are kept
JOINER = "\u200d"
PLACES_TOLD = 20  # places listed when a quote is ambiguous


@dataclass(frozen=True)
class Span:
    """One place in a text. `exact` is ``text[start:end]``."""

    exact: str
    prefix: str
    suffix: str
    start: int
    end: int


class QuoteError(Exception):
    """The quote names no single place; says why in words that an analyst can act on."""


class QuoteAbsent(QuoteError):
    pass


class QuoteAmbiguous(QuoteError):
    def __init__(self, message: str, places: list[Span]) -> None:
        super().__init__(message)
        self.places = places


def place(
    text: str,
    exact: str,
    *,
    prefix: str | None = None,
    suffix: str | None = None,
    start: int | None = None,
    end: int | None = None,
) -> Span:
    """Return the one place of `exact` in `text`.

    A position decides alone and must hold the quote. Otherwise the quote must occur once, or once
    with this prefix before it and this suffix behind it. A quote typed in another Unicode form (NFD for NFC)
    is found too; the span that comes back holds the text's own form.

    Raises QuoteAbsent or QuoteAmbiguous (with at most 20 places).
    """
    if start is not None or end is not None:
        return _at(text, exact, start, end)
    forms = _forms(exact)
    found = sorted({(at, at + len(form)) for form in forms for at in occurrences(text, form)})
    if not found:
        raise QuoteAbsent("The quote does not occur in the article's text.")
    found = [(a, b) for a, b in found if not _cuts(text, a) and not _cuts(text, b)]
    if not found:
        raise QuoteAbsent("The quote occurs only as a part of a character: a letter without its marks.")
    fitting = [span(text, a, b) for a, b in found if _before(text, a, prefix) and _behind(text, b, suffix)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        places = [span(text, a, b) for a, b in found[:PLACES_TOLD]]
        where = ", ".join(f"[{one.start}, {one.end})" for one in places)
        raise QuoteAbsent(f"The quote occurs at {where}, but not with this prefix and suffix.")
    where = ", ".join(f"[{one.start}, {one.end})" for one in fitting[:PLACES_TOLD])
    raise QuoteAmbiguous(
        f"The quote occurs {len(fitting)} times, at {where}: add prefix and suffix, or start and end.",
        fitting[:PLACES_TOLD],
    )


def occurrences(text: str, exact: str) -> list[int]:
    """Return every start of `exact` in `text`, ascending, overlapping ones included."""
    starts, at = [], text.find(exact)
    while at != -1:
        starts.append(at)
        at = text.find(exact, at + 1)
    return starts


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
        raise QuoteAbsent(
            f"[{start}, {end}) is no place in a text of {len(text)} code points (start before end, end exclusive)."
        )
    here = text[start:end]
    if here not in forms:
        shown = here if len(here) <= 80 else here[:79] + "…"
        raise QuoteAbsent(f"The text at [{start}, {end}), counted in Unicode code points, is “{shown}”.")
    if _cuts(text, start) or _cuts(text, end):
        raise QuoteAbsent(f"[{start}, {end}) cuts a character in two: a letter from its marks, or a joined emoji.")
    return span(text, start, end)


def _cuts(text: str, at: int) -> bool:
    """Say whether a boundary lies inside what a reader sees as one character.

    The parts of Unicode's rules for grapheme clusters (UAX #29, GB9, GB9a, GB11) that the standard library can tell:
    marks belong to what is before them, and a zero width joiner holds what is around it together.
    """
    if not 0 < at < len(text):
        return False
    here = text[at]
    return (
        unicodedata.category(here).startswith("M")
        or here == JOINER
        or "\U0001f3fb" <= here <= "\U0001f3ff"  # skin tones
        or text[at - 1] == JOINER
    )


def _forms(exact: str) -> list[str]:
    """Return the quote as given and in both canonical forms, without repeats."""
    forms = (exact, unicodedata.normalize("NFC", exact), unicodedata.normalize("NFD", exact))
    return list(dict.fromkeys(forms))


def _before(text: str, start: int, prefix: str | None) -> bool:
    return not prefix or any(text.endswith(form, 0, start) for form in _forms(prefix))


def _behind(text: str, end: int, suffix: str | None) -> bool:
    return not suffix or any(text.startswith(form, end) for form in _forms(suffix))
