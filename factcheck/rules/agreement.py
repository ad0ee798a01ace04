"""How far first and second opinions agree: observed agreement, and Cohen's kappa, which takes off what chance gives.

Source: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960),
37-46. The two raters are the places, first and second, whoever stood in them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from factcheck.messages import message


@dataclass(frozen=True)
class Agreement:
    """What a square of counts comes to. Shares are from 0 to 1, kappa from -1 to 1.

    `observed` and `expected` are None when there is nothing to count; `kappa` is None when it is undefined, and
    `undefined` says why then.
    """

    n: int
    agreed: int
    first: Mapping[str, int]
    second: Mapping[str, int]
    observed: float | None
    expected: float | None
    kappa: float | None
    undefined: str | None


def of(counts: Mapping[tuple[str, str], int]) -> Agreement:
    """Return the agreement of pairs of verdicts, given how often each pair (first, second) was there.

    `expected` is the share on which two raters would agree who gave each verdict as often as these did, but by lot.
    Counts must not be negative. Reckoned in whole numbers, divided once: the order of the pairs never matters.
    """
    first: Counter[str] = Counter()
    second: Counter[str] = Counter()
    for (one, other), count in counts.items():
        first[one] += count
        second[other] += count
    n = first.total()
    agreed = sum(count for (one, other), count in counts.items() if one == other)
    if n == 0:
        return Agreement(0, 0, first, second, None, None, None, message("There is nothing to compare."))
    by_lot = sum(count * second[verdict] for verdict, count in first.items())  # of n * n
    observed, expected = agreed / n, by_lot / (n * n)
    if by_lot == n * n:
        why = message("Every opinion is the same verdict: chance alone would agree as often.")
        return Agreement(n, agreed, first, second, observed, expected, None, why)
    kappa = (n * agreed - by_lot) / (n * n - by_lot)
    return Agreement(n, agreed, first, second, observed, expected, kappa, None)
