"""Where one claim ends and another begins: the bounds of matching."""

from functools import partial

import pytest

from factcheck.queries.matching import Match as Found
from factcheck.queries.matching import checked_before
from factcheck.rules.matching import statements
from factcheck.rules.matching.strict import THRESHOLD, measures, similarity
from tests.desk import Desk

statement = partial(statements.statement, language="en")

SAID = "The ministry spent 40 million euros on bridges in March 2021."


def test_a_score_at_the_threshold_is_the_same_claim() -> None:
    scores = ((1.0, False), (THRESHOLD, False), (THRESHOLD - 0.0001, False), (0.0, True))
    found = [Found(b"{}", score, (), (), (), repeats) for score, repeats in scores]
    assert [each.score for each in checked_before(found)] == [1.0, THRESHOLD, 0.0]
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


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_as_many_matches_as_are_asked_for_the_likest_first(desk: Desk, limit: int) -> None:
    article = desk.article()["id"]
    texts = [SAID, SAID.replace("bridges", "roads"), SAID.replace("40", "70"), "The organizers left early."]
    entered = [desk.claim(article_id=article, text=each)["id"] for each in texts]
    twin = desk.claim(article_id=article, text=SAID)["id"]
    items = desk.post("/v1/claims/match", {"text": SAID, "limit": limit}).json["items"]
    assert [each["claim"]["id"] for each in items][:2] == [entered[0], twin][:limit]
    assert [each["claim"]["id"] in entered[1:3] for each in items[2:]] == [True][: limit - 2]
    assert [each["score"] for each in items] == sorted((each["score"] for each in items), reverse=True)
    assert items[0]["score"] == 1.0
