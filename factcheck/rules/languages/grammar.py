"""What the comparison of two statements knows of a language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import regex

from factcheck.rules.text.scripts import listed
from factcheck.rules.text.words import fold, stem

Sides = tuple[frozenset[str], frozenset[str]]
NEVER = regex.compile(r"(?!)")


@dataclass(frozen=True)
class Grammar:
    """Words of a language, folded as `rules/text/words.py` folds them.

    `denied` finds a word that denies by its ending. Of `opposites`, one statement has a form of one side where another
    has one of the other side; `inflected` says that these are stems. `capitals`: names alone have one.
    """

    empty: frozenset[str] = frozenset()
    negations: frozenset[str] = frozenset()
    denied: regex.Pattern[str] = NEVER
    opposites: tuple[Sides, ...] = ()
    inflected: bool = True
    months: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    tens: Mapping[str, int] = field(default_factory=dict)
    magnitudes: Mapping[str, float] = field(default_factory=dict)
    vague: Mapping[str, float] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    offices: frozenset[str] = frozenset()
    capitals: bool = True


def folded(words: str) -> frozenset[str]:
    """Return folded words that stand in a text, parted by blanks."""
    return frozenset(listed(fold(words)))


def opposed(pairs: str, language: str) -> tuple[Sides, ...]:
    """Return the stems of opposites: a line has two sides, parted by a bar."""
    found = []
    for line in pairs.strip().splitlines():
        one, other = (frozenset(stem(word, language) for word in listed(side.lower())) for side in line.split("|"))
        found.append((one - other, other - one))
    return tuple(found)


def numbered(words: str, first: int = 1) -> dict[str, int]:
    """Return numbers by their names, which come in order; names of one number are parted by a slash."""
    named = enumerate(listed(fold(words)), first)
    return {name: number for number, names in named for name in names.split("/")}


def counted(**magnitudes: str) -> dict[str, float]:
    """Return magnitudes by their names: `e6="million millions"`."""
    return {name: float(f"1{power}") for power, names in magnitudes.items() for name in listed(fold(names))}
