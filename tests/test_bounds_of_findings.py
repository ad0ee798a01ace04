"""Where a finding begins and where it ends: each bound from both sides."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from factcheck.rules.auditing.audited import Audited
from factcheck.rules.auditing.clashes import apart, clash, figure
from factcheck.rules.auditing.findings import findings
from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.origins import Hop, Stated, Support
from factcheck.rules.provenance import trace
from factcheck.rules.sources import RelationKind
from factcheck.rules.status import EvidenceTally, Kind, Status
from factcheck.rules.text import similarity
from tests.desk import Desk

NAMES = {letter: letter.upper() for letter in "abcdefgh"}


def quantity(low: float | None = None, high: float | None = None, unit: str | None = "people", **given: Any) -> Audited:
    defaults = {"kind": Kind.QUANTITY, "status": Status.UNVERIFIED, "attribution_status": Status.UNVERIFIED}
    stated = Stated(given.pop("id", "c"), "So many came.", ())
    return Audited(seq=1, stated=stated, low=low, high=high, unit=unit, **{**defaults, **given})


@pytest.mark.parametrize(
    ("one", "two", "apart_"),
    [
        ((None, 5), (5, None), False),  # they meet in one number
        ((None, 5), (5.0001, None), True),
        ((5, 7), (7, 9), False),
        ((5, 6.9), (7, 9), True),
        ((1, 9), (3, 4), False),
        ((None, None), (3, 4), False),
        ((None, 2), (None, 1), False),
    ],
)
def test_figures_that_meet_in_one_number_are_not_apart(one: Any, two: Any, apart_: bool) -> None:
    a, b = quantity(*one), quantity(*two)
    assert (apart(a, b), apart(b, a)) == (apart_, apart_)
    told = clash(RelationKind.RESTATES, a, b)
    assert (told is not None) == apart_


def test_figures_of_other_units_or_kinds_are_not_compared() -> None:
    few, many = quantity(high=1), quantity(low=2)
    assert apart(few, many)
    assert apart(few, quantity(low=2, unit=" PEOPLE "))
    assert not apart(few, quantity(low=2, unit="tonnes"))
    assert not apart(few, quantity(low=2, unit=None))
    assert not apart(few, quantity(low=2, kind=Kind.FACTUAL))
    assert not apart(quantity(high=1, kind=Kind.FACTUAL), many)
    assert clash(RelationKind.SAME_ORIGIN_AS, few, many) is None


@pytest.mark.parametrize(
    ("low", "high", "unit", "written"),
    [
        (None, 1_000_000, "people", "at most 1,000,000 people"),
        (5000, None, "people", "at least 5,000 people"),
        (3, 3, "people", "3 people"),
        (3, 4.5, None, "3 to 4.5"),
        (None, None, None, "no figure"),
        (0, None, None, "at least 0"),
        (None, 0, None, "at most 0"),
        (-2, 0, "degrees", "-2 to 0 degrees"),
    ],
)
def test_figures_are_written_as_they_are(low: float | None, high: float | None, unit: str | None, written: str) -> None:
    assert figure(quantity(low, high, unit)) == written


@pytest.mark.parametrize(
    ("one", "two", "contradicts", "restates"),
    [
        (Status.VERIFIED, Status.VERIFIED, True, False),
        (Status.VERIFIED, Status.REFUTED, False, True),
        (Status.REFUTED, Status.REFUTED, False, False),
        (Status.VERIFIED, Status.DISPUTED, False, False),
        (Status.DISPUTED, Status.UNVERIFIABLE, False, False),
        (Status.VERIFIED, Status.IN_REVIEW, True, False),
        (Status.UNVERIFIED, Status.IN_REVIEW, True, False),
        (Status.DISPUTED, Status.UNVERIFIED, True, False),
        (Status.REFUTED, Status.IN_REVIEW, False, False),
    ],
)
def test_a_contradiction_is_open_until_it_is_decided(
    one: Status, two: Status, contradicts: bool, restates: bool
) -> None:
    """Whichever of the two is asked about."""
    a, b = quantity(3, 3, status=one), quantity(3, 3, status=two)
    for first, second in ((a, b), (b, a)):
        told = clash(RelationKind.CONTRADICTS, first, second)
        assert (told is not None) == contradicts
        if told:
            said = (status.replace("_", " ") for status in (first.status, second.status))
            assert told == "It contradicts “So many came.”: this one is {}, that one {}.".format(*said)
        told = clash(RelationKind.RESTATES, first, second)
        assert (told is not None) == restates
        assert clash(RelationKind.IN_TENSION_WITH, first, second) is None


def held(*family: Audited, **related: Any) -> dict[str, dict[str, str]]:
    """Return the explanations of what is held against a family, by claim and kind."""
    found: dict[str, dict[str, str]] = {}
    for finding in findings(family, trace([each.stated for each in family], [], NAMES), related):
        found.setdefault(finding.claim, {})[finding.kind.value] = finding.explanation
    return found


def claim(*hops: Hop, evidence: tuple[Support, ...] = (), seq: int = 1, name: str = "c", **given: Any) -> Audited:
    defaults = {"kind": Kind.FACTUAL, "status": Status.UNVERIFIED, "attribution_status": Status.UNVERIFIED}
    return Audited(seq=seq, stated=Stated(name, "It rained.", hops, evidence), **{**defaults, **given})


VERIFIED = {"status": Status.VERIFIED, "tally": EvidenceTally(supports=9), "attribution_status": Status.VERIFIED}


@pytest.mark.parametrize(("origins", "single"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_verdict_on_one_origin_or_none_says_so(origins: int, single: bool) -> None:
    evidence = tuple(Support(f"e{at}", f"Page {at}", source="abc"[at]) for at in range(origins))
    found = held(claim(evidence=evidence, **VERIFIED)).get("c", {})
    assert (FindingKind.SINGLE_ORIGIN in found) == single
    if single:
        label = "A" if origins else "none"
        assert found[FindingKind.SINGLE_ORIGIN].endswith(f"on one independent original source: {label}.")


def test_a_family_is_told_of_once_by_its_first_claim_that_it_applies_to() -> None:
    one = claim(Hop("a", interested=True), seq=3, name="late", **VERIFIED)
    two = claim(Hop("a", interested=True), seq=2, name="early", **VERIFIED)
    first = claim(seq=1, name="first")
    found = held(one, two, first)
    assert [name for name in found if FindingKind.SINGLE_ORIGIN in found[name]] == ["early"]
    assert [name for name in found if FindingKind.INTERESTED_ONLY in found[name]] == ["early"]
    assert list(found) == ["first", "early"]


@pytest.mark.parametrize(
    ("interests", "told"), [((True, True), True), ((True, False), False), ((True, None), False), ((None, None), False)]
)
def test_all_who_stand_behind_it_must_be_interested(interests: tuple[bool | None, ...], told: bool) -> None:
    family = [claim(Hop("ab"[at], interested=each), seq=at, name=f"c{at}") for at, each in enumerate(interests)]
    found = held(*family)
    assert any(FindingKind.INTERESTED_ONLY in each for each in found.values()) == told
    if told:
        assert found["c0"][FindingKind.INTERESTED_ONLY].endswith("interest: A, B.")


@pytest.mark.parametrize("pages", [2, 3, 6, 7, 8])
def test_of_many_copies_five_are_explained_and_all_are_counted(pages: int) -> None:
    """Pages of one site, each its own origin until it is seen that they are one source."""
    evidence = tuple(Support(f"e{at}", f"Page {at}", source="a", url=f"https://x.example/{at}") for at in range(pages))
    [explanation] = [
        each[FindingKind.SAME_ORIGIN_COUNTED_TWICE]
        for each in held(claim(evidence=evidence)).values()
        if FindingKind.SAME_ORIGIN_COUNTED_TWICE in each
    ]
    assert explanation.startswith(f"{pages} origins count as 1. ")
    assert explanation.count("lead back to one source: A.") == min(pages - 1, 5)
    left = pages - 1 - 5  # as many collapses as pages but one
    assert explanation.endswith(f" And {left} more.") == (left > 0)
    assert ("more." in explanation) == (left > 0)


def test_a_link_is_missing_between_two_who_are_named_alone() -> None:
    someone = Hop(None, described_as="a neighbour")
    assert FindingKind.MISSING_LINK in held(claim(Hop("a"), someone, Hop("b")))["c"]
    for chain in ((someone, Hop("a")), (Hop("a"), someone), (someone,), (Hop("a"), Hop("b"))):
        assert FindingKind.MISSING_LINK not in held(claim(*chain)).get("c", {})
    two = held(claim(Hop("a"), someone, Hop(None), Hop("b")))["c"][FindingKind.MISSING_LINK]
    assert "“a neighbour”, “someone”" in two


@pytest.mark.parametrize(("orphaned", "words"), [(0, None), (1, "One of its quotes is"), (2, "2 of its quotes are")])
def test_broken_anchors_are_counted(orphaned: int, words: str | None) -> None:
    found = held(claim(Hop("a"), orphaned=orphaned)).get("c", {})
    assert found.get(FindingKind.ANCHOR_BROKEN, "").startswith(words or "")
    assert (FindingKind.ANCHOR_BROKEN in found) == (words is not None)


def test_a_verdict_is_overdue_when_its_day_is_over() -> None:
    one = claim(Hop("a"), **VERIFIED, review_by=date(2024, 2, 29))
    found = findings([one], trace([one.stated], [], NAMES), {})
    [finding] = [each for each in found if each.kind is FindingKind.OVERDUE]
    assert (finding.holds_from, "2024-02-29" in finding.explanation) == (date(2024, 3, 1), True)
    assert FindingKind.OVERDUE not in held(claim(Hop("a"), review_by=date(2024, 2, 29))).get("c", {})


def test_overdue_is_counted_and_listed_from_midnight_in_utc(desk: Desk) -> None:
    made = desk.claim()["id"]
    body = {"status": "unverifiable", "reason": "Nobody counted there.", "review_by": "2031-05-10"}
    assert desk.review(made, **body).status_code == 201
    counts = []
    for moment in (datetime(2031, 5, 10, 23, 59, 59, 999999, UTC), datetime(2031, 5, 11, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False):
            page = desk.get("/v1/audit/findings?kind=overdue&count=true").json
            rows = desk.get("/v1/audit/summary").json["findings"]["by_kind"]
            told = {row["kind"]: row["count"] for row in rows}["overdue"]
            counts.append((len(page["items"]), page["total"], told))
    assert counts == [(0, 0, 0), (1, 1, 1)]


# ── copies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def numbered(*numbers: int) -> str:
    return " ".join(f"w{number}" for number in numbers)


@pytest.mark.parametrize(("words", "copied"), [(7, False), (8, True)])
def test_a_text_of_eight_words_can_be_a_copy(words: int, copied: bool) -> None:
    said = numbered(*range(words))
    assert list(similarity.copies([said, said])) == ([(0, 1, 1.0)] if copied else [])


@pytest.mark.parametrize(("shared", "copied"), [(6, True), (5, False)])
def test_six_tenths_of_the_shorter_text_make_a_copy(shared: int, copied: bool) -> None:
    """The shorter has 13 words, so ten runs of four; the first `shared` + 3 words of it stand in the longer."""
    shorter = numbered(*range(13))
    longer = numbered(*range(shared + 3), *range(100, 120))
    share = [(0, 1, shared / 10)] if copied else []
    assert list(similarity.copies([shorter, longer])) == share
    assert list(similarity.copies([longer, shorter])) == share


def test_a_text_that_shares_words_with_others_is_compared_with_all_of_them() -> None:
    """Each run of words that the copy shares stands in another text too, which is no copy and was looked at before."""
    here, there = "one two three four five six", "red blue green white black grey"
    one = f"spring summer autumn winter a b c d e f {here}"
    other = f"north south east west g h i j k l {there}"
    copy = f"spring summer autumn winter m north south east west n {here} o {there}"
    assert list(similarity.copies([one, other, f"{here} {there}", copy])) == [(2, 3, 6 / 9)]


def test_copies_of_copies_are_joined_and_each_pair_is_told_once() -> None:
    one, two, three = numbered(*range(20)), numbered(*range(5, 25)), numbered(*range(10, 30))
    pairs = [(a, b) for a, b, _ in similarity.copies([one, two, three, one])]
    assert pairs == [(0, 1), (1, 2), (0, 3)]


def test_of_texts_that_are_all_alike_no_more_pairs_are_told_than_join_them() -> None:
    texts = [numbered(*range(at, at + 20)) for at in range(4)]
    pairs = [(a, b) for a, b, _ in similarity.copies(texts)]
    assert len(pairs) == 3
    assert {at for pair in pairs for at in pair} == {0, 1, 2, 3}
