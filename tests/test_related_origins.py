"""Relations between sources and the count of independent origins: whatever is related, and in whatever order."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest

from factcheck.rules.identity.relations import (
    KINDS,
    ONE_ORIGIN,
    SourceRelation,
    SourceRelationKind,
    circle,
    counting,
    period,
)
from factcheck.rules.origins import Collapsing, Hop, Link, Provenance, Stated, Support, sources_of
from factcheck.rules.provenance import trace
from factcheck.rules.sources import RelationKind

NAMES = "abcdefgh"
DAYS = [date(year, 6, 1) for year in (2019, 2021, 2023)]
PERIODS = [(None, None), ("2020", None), (None, "2020"), ("2019", "2019"), ("2021-06-01", "2022"), ("2024", None)]
Days = dict[str, date]


def drawn(draw: random.Random) -> tuple[list[Stated], list[Link], Days, list[SourceRelation]]:
    """Draw a family of claims, their days, and relations between some of their sources and others."""

    def anybody(nobody: int = 1) -> str | None:
        return draw.choice([*NAMES[:5], *[None] * nobody])

    family = []
    for number in range(draw.randint(1, 5)):
        chain = tuple(Hop(draw.choice(NAMES[:5]), on_behalf_of=anybody(9)) for _ in range(draw.randint(0, 2)))
        supports = tuple(
            Support(f"e{number}{at}", "A page", draw.choice([None, "u1", "u2"]), anybody(), anybody(4))
            for at in range(draw.randint(0, 2))
        )
        family.append(Stated(str(number), f"Claim {number}", chain, supports, anybody()))
    links = [
        Link(draw.choice([RelationKind.RESTATES, RelationKind.SAME_ORIGIN_AS]), one.id, other.id)
        for one, other in combinations(family, 2)
        if draw.random() < 0.2
    ]
    days = {claim.id: draw.choice(DAYS) for claim in family}
    relations = [
        SourceRelation(str(at), draw.choice(list(SourceRelationKind)), *draw.sample(NAMES, 2), *draw.choice(PERIODS))
        for at in range(draw.randint(1, 8))
    ]
    return family, links, days, relations


def traced(
    family: Sequence[Stated], links: Sequence[Link], days: Days, relations: Sequence[SourceRelation]
) -> Provenance:
    def onward(source: str) -> list[SourceRelation]:
        return [each for each in relations if each.dependent == source]

    found = counting([(days[claim.id], sources_of(claim)) for claim in family], onward)
    return trace(family, links, {}, (), found)


def by_hand(family: Sequence[Stated], days: Days, relations: Sequence[SourceRelation]) -> set[str]:
    """Return the ids of the relations that count: of each claim by itself, until nothing is left to follow."""
    found: set[str] = set()
    for claim in family:
        reached = set(sources_of(claim))
        for _ in NAMES:
            for each in relations:
                if each.kind in ONE_ORIGIN and each.dependent in reached and each.holds(days[claim.id]):
                    reached.add(each.principal)
                    found.add(each.id)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_relation_never_adds_an_origin_and_the_order_does_not_matter(seed: int) -> None:
    for number in range(15):
        demand_fewer_in_any_order(random.Random(20 * number + seed))


def demand_fewer_in_any_order(draw: random.Random) -> None:
    family, links, days, relations = drawn(draw)
    before = traced(family, links, days, relations[1:])
    after = traced(family, links, days, relations)
    assert after.independent <= before.independent
    wanted = by_hand(family, days, relations)
    assert {each.id for collapse in after.collapses for each in collapse.relations} <= wanted
    if not wanted:
        assert after == trace(family, links, {})
    for things in (family, links, relations):
        draw.shuffle(things)  # type: ignore[arg-type]
    assert traced(family, links, days, relations) == after
    assert traced(family, links, days, [each for each in relations if each.id != "0"]) == before


@pytest.mark.parametrize("seed", range(20))
def test_same_never_adds_an_origin_where_sources_are_related(seed: int) -> None:
    for number in range(15):
        demand_fewer_by_same(random.Random(1000 + 20 * number + seed))


def demand_fewer_by_same(draw: random.Random) -> None:
    family, links, days, relations = drawn(draw)
    one, other = draw.sample(NAMES, 2)

    def now(name: str | None) -> str | None:
        return other if name == one else name

    joined = [
        replace(
            claim,
            outlet=now(claim.outlet),
            chain=tuple(
                replace(hop, source=now(hop.source), on_behalf_of=now(hop.on_behalf_of)) for hop in claim.chain
            ),
            supports=tuple(replace(page, source=now(page.source), origin=now(page.origin)) for page in claim.supports),
        )
        for claim in family
    ]
    moved = [replace(each, source=str(now(each.source)), other=str(now(each.other))) for each in relations]
    before = traced(family, links, days, relations).independent
    assert traced(joined, links, days, moved).independent <= before


def test_the_families_have_what_the_tests_look_for() -> None:
    """Relations that count and that do not, that lower the count, and circles."""
    lower = counted = circles = 0
    for seed in range(300):
        family, links, days, relations = drawn(random.Random(seed))
        found = traced(family, links, days, relations)
        lower += found.independent < trace(family, links, {}).independent
        counted += any(each.kind is Collapsing.SOURCE_RELATION for each in found.collapses)
        circles += any(circle(each, relations) for each in relations)
    assert min(lower, counted, circles) > 20, (lower, counted, circles)


SPEAKS, OWNS, PART = SourceRelationKind.SPEAKS_FOR, SourceRelationKind.OWNS, SourceRelationKind.SUBSIDIARY_OF


def test_what_an_earlier_spokesman_says_is_his_own() -> None:
    """The ministry spoke in his time, he speaks after it: only a claim that names him has a day that counts."""
    spoken = Stated("1", "It rained", (Hop("ministry"),)), Stated("2", "It rained", (Hop("he"),))
    links = [Link(RelationKind.RESTATES, "2", "1")]
    relation = SourceRelation("r", SPEAKS, "he", "ministry", "2018", "2020")
    days = {"1": DAYS[0], "2": DAYS[2]}

    def kinds(days: Days) -> list[Collapsing]:
        return [each.kind for each in traced(spoken, links, days, [relation]).collapses]

    assert kinds(days) == [Collapsing.RESTATES]
    assert kinds({"1": DAYS[2], "2": DAYS[0]}) == [Collapsing.SOURCE_RELATION]


def test_a_relation_on_the_way_must_hold_on_the_day_too() -> None:
    pages = Support("1", "One", source="a"), Support("2", "Two", source="c")
    claim = Stated("1", "It rained", (), pages)
    first = SourceRelation("1", PART, "a", "b", "2019")
    second = SourceRelation("2", OWNS, "c", "b", None, "2020")
    assert traced([claim], [], {"1": DAYS[1]}, [first, second]).independent == 2
    found = traced([claim], [], {"1": DAYS[0]}, [first, second])
    assert (found.independent, found.collapses[0].relations) == (1, (first, second))
    told = "a is a subsidiary of b (since 2019); c owns b (until 2020): one original source, not two."
    assert found.collapses[0].explanation == told


def test_a_circle_is_found_once_and_only_where_all_of_it_holds_at_a_time() -> None:
    around = [SourceRelation(name, PART, name, other) for name, other in ("ab", "bc", "ca", "cd")]
    assert circle(around[0], around) == ["a", "b", "c"]
    assert circle(around[3], around) == []
    assert circle(replace(around[0], since="2020"), [*around[1:], replace(around[0], until="2019")]) == ["a", "b", "c"]
    apart = [replace(around[0], since="2020"), replace(around[1], until="2019"), around[2]]
    assert circle(apart[0], apart) == []
    named = Stated("1", "It rained", (), tuple(Support(each, each, source=each) for each in "abc"))
    assert traced([named], [], {"1": DAYS[0]}, around).independent == 1


def test_every_kind_has_a_reason_and_a_time_is_written() -> None:
    assert KINDS.keys() == set(SourceRelationKind)
    assert all(meaning.because.endswith(".") for meaning in KINDS.values())
    assert [period(*each) for each in PERIODS] == [
        "", "since 2020", "until 2020", "2019", "2021-06-01 to 2022", "since 2024",
    ]  # fmt: skip


def test_a_thousand_who_speak_for_one_are_one() -> None:
    names = [f"s{at:04}" for at in range(1000)]
    claim = Stated("1", "It rained", (), tuple(Support(each, each, source=each) for each in names))
    relations = {each: [SourceRelation(each, SPEAKS, each, "ministry")] for each in names}
    found = counting([(DAYS[0], names)], lambda source: relations.get(source, ()))
    result = trace([claim], [], {}, (), found)
    assert (result.independent, len(result.collapses)) == (1, 999)
    assert result.collapses[-1].explanation == (
        "s0000 speaks for ministry; s0999 speaks for ministry: one original source, not two."
    )
