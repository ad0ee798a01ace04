"""What a statement says, as far as letters show it: its words, names, figures and dates, and whether it denies.

The lists are English (`rules/languages/english.py`). In other languages names, figures in digits and years are found
all the same; negations, months and figures in words are not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from factcheck.rules.languages.english import EMPTY, MAGNITUDES, MONTHS, NEGATIONS, OFFICES, PLACES, TENS, UNITS, VAGUE
from factcheck.rules.text.normal_forms import normalized
from factcheck.rules.text.shingles import LOOKED_AT, runs, stem
from factcheck.rules.text.stored_words import fold, words

_TOKEN = re.compile(r"[0-9]+(?:[,\u00a0\u202f ][0-9]{3}(?![0-9]))*(?:\.[0-9]+)?|[^\W\d_]+(?:['’-][^\W\d_]+)*|[.!?:;]")
_DAY = re.compile(r"\b([0-9]{4})-([0-9]{2})-([0-9]{2})\b")
_SEPARATORS = str.maketrans("", "", ", \u00a0\u202f")
_PARTED, _POSSESSIVE = re.compile("['’-]"), re.compile("['’]s?$")
_APOSTROPHES = str.maketrans("", "", "'’")


@dataclass(frozen=True)
class Statement:
    """A text taken apart.

    `said` has its words, with places for their adjectives; `opening` is its first word when nothing tells whether
    that is a name.
    """

    words: tuple[str, ...]
    said: frozenset[str]
    stems: frozenset[str]
    letters: frozenset[str]
    names: frozenset[str]
    opening: str | None
    figures: frozenset[float]
    days: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    denies: bool


def statement(text: str) -> Statement:
    """Take a text apart: the first 1,000 code points of it."""
    text = text[:LOOKED_AT]
    folded = tuple(words(text))
    days, months, years = set[int](), set[int](), set[int]()

    def day(found: re.Match[str]) -> str:
        years.add(int(found[1]))
        months.add(int(found[2]))
        days.add(int(found[3]))
        return " "

    tokens = _TOKEN.findall(_DAY.sub(day, normalized("NFKC", text)))
    names, opening = _names(tokens)
    plain = [fold(token).translate(_APOSTROPHES) for token in tokens]
    dated = _dates(tokens, plain, days, months, years)
    figures = frozenset(_figures([word if at not in dated else ";" for at, word in enumerate(plain)]))
    return Statement(
        folded,
        frozenset(map(_place, folded)),
        frozenset(stem(_place(word)) for word in folded if word not in EMPTY and word not in NEGATIONS),
        frozenset(runs(" ".join(folded))),
        frozenset(names),
        opening,
        figures,
        frozenset(days),
        frozenset(months),
        frozenset(years),
        sum(word in NEGATIONS for word in plain) % 2 == 1,
    )


def _place(word: str) -> str:
    return PLACES.get(word) or PLACES.get(word.removesuffix("s"), word)


def _names(tokens: list[str]) -> tuple[set[str], str | None]:
    """Return the words with a capital that does not come from where they stand, and the first one if it may."""
    names, opening, begins = set[str](), None, True
    letters = [token for token in tokens if token[0].isalpha() and len(token) > 3]
    # In a headline every word may have one.
    shouted = len(letters) > 2 and all(token.isupper() for token in letters)
    shouted = shouted or (len(letters) > 6 and sum(token[0].isupper() for token in letters) > 0.8 * len(letters))
    for each in tokens:
        if each in ".!?:;":
            begins = True
            continue
        if each[0].isupper() and not shouted:
            for part in _PARTED.split(_POSSESSIVE.sub("", each)):
                name = _place(fold(part))
                if len(name) < 2 or name in EMPTY or name in OFFICES or name in MONTHS or name in NEGATIONS:
                    continue
                if not begins or (len(part) > 1 and part.isupper()):
                    names.add(name)
                elif opening is None:
                    opening = name
        begins = False
    return names, opening


def _dates(tokens: list[str], plain: list[str], days: set[int], months: set[int], years: set[int]) -> set[int]:
    """Add the days, months and years that are named, and return the places of the tokens that name them."""
    taken = set[int]()
    for at, word in enumerate(plain):
        if word in MONTHS and tokens[at][0].isupper():
            beside = [each for each in (at - 1, at + 1) if 0 <= each < len(plain) and _is_day(plain[each])]
            year = [each for each in (at + 1, at + 2) if each < len(plain) and _is_year(plain[each])]
            if word in ("may", "march") and not beside and not year:
                continue
            months.add(MONTHS[word])
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


def _figures(plain: list[str]) -> Iterator[float]:
    """Yield the numbers, in digits and in words: "1.2 million", "half a million", "twenty-five"."""
    parts = [part for word in plain for part in (word.split("-") if word[0].isalpha() else [word])]
    value: float | None = None
    halved = False
    before = ""
    for part in [*parts, ";"]:
        number = _number(part)
        if part in MAGNITUDES and (value is not None or len(part) > 2):
            value = (1.0 if value is None else value) * MAGNITUDES[part] * (0.5 if halved else 1)
            halved = False
        elif number is not None and value is not None and before in TENS and part in UNITS:
            value += number
        else:
            # "One" by itself is as often somebody as a number.
            if value is not None and before != "one":
                yield value
            value = number
            if part in VAGUE:
                yield VAGUE[part] + 0.5  # apart from the number itself
        halved = part == "half" or (halved and part in ("a", "of"))
        before = part


def _number(part: str) -> float | None:
    if part in UNITS or part in TENS:
        return float(UNITS.get(part) or TENS.get(part) or 0)
    if part[:1].isdigit() and part.isascii():
        return float(part.translate(_SEPARATORS)[:40])
    return None
