"""What a statement says, as far as letters show it: its words, names, figures and dates, and whether it denies.

What is known of a language is in `rules/languages/`. In any other, names, figures in digits and years are found all the
same; denials, months and figures in words are not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from factcheck.rules.languages.grammar import Grammar
from factcheck.rules.languages.guessing import language_of
from factcheck.rules.languages.known import KNOWN, UNKNOWN
from factcheck.rules.matching.terms import LOOKED_AT
from factcheck.rules.text.normal_forms import normalized
from factcheck.rules.text.words import Token, fold, stems, tokens

STEM = 5  # letters
RUN = 3  # letters
_DAY = re.compile(r"\b([0-9]{4})-([0-9]{2})-([0-9]{2})\b")
_JOINED = re.compile(r"([0-9]+)([a-z]+)")  # 5bn
_FIGURE = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Statement:
    """A text taken apart.

    `said` has its words, with places for their adjectives; `forms` what is compared with the opposites of its language;
    `opening` is its first word when nothing tells whether that is a name. `language` is None unless its denials and
    opposites are known.
    """

    words: tuple[str, ...]
    said: frozenset[str]
    stems: frozenset[str]
    forms: frozenset[str]
    letters: frozenset[str]
    names: frozenset[str]
    opening: str | None
    figures: frozenset[float]
    days: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    denies: bool
    language: str | None


def statement(text: str, language: str | None = None) -> Statement:
    """Take the first 1,000 code points of a text apart; `language` is a tag, where somebody said so."""
    text = normalized("NFKC", text[:LOOKED_AT])
    language = language_of(text, language)
    known = KNOWN.get(language or "", UNKNOWN)
    whole = tokens(text, language)
    folded = tuple(token.text for token in whole)
    days, months, years = set[int](), set[int](), set[int]()

    def day(found: re.Match[str]) -> str:
        years.add(int(found[1]))
        months.add(int(found[2]))
        days.add(int(found[3]))
        return " "

    rest = _DAY.sub(day, text)
    found = whole if rest == text else tokens(rest, language)
    spelt = [rest[token.start : token.end] for token in found]
    gaps = [rest[end : token.start] for end, token in zip([0, *(each.end for each in found)], found, strict=False)]
    names, opening = _names(spelt, gaps, known)
    plain = [token.text for token in found]
    dated = _dates(spelt, plain, known, days, months, years)
    kept = [";" if at in dated else word for at, word in enumerate(plain)]
    return Statement(
        folded,
        frozenset(_place(word, known) for word in folded),
        frozenset(stem(_place(word, known)) for word in folded if word not in known.empty | known.negations),
        frozenset(stems(found, language) if known.inflected else plain),
        frozenset(runs(" ".join(folded))),
        frozenset(names),
        opening,
        frozenset(_figures(kept, gaps, known)),
        frozenset(days),
        frozenset(months),
        frozenset(years),
        _denies(found, gaps, known),
        language if known is not UNKNOWN else None,
    )


def stem(word: str) -> str:
    """Return what is compared of a folded word: its beginning; of a number, all of it."""
    return word if word[0].isdigit() else word[:STEM]


def runs(folded: str) -> set[str]:
    """Return the runs of letters of a text whose words are parted by single spaces."""
    padded = f" {folded} " if folded else ""
    return {padded[at : at + RUN] for at in range(len(padded) - RUN + 1)}


def _place(word: str, known: Grammar) -> str:
    return known.places.get(word) or known.places.get(word.removesuffix("s"), word)


def _denies(found: Sequence[Token], gaps: Sequence[str], known: Grammar) -> bool:
    """Say whether a text denies. In English two denials make none; elsewhere two are often one ("ne … pas")."""
    denials = 0
    for at, (token, gap) in enumerate(zip(found, gaps, strict=True)):
        shortened = token.text == "t" and gap in ("'", "’") and f"{found[at - 1].text}t" in known.negations
        denials += shortened or token.text in known.negations or known.denied.match(token.text) is not None
    return denials > 0 if known.inflected else denials % 2 == 1


def _names(spelt: Sequence[str], gaps: Sequence[str], known: Grammar) -> tuple[set[str], str | None]:
    """Return the words with a capital that does not come from where they stand, and the first one if it may."""
    names, opening = set[str](), None
    if not known.capitals:
        return names, opening
    letters = [word for word in spelt if word[0].isalpha() and len(word) > 3]
    # In a headline every word may have one.
    shouted = len(letters) > 2 and all(word.isupper() for word in letters)
    shouted = shouted or (len(letters) > 6 and sum(word[0].isupper() for word in letters) > 0.8 * len(letters))
    if shouted:
        return names, opening
    for at, (word, gap) in enumerate(zip(spelt, gaps, strict=True)):
        if not word[0].isupper():
            continue
        name = _place(fold(word), known)
        if len(name) < 2 or name in known.empty | known.offices | known.negations or name in known.months:
            continue
        begins = at == 0 or any(each in gap for each in ".!?:;")
        if not begins or (len(word) > 1 and word.isupper()):
            names.add(name)
        elif opening is None:
            opening = name
    return names, opening


def _dates(
    spelt: Sequence[str], plain: Sequence[str], known: Grammar, days: set[int], months: set[int], years: set[int]
) -> set[int]:
    """Add the days, months and years that are named, and return the places of the words that name them."""
    taken = set[int]()
    for at, word in enumerate(plain):
        if word in known.months and (known.inflected or spelt[at][0].isupper()):
            # "20 de julio": a small word may stand between.
            near = [each for each in (at - 1, at + 1, at - 2) if 0 <= each < len(plain)]
            beside = [
                each for each in near if _is_day(plain[each]) and (each != at - 2 or plain[at - 1] in known.empty)
            ]
            year = [each for each in range(at + 1, min(at + 4, len(plain))) if _is_year(plain[each])]
            if word in ("may", "march") and not beside and not year:
                continue
            months.add(known.months[word])
            taken.add(at)
            if beside:
                days.add(int(plain[beside[0]]))
                taken.add(beside[0])
        elif _is_year(word):
            years.add(int(word))
            taken.add(at)
    return taken


def _is_day(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 2 and 1 <= int(word) <= 31


def _is_year(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) == 4 and "1900" <= word < "2100"


def _figures(plain: Sequence[str], gaps: Sequence[str], known: Grammar) -> Iterator[float]:
    """Yield the numbers, in digits and in words: "1.2 million", "half a million", "twenty-five"."""
    value: float | None = None
    halved = False
    before = ""
    for part in _parts(plain, gaps):
        number = _number(part, known)
        if part in known.magnitudes and (value is not None or len(part) > 2):
            value = (1.0 if value is None else value) * known.magnitudes[part] * (0.5 if halved else 1)
            halved = False
        elif number is not None and value is not None and before in known.tens and part in known.units:
            value += number
        else:
            # "One" by itself is as often somebody as a number, and in most languages an article.
            if value is not None and known.units.get(before) != 1:
                yield value
            value = number
            if part in known.vague:
                yield known.vague[part] + 0.5  # apart from the number itself
        halved = part == "half" or (halved and part in ("a", "of"))
        before = part


def _parts(plain: Sequence[str], gaps: Sequence[str]) -> Iterator[str]:
    """Yield the words, digits apart from letters, and ";" where a sentence or a part of it ends."""
    thousands = ""  # the digits so far of "11 000", which not every language writes so
    for word, gap in zip(plain, gaps, strict=True):
        if thousands and gap == " " and len(word) == 3 and word.isdigit():
            thousands += word
            continue
        if thousands:
            yield thousands
            thousands = ""
        if any(each in gap for each in ".!?:;"):
            yield ";"
        joined = _JOINED.fullmatch(word)
        if word.isdigit() and len(word) <= 3:
            thousands = word
        else:
            yield from joined.groups() if joined else (word,)
    yield from (thousands, ";") if thousands else (";",)


def _number(part: str, known: Grammar) -> float | None:
    if part in known.units or part in known.tens:
        return float(known.units.get(part) or known.tens.get(part) or 0)
    return float(part[:40]) if _FIGURE.fullmatch(part) else None
