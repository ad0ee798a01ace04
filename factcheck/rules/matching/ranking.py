"""The order of the claims that were found for a text, and how likely each says the same.

Both were fitted to public pairs by `python -m benchmarks.fitting`, which prints `fitted.json`, and with a sentence
model `fitted_meaning.json`. The order is a weighted sum of features. The score is the logistic of that sum, of how far
it stands above what is usually found by chance, and of the share that the claim has among all that were found: one that
is far behind another hardly says the same. Claims of the same words hardly take from each other's share.
"""

import json
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from math import exp
from typing import Any, NamedTuple

from factcheck.rules.matching.features import FEATURES, LIKE

AGAIN = 0.1  # what a claim of the same words counts in another's share
NEAREST, LAST = 5, 20  # those between these places are there by chance
MEANING = "meaning"  # the name of what a sentence model adds to the FEATURES
DIGITS = 6  # of a sum: claims of the same words are equal, and the older one comes first


class ModelUse(StrEnum):
    """Whether a sentence model that is set said how close claims are in meaning."""

    USED = "used"
    UNAVAILABLE = "unavailable"


class Ranked(NamedTuple):
    """The place of a claim among those that were given, and how likely it says the same, from 0 to 1."""

    place: int
    score: float


class Fitted(NamedTuple):
    """Weights of the features; the sums of the nearest by chance; the constant and weights of the score."""

    weights: Mapping[str, float]
    by_chance: Sequence[float]
    score: Sequence[float]


@cache
def fitted(*, meaning: bool = False) -> Fitted:
    """Return the coefficients that are shipped: those for words alone, or those with the feature MEANING."""
    name = "fitted_meaning.json" if meaning else "fitted.json"
    read: dict[str, Any] = json.loads((files(__package__) / name).read_text(encoding="utf-8"))
    return Fitted(read["weights"], read["by_chance"], read["score"])


def ranked(
    measured: Sequence[Sequence[float]], said: Sequence[Hashable], claims: int, meanings: Sequence[float] | None = None
) -> list[Ranked]:
    """Order claims by their FEATURES, the likeliest first, of equals the one that is given first.

    `said` has for each claim what is the same for claims of the same words; `claims` is how many the desk has;
    `meanings` how close each is in meaning, where a sentence model says so.
    """
    known = fitted(meaning=meanings is not None)
    weights = [known.weights[name] for name in FEATURES]
    if meanings is not None:
        weights.append(known.weights[MEANING])
        measured = [[*values, meaning] for values, meaning in zip(measured, meanings, strict=True)]
    sums = [round(sum(map(float.__mul__, weights, values)), DIGITS) for values in measured]
    order = sorted(range(len(sums)), key=lambda place: -sums[place])
    beside = evidence([sums[place] for place in order], [said[place] for place in order], known.by_chance, claims)
    constant, *factors = known.score
    found, least = [], 1.0
    for place, values in zip(order, beside, strict=True):
        weighed = constant + sum(factor * value for factor, value in zip(factors, values, strict=True))
        least = min(least, 1 / (1 + exp(-max(-30.0, min(30.0, weighed)))))
        found.append(Ranked(place, least))
    return found


def evidence(
    sums: Sequence[float], said: Sequence[Hashable], by_chance: Sequence[float], claims: int
) -> list[tuple[float, float, float]]:
    """Return what the score of each claim follows from: its sum, how far that is above chance, and its share.

    The sums come the highest first. A desk of few claims is seen as if it had LIKE of them: `by_chance` stands for the
    nearest of those that it does not have.
    """
    if not sums:
        return []
    first: dict[Hashable, int] = {}
    for at, each in enumerate(said):
        first.setdefault(each, at)
    different = [sums[at] for at in first.values()][:LAST]
    missing = max(0.0, 1 - claims / LIKE)
    padded = [*different, *by_chance[len(different) :]]
    chance = sum(padded[NEAREST:]) / (LAST - NEAREST)
    powers = [exp(each - sums[0]) for each in sums]
    every = sum(exp(each - sums[0]) for each in different)
    every += missing * sum(exp(each - sums[0]) for each in by_chance)
    same: defaultdict[Hashable, float] = defaultdict(float)
    for each, power in zip(said, powers, strict=True):
        same[each] += power
    found, least = [], 1.0
    for at, (each, power) in enumerate(zip(said, powers, strict=True)):
        others = max(0.0, every - powers[first[each]])
        least = min(least, power / (power + others + AGAIN * (same[each] - power)))
        found.append((sums[at], sums[at] - chance, least))
    return found
