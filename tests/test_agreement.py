"""Cohen's kappa: known answers, and what must hold of any square of counts."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.rules import agreement
from factcheck.rules.opinions import demanded, open_to
from factcheck.rules.status import UNCHECKABLE, Kind, Question

Counts = dict[tuple[str, str], int]
VERDICTS = ("verified", "disputed", "refuted", "unverifiable")
SQUARES = st.dictionaries(
    st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), st.integers(0, 10**9), max_size=16
)


def square(*rows: tuple[int, ...]) -> Counts:
    return {(VERDICTS[i], VERDICTS[j]): count for i, row in enumerate(rows) for j, count in enumerate(row)}


@pytest.mark.parametrize(
    ("counts", "observed", "expected", "kappa"),
    [
        # Cohen (1960), the table of 200 cases: .70 observed, .41 by chance, kappa .492.
        (square((88, 14, 18), (10, 40, 10), (2, 6, 12)), 0.70, 0.41, 0.29 / 0.59),
        # Two readers of 50 proposals; kappa .4.
        (square((20, 5), (10, 15)), 0.70, 0.50, 0.40),
        # The same observed agreement, another kappa: the sums differ.
        (square((45, 15), (25, 15)), 0.60, 0.54, 0.06 / 0.46),
        (square((25, 35), (5, 35)), 0.60, 0.46, 0.14 / 0.54),
        (square((10, 0), (0, 10)), 1.0, 0.5, 1.0),
        (square((0, 10), (10, 0)), 0.0, 0.5, -1.0),
        (square((0, 0, 0, 7), (0, 0, 0, 3)), 0.0, 0.0, 0.0),
    ],
)
def test_known_answers(counts: Counts, observed: float, expected: float, kappa: float) -> None:
    found = agreement.of(counts)
    assert (found.observed, found.expected) == (pytest.approx(observed), pytest.approx(expected))
    assert found.kappa == pytest.approx(kappa)
    assert found.undefined is None


def test_what_has_no_kappa_says_why() -> None:
    for nothing in ({}, square((0, 0), (0, 0))):
        found = agreement.of(nothing)
        assert (found.n, found.observed, found.expected, found.kappa) == (0, None, None, None)
        assert found.undefined
    alike = agreement.of(square((12, 0), (0, 0)))
    assert (alike.n, alike.observed, alike.expected, alike.kappa) == (12, 1.0, 1.0, None)
    assert alike.undefined
    assert alike.undefined != agreement.of({}).undefined


@given(SQUARES)
def test_kappa_is_what_its_definition_says(counts: Counts) -> None:
    found = agreement.of(counts)
    n = sum(counts.values())
    assert found.n == n == sum(found.first.values()) == sum(found.second.values())
    if n == 0:
        return
    observed = Fraction(sum(count for (one, other), count in counts.items() if one == other), n)
    expected = sum(
        (
            Fraction(sum(c for (one, _), c in counts.items() if one == each), n)
            * Fraction(sum(c for (_, other), c in counts.items() if other == each), n)
            for each in VERDICTS
        ),
        Fraction(0),
    )
    assert found.observed == float(observed)
    assert found.expected == float(expected)
    if expected == 1:
        assert found.kappa is None
        assert found.undefined
    else:
        assert found.kappa == float((observed - expected) / (1 - expected))
        assert -1 <= found.kappa <= 1
        assert (found.kappa == 1) == (observed == 1)
        assert found.kappa <= float(observed)


@given(SQUARES, st.randoms(use_true_random=False), st.integers(2, 50))
def test_neither_order_nor_names_nor_scale_matter(counts: Counts, random: object, times: int) -> None:
    found = agreement.of(counts)
    shuffled = list(counts.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    renamed = dict(zip(VERDICTS, VERDICTS[1:] + VERDICTS[:1], strict=True))
    for other in (
        dict(shuffled),
        {(second, first): count for (first, second), count in counts.items()},  # first and second change places
        {(renamed[first], renamed[second]): count for (first, second), count in counts.items()},
        {pair: count * times for pair, count in counts.items()},
    ):
        again = agreement.of(other)
        assert (again.observed, again.expected, again.kappa) == (found.observed, found.expected, found.kappa)


def test_what_policy_demands() -> None:
    policy = "tag:election,kind:quantity"
    assert demanded(policy, Kind.QUANTITY, []) == "kind:quantity"
    assert demanded(policy, Kind.QUANTITY, ["election"]) == "tag:election"
    assert demanded(policy, Kind.FACTUAL, ["elections", "quantity"]) is None
    assert demanded("", Kind.QUANTITY, ["election", ""]) is None
    for kind in Kind:
        assert open_to(kind, Question.ATTRIBUTION)
        assert open_to(kind, Question.CONTENT) == (kind not in UNCHECKABLE)
