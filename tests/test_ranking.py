"""The order of matches and their score: what it follows from, and what it does not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.rules.matching.candidates import COMPARED, FIRST, nearest
from factcheck.rules.matching.features import FEATURES, LIKE, Rarity, features, text_of
from factcheck.rules.matching.ranking import AGAIN, LAST, MEANING, evidence, fitted, ranked

LISTS = st.lists(st.lists(st.integers(0, 300), unique=True, max_size=150), max_size=3)
SUMS = st.lists(st.floats(-5, 40), min_size=1, max_size=60).map(lambda sums: sorted(sums, reverse=True))


class Counts:
    """What an index of some claims knows of them."""

    def __init__(self, claims: int, having: dict[str, int]) -> None:
        self.number, self.having, self.asked = claims, having, list[str]()

    def claims(self) -> int:
        return self.number

    def frequency(self, field: str, term: str) -> int:
        self.asked.append(f"{field}:{term}")
        return self.having.get(term, 0)


def measured(asked: str, *claims: str, number: int = LIKE) -> list[list[float]]:
    rarity = Rarity(Counts(number, {}))
    text = text_of(asked, language="en")
    return [features(text, text_of(claim, language="en"), rarity) for claim in claims]


def test_what_is_shipped_has_a_weight_for_each_feature() -> None:
    for meaning in (False, True):
        found = fitted(meaning=meaning)
        assert set(found.weights) == {*FEATURES, *([MEANING] if meaning else [])}
        assert (len(found.by_chance), len(found.score)) == (LAST, 4)
        assert list(found.by_chance) == sorted(found.by_chance, reverse=True)
    assert fitted(meaning=True).weights[MEANING] > 0


def test_features_are_zero_without_anything_shared_and_most_for_the_text_itself() -> None:
    said, other = "The ministry spent 40 million on bridges.", "Quokkas sleep."
    [same], [strange] = measured(said, said), measured(said, other)
    assert dict(zip(FEATURES, strange, strict=True)) == {name: pytest.approx(0, abs=0.05) for name in FEATURES}
    found = dict(zip(FEATURES, same, strict=True))
    assert (found["text_found"], found["text_pieces"]) == (1.0, 1.0)
    assert 0.5 < found["grams_share"] <= 1.0
    assert found["figures_more"] == 0.0
    assert dict(zip(FEATURES, measured(said, f"{said} 41 42")[0], strict=True))["figures_more"] == pytest.approx(2 / 3)


def test_the_title_of_its_article_speaks_for_a_claim() -> None:
    rarity = Rarity(Counts(LIKE, {}))
    asked = text_of("Did bridges cost 40 million?", language="en")
    with_title = features(asked, text_of("It did.", "The cost of bridges", "en"), rarity)
    without = features(asked, text_of("It did.", None, "en"), rarity)
    assert with_title[FEATURES.index("words")] > without[FEATURES.index("words")]
    assert with_title[FEATURES.index("title_found")] > 0 == without[FEATURES.index("title_found")]


def test_a_rare_word_tells_more_and_as_much_on_a_small_desk_as_on_a_large_one() -> None:
    having = {"bridg": 3, "spent": 2000}
    rarity = Rarity(Counts(LIKE, having))
    assert rarity.word("bridg") > 2 * rarity.word("spent") > 0
    small, large = Rarity(Counts(300, {"bridg": 1})), Rarity(Counts(1_000_000, {"bridg": 100}))
    assert small.word("bridg") == pytest.approx(rarity.word("bridg"), rel=0.25)
    assert large.word("bridg") == pytest.approx(rarity.word("bridg"), rel=0.25)


def test_small_words_tell_nothing_on_a_desk_of_two_claims() -> None:
    rarity = Rarity(Counts(2, {"the": 2, "bridg": 1}))
    assert rarity.word("the") < rarity.word("bridg") / 2


def test_each_term_is_looked_up_once() -> None:
    counts = Counts(100, {})
    rarity = Rarity(counts)
    text = text_of("Bridges and bridges and roads", language="en")
    for _ in range(3):
        features(text, text, rarity)
    assert len(counts.asked) == len(set(counts.asked)) == len(set(text.words)) + len(set(text.grams))


@given(SUMS, st.integers(0, 2 * LIKE), st.data())
def test_scores_are_chances_that_descend(sums: list[float], claims: int, data: st.DataObject) -> None:
    said = data.draw(st.lists(st.integers(0, 5), min_size=len(sums), max_size=len(sums)))
    beside = evidence(sums, said, fitted().by_chance, claims)
    assert len(beside) == len(sums)
    assert all(0 <= share <= 1 for _, _, share in beside)
    assert all(one[2] >= two[2] for one, two in pairwise(beside))


@given(st.lists(st.lists(st.floats(0, 3), min_size=len(FEATURES), max_size=len(FEATURES)), max_size=50))
def test_the_order_is_of_all_claims_the_likeliest_first(values: list[list[float]]) -> None:
    found = ranked(values, list(range(len(values))), LIKE)
    assert sorted(each.place for each in found) == list(range(len(values)))
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert all(0 < each.score < 1 for each in found)


def test_of_equals_the_one_given_first_comes_first() -> None:
    values = measured("Bridges cost 40 million.", "Roads.", "Bridges cost 40 million.", "Bridges cost 40 million.")
    assert [each.place for each in ranked(values, [1, 2, 2], LIKE)] == [1, 2, 0]


def test_claims_of_the_same_words_hardly_take_from_each_other() -> None:
    alone, twice, rivals = (
        evidence(sums, said, fitted().by_chance, LIKE)[0][2]
        for sums, said in (([20.0, 5.0], [1, 2]), ([20.0, 20.0, 5.0], [1, 1, 2]), ([20.0, 20.0, 5.0], [1, 3, 2]))
    )
    assert alone == pytest.approx(1.0)
    assert twice == pytest.approx(1 / (1 + AGAIN))
    assert rivals == pytest.approx(0.5)


def test_a_small_desk_is_seen_as_if_it_had_more_claims() -> None:
    """What stands out among three claims may be what chance gives among ten thousand."""
    small, large = (evidence([11.0, 2.0, 1.0], [1, 2, 3], fitted().by_chance, number)[0][2] for number in (3, LIKE))
    assert small < 0.5 < large


@given(LISTS)
def test_the_nearest_are_few_and_those_that_stand_first(lists: list[list[int]]) -> None:
    found = nearest(lists)
    every = {each for one in lists for each in one}
    assert len(found) == len(set(found)) == min(COMPARED, len(every))
    assert {each for one in lists for each in one[:FIRST]} <= set(found)
    assert nearest(lists[::-1]) == found


def test_what_stands_high_in_both_lists_is_nearer() -> None:
    assert nearest([[1, 2, 3], [4, 2, 5]])[0] == 2
    assert nearest([[], []]) == []
    assert nearest([[7, 3]], most=1) == [7]


def test_nothing_found_is_nothing() -> None:
    assert ranked([], [], 5) == []
    assert evidence([], [], [], 0) == []
