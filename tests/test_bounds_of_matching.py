"""Where one claim ends and another begins: the bounds of matching."""

import pytest

from factcheck.queries.matching import Match as Found
from factcheck.queries.matching import checked_before
from factcheck.rules.matching.statements import statement
from factcheck.rules.matching.strict import THRESHOLD, fused, measures, similarity
from tests.desk import Desk

SAID = "The ministry spent 40 million euros on bridges in March 2021."


def test_a_score_at_the_threshold_is_the_same_claim() -> None:
    scores = (1.0, THRESHOLD, THRESHOLD - 0.0001, 0.0)
    found = [Found(b"{}", score, ()) for score in scores]
    assert [each.score for each in checked_before(found)] == [1.0, THRESHOLD]
    assert THRESHOLD == 0.5


def differing(said: str, other: str) -> tuple[str, ...]:
    one, two = (similarity(statement(a), statement(b)) for a, b in ((said, other), (other, said)))
    assert one == two
    return one.differs


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        (SAID, ()),
        (SAID.replace("40", "50"), ("figures",)),
        (SAID.replace("March", "April"), ("dates",)),
        (SAID.replace("2021", "2020"), ("dates",)),
        (SAID.replace("spent", "did not spend"), ("negation",)),
        (SAID.replace("40 million euros", "money"), ()),  # left out is no contradiction
        (SAID.replace(" in March 2021", ""), ()),
        (SAID.replace("40 million", "40 million and 50 million"), ()),  # one has both
    ],
)
def test_what_two_texts_differ_in_is_told(other: str, differs: tuple[str, ...]) -> None:
    assert differing(SAID, other) == differs


def test_opposites_are_told_and_one_in_both_is_none() -> None:
    assert differing("Prices rose last year.", "Prices fell last year.") == ("opposites",)
    assert differing("Prices rose and fell last year.", "Prices fell last year.") == ()
    assert differing("Prices rose last year.", "Prices grew, then fell last year.") == ()


def test_names_differ_when_each_has_one_that_the_other_lacks() -> None:
    assert differing("Minister Anna Berg resigned.", "Minister Karl Holm resigned.") == ("names",)
    assert differing("Minister Anna Berg resigned.", "Minister Berg resigned.") == ()


@pytest.mark.parametrize(
    ("other", "left_out"),
    [("It rained in Berlin and Rome.", 0.0), ("It rained in Berlin.", 1 / 3), ("It rained.", 2 / 3)],
)
def test_names_left_out_are_counted_to_three(other: str, left_out: float) -> None:
    said = statement("It rained in Berlin and Rome.")
    found = measures(said, statement(other))
    assert (found["names_left_out"], found["names"]) == (pytest.approx(left_out), 0.0)
    assert measures(statement(other), said) == found


def test_four_names_left_out_are_as_bad_as_three() -> None:
    found = measures(statement("It rained in Berlin, Rome, Paris and Oslo."), statement("It rained in."))
    assert found["names_left_out"] == 1.0


@pytest.mark.parametrize(("one", "two"), [("It rained.", ""), ("", "It rained."), ("", ""), ("Cats sleep.", "42 dogs")])
def test_nothing_in_common_is_nought(one: str, two: str) -> None:
    assert similarity(statement(one), statement(two)).score == 0.0


def test_the_same_words_with_another_date_are_less_than_one() -> None:
    assert similarity(statement(SAID), statement(SAID)).score == 1.0
    assert 0 < similarity(statement(SAID), statement(SAID.replace("March", "April"))).score < THRESHOLD
    shuffled = "In March 2021 the ministry spent 40 million euros on bridges."
    assert THRESHOLD < similarity(statement(SAID), statement(shuffled)).score < 1.0


def test_fusion_puts_what_stands_high_in_several_first_and_the_newest_of_equals() -> None:
    assert fused([]) == []
    assert fused([[7, 3], [3]]) == [3, 7]
    assert fused([[1, 2, 9], [2, 1, 9]]) == [2, 1, 9]
    assert fused([[1], [2]]) == [2, 1]
    # 1/61 + 1/64 against 2/62: the sum of both ranks decides, not the best of them.
    assert fused([[1, 2, 8, 9], [5, 2, 6, 1]])[:2] == [2, 1]


def test_a_rank_is_weighed_as_the_paper_has_it() -> None:
    """1/(60 + rank): twice the 15th is just more than the 2nd and the 35th, which any k below 60 turns around."""
    high_and_low, middle = 1000, 2000
    first, second = list(range(40)), list(range(100, 140))
    first[1], second[34] = high_and_low, high_and_low
    first[14], second[14] = middle, middle
    assert fused([first, second])[:2] == [middle, high_and_low]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_as_many_matches_as_are_asked_for_the_likest_first(desk: Desk, limit: int) -> None:
    article = desk.article()["id"]
    texts = [SAID, SAID.replace("bridges", "roads"), SAID.replace("40", "70"), "The organizers left early."]
    entered = [desk.claim(article_id=article, text=each)["id"] for each in texts]
    twin = desk.claim(article_id=article, text=SAID)["id"]
    items = desk.post("/v1/claims/match", {"text": SAID, "limit": limit}).json["items"]
    assert [each["claim"]["id"] for each in items] == [entered[0], twin, entered[1]][:limit]
    assert [each["score"] for each in items] == sorted((each["score"] for each in items), reverse=True)
    assert items[0]["score"] == 1.0
