"""Whether two texts are probably the same claim, so that the second is not entered where entry is strict.

The score is between 0 and 1, and the same whichever comes first. Nothing is ordered by it.

The score is a logistic regression on what two statements share and on what they contradict each other in. Its
coefficients were fitted to `tests/data/matching.json` by `python -m benchmarks.matching --calibrate`, so that a score
of 0.5 is as likely the same claim as not, for pairs as they are there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

from factcheck.rules.languages.known import KNOWN, UNKNOWN
from factcheck.rules.matching.statements import Statement, statement, stem

THRESHOLD = 0.5  # from here on, two texts are more likely one claim than two
# From here on, two claims are reported as likely the same: 9 of 10 are. Of the pairs in `tests/data/matching.json` that
# reach it, 35 of 38 are the same, each scored by coefficients that were fitted without it.
LIKELY = 0.8
TELLING = 4  # words, small ones not counted: one word makes a shorter claim, such as "Photo of a shark", another one

COEFFICIENTS: Mapping[str, float] = {
    "constant": -3.57,
    "shared": 6.82,
    "figures": -5.67,
    "figures_left_out": -3.67,
    "dates": -5.51,
    "dates_left_out": -2.88,
    "names": -4.84,
    "names_left_out": -1.10,
    "opening": -4.43,
    "negation": -3.97,
    "opposites": -3.67,
}
# What is told of a score: the measures that say that the two differ in something that matters.
DIFFERENCES = ("figures", "dates", "names", "negation", "opposites")


@dataclass(frozen=True)
class Similarity:
    """How alike two statements are, and in what they contradict each other."""

    score: float
    differs: tuple[str, ...]


def similarity(a: Statement, b: Statement) -> Similarity:
    """Compare two statements. The same words, figures and dates are 1; no word in common is 0."""
    found = measures(a, b)
    differs = tuple(name for name in DIFFERENCES if found[name])
    if not a.words or not b.words or not found["shared"]:
        return Similarity(0.0, differs)
    if a.words == b.words and not differs:
        return Similarity(1.0, ())
    weighed = COEFFICIENTS["constant"] + sum(COEFFICIENTS[name] * value for name, value in found.items())
    return Similarity(1 / (1 + exp(-weighed)), differs)


def score(a: str, b: str, language: str | None = None) -> float:
    """Return how likely two texts are the same claim."""
    return similarity(statement(a, language), statement(b, language)).score


def repeats(new: Statement, old: Statement) -> bool:
    """Say whether a statement is so like one that is there that it is probably the same claim.

    Where the desk does not know how a language denies and opposes, only the same words are.
    """
    if new.words and new.words == old.words:
        return True
    known = new.language is not None and new.language == old.language
    return known and similarity(new, old).score >= THRESHOLD


def likely(a: Statement, b: Statement) -> float | None:
    """Return the score of two claims that likely say the same; None where they do not, or contradict each other.

    Of short claims, and where the desk does not know how a language denies and opposes, only the same words do.
    """
    found = similarity(a, b)
    if found.differs or found.score < LIKELY:
        return None
    known = a.language is not None and a.language == b.language
    tells = known and min(len(a.stems), len(b.stems)) >= TELLING
    return found.score if tells or a.words == b.words else None


def measures(a: Statement, b: Statement) -> dict[str, float]:
    """Return what two statements share and what they contradict each other in, each from 0 to 1, and symmetric."""
    missing_there, missing_here = _missing(a, b), _missing(b, a)
    opened = bool((missing_there or _opens_otherwise(a, b)) and (missing_here or _opens_otherwise(b, a)))
    names = bool(missing_there and missing_here)
    dated = [(a.days, b.days), (a.months, b.months), (a.years, b.years)]
    return {
        # One measure of three that go together: apart, the fit plays them off against each other.
        "shared": (_dice(a.stems, b.stems) + _contained(a.stems, b.stems) + _dice(a.letters, b.letters)) / 3,
        "figures": float(bool(a.figures - b.figures and b.figures - a.figures)),
        "figures_left_out": float(bool(a.figures) != bool(b.figures)),
        "dates": float(any(here - there and there - here for here, there in dated)),
        "dates_left_out": float(any(bool(here) != bool(there) for here, there in dated)),
        "names": float(names),
        "names_left_out": min(1.0, len(missing_there | missing_here) / 3),
        "opening": float(opened and not names),
        "negation": float(a.denies != b.denies),
        "opposites": float(_opposed(a, b)),
    }


def _missing(a: Statement, b: Statement) -> frozenset[str]:
    """Return the names of `a` that do not stand in `b`, in whatever case. Niger is not Nigeria: all letters count."""
    return a.names - b.said - b.names


def _opens_otherwise(a: Statement, b: Statement) -> bool:
    return a.opening is not None and a.opening not in b.names and stem(a.opening) not in b.stems


def _opposed(a: Statement, b: Statement) -> bool:
    if a.language != b.language:
        return False
    only_here, only_there = a.forms - b.forms, b.forms - a.forms
    return any(
        (only_here & one and only_there & other and not b.forms & one and not a.forms & other)
        or (only_there & one and only_here & other and not a.forms & one and not b.forms & other)
        for one, other in KNOWN.get(a.language or "", UNKNOWN).opposites
    )


def _dice(a: frozenset[str], b: frozenset[str]) -> float:
    return 2 * len(a & b) / (len(a) + len(b)) if a or b else 0.0


def _contained(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0
