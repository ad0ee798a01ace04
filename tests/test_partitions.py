"""Groups of sources by judgments: whatever is judged, in whatever order, gives what working it out anew gives."""

import random
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

import pytest

from factcheck.rules.identity.alike import alike
from factcheck.rules.identity.identifiers import Identifier
from factcheck.rules.identity.judgments import History, Identity, Judgment, Partition
from factcheck.rules.origins import Hop, Link, Stated, Support
from factcheck.rules.provenance import trace
from factcheck.rules.sources import RelationKind

NAMES = "abcdefg"
IDENTIFIERS: list[Identifier] = [("wikidata", "Q1"), ("viaf", "2")]


def groups(judgments: Iterable[Judgment]) -> dict[str, frozenset[str]]:
    """Work out the groups from nothing: keep the newest of each pair, then join until nothing is left to join."""
    newest = {each.pair: each for each in sorted(judgments, key=lambda each: each.log_index)}
    found = {name: frozenset(name) for name in NAMES}
    joins = True
    while joins:
        joins = False
        for pair, each in newest.items():
            one, other = sorted(pair)
            if each.identity is Identity.SAME and found[one] != found[other]:
                joined = found[one] | found[other]
                found |= dict.fromkeys(joined, joined)
                joins = True
    return found


def parted(judgments: Iterable[Judgment], found: dict[str, frozenset[str]]) -> bool:
    """Say whether no two sources of a group are judged different."""
    newest = {each.pair: each for each in sorted(judgments, key=lambda each: each.log_index)}
    return not any(each.identity is Identity.DIFFERENT and each.other in found[each.source] for each in newest.values())


def drawn(seed: int, *, choices: bool = True) -> tuple[list[Judgment], list[tuple[Judgment, list[Judgment]]]]:
    """Draw judgments; return those that contradict nothing, and those that do with what they contradict."""
    draw = random.Random(seed)
    taken: list[Judgment] = []
    refused: list[tuple[Judgment, list[Judgment]]] = []
    partition = Partition()
    for index in range(40):
        source, other = draw.sample(NAMES, 2)
        identity = draw.choices(list(Identity), (5, 2, 1))[0]
        chosen = draw.choice([source, other, None]) if choices and identity is Identity.SAME else None
        judgment = Judgment(index, source, other, identity, chosen)
        against = partition.contradiction(judgment)
        if against:
            refused.append((judgment, against))
        else:
            taken.append(judgment)
            partition.take(judgment)
    return taken, refused


@pytest.mark.parametrize("seed", range(30))
def test_any_sequence_gives_the_groups_that_working_them_out_anew_gives(seed: int) -> None:
    taken, refused = drawn(seed)
    assert len(taken) > 10
    partition, history = Partition(), History(taken)
    for number, judgment in enumerate(taken, 1):
        partition.take(judgment)
        wanted = groups(taken[:number])
        assert {name: partition.group(name) for name in NAMES} == wanted
        assert parted(taken[:number], wanted)
        for name in NAMES:
            assert partition.head(name) == history.head(name, judgment.log_index)
            assert partition.head(name) == partition.head(partition.head(name)) in wanted[name]
            assert history.group(name, judgment.log_index) == wanted[name] <= history.ever(name)
    for judgment, against in refused:
        before = [each for each in taken if each.log_index < judgment.log_index]
        assert not parted([*before, judgment], groups([*before, judgment]))
        assert [each.identity for each in against].count(Identity.DIFFERENT) == (judgment.identity is Identity.SAME)
        place = judgment.source
        for each in against:  # a chain from one of the two to the other
            assert place in each.pair
            assert each is Partition(before).counting(each.source, each.other)
            [place] = each.pair - {place}
        assert place == judgment.other


def test_some_judgments_are_refused_and_some_sources_are_joined() -> None:
    """What the test before goes over is there."""
    found = [drawn(seed) for seed in range(30)]
    kinds = {judgment.identity for _, refused in found for judgment, _ in refused}
    assert kinds == {Identity.SAME, Identity.DIFFERENT}
    assert max(len(group) for taken, _ in found for group in groups(taken).values()) > 3
    assert max(len(against) for _, refused in found for _, against in refused) > 2


@pytest.mark.parametrize("seed", range(10))
def test_the_order_of_judgments_does_not_matter(seed: int) -> None:
    taken, _ = drawn(seed, choices=False)
    counting = list({each.pair: each for each in taken}.values())
    wanted = Partition(counting)
    draw = random.Random(seed)
    for _ in range(5):
        draw.shuffle(counting)
        again = Partition()
        for index, each in enumerate(counting):
            judgment = replace(each, log_index=index)
            assert again.contradiction(judgment) == []
            again.take(judgment)
        assert {name: (again.group(name), again.head(name)) for name in NAMES} == {
            name: (wanted.group(name), wanted.head(name)) for name in NAMES
        }


def test_the_newest_choice_that_counts_is_shown() -> None:
    same = Identity.SAME
    chosen = [Judgment(1, "b", "a", same, "b"), Judgment(2, "c", "b", same, "c"), Judgment(3, "d", "b", same)]
    assert [Partition(chosen[:number]).head("a") for number in range(4)] == ["a", "b", "c", "c"]
    assert Partition([*chosen, Judgment(4, "b", "c", Identity.DIFFERENT)]).head("d") == "b"
    assert Partition([*chosen, Judgment(4, "b", "c", Identity.DIFFERENT)]).head("c") == "c"
    assert Partition([*chosen, Judgment(4, "a", "b", same)]).head("a") == "c"
    assert Partition([Judgment(3, "d", "b", same)]).head("d") == "b"


@pytest.mark.parametrize("seed", range(300))
def test_same_never_adds_an_independent_origin_and_different_never_removes_one(seed: int) -> None:
    draw = random.Random(seed)
    names = NAMES[: draw.randint(2, 7)]

    def anybody(nobody: int = 1) -> str | None:
        return draw.choice([*names, *[None] * nobody])

    family = []
    for number in range(draw.randint(1, 5)):
        chain = tuple(Hop(draw.choice(names), on_behalf_of=anybody(4)) for _ in range(draw.randint(0, 3)))
        supports = tuple(
            Support(f"e{number}{at}", "A page", draw.choice([None, "u1", "u2"]), anybody(), anybody(2))
            for at in range(draw.randint(0, 2))
        )
        family.append(Stated(str(number), f"Claim {number}", chain, supports, anybody()))
    links = [
        Link(draw.choice([RelationKind.RESTATES, RelationKind.SAME_ORIGIN_AS]), one.id, other.id)
        for one, other in combinations(family, 2)
        if draw.random() < 0.2
    ]
    have: dict[str, list[tuple[str, frozenset[Identifier]]]] = {
        name: [(name, frozenset(draw.sample(IDENTIFIERS, draw.choice([0, 0, 1, 2]))))] for name in names
    }
    apart = [frozenset(pair) for pair in combinations(names, 2)]
    different = frozenset(pair for pair in apart if draw.random() < 0.2)
    one, other = draw.sample(names, 2)
    before = trace(family, links, {}, alike(names, have, lambda: different)).independent
    fewer = different - {frozenset(draw.sample(names, 2))}  # one judgment `different` less
    assert trace(family, links, {}, alike(names, have, lambda: fewer)).independent <= before

    def now(name: str | None) -> str | None:
        return other if name == one else name

    joined = [
        replace(
            each,
            outlet=now(each.outlet),
            chain=tuple(replace(hop, source=now(hop.source), on_behalf_of=now(hop.on_behalf_of)) for hop in each.chain),
            supports=tuple(replace(page, source=now(page.source), origin=now(page.origin)) for page in each.supports),
        )
        for each in family
    ]
    have[other] = [*have[other], *have.pop(one)]
    different -= {frozenset((one, other))}
    assert trace(joined, links, {}, alike(have, have, lambda: different)).independent <= before
