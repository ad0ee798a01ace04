"""Origins and how many of them are independent: known answers, and what must hold whatever is given."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.rules.origins import Collapsing, Hop, Link, Provenance, Stated, Support
from factcheck.rules.provenance import trace
from factcheck.rules.sources import RelationKind
from factcheck.rules.text.similarity import copies
from tests.quick import TIMES

WIRE = "Niger's military rulers have put the armed forces on the highest alert, a document issued on Friday showed"
NAMES = {letter: letter.upper() for letter in "abcdefgh"}


def chain(*sources: str | None, interested: bool | None = None) -> tuple[Hop, ...]:
    return tuple(Hop(source, described_as=None if source else "someone", interested=interested) for source in sources)


def of(*family: Stated, links: tuple[Link, ...] = ()) -> Provenance:
    return trace(family, links, NAMES)


@contextmanager
def within_two_seconds() -> Iterator[None]:
    """Demand that what is done in the block takes less than two seconds of this process.

    What a thousand tests before it left in memory is kept from the garbage collector, which would look through it again
    and again: a process that serves has none of that.
    """
    gc.collect()
    gc.freeze()
    try:
        begun = time.process_time()
        yield
        assert time.process_time() - begun < 2
    finally:
        gc.unfreeze()


def kinds(found: Provenance) -> list[str]:
    return [collapse.kind.value for collapse in found.collapses]


def test_the_articles_own_voice_is_no_origin() -> None:
    assert (of(Stated("1", "It rained")).independent, of(Stated("1", "It rained")).origins) == (0, ())


def test_a_chain_gives_its_last_hop() -> None:
    found = of(Stated("1", "It rained", chain("a", "b")))
    assert [origin.node for origin in found.origins] == [("source", "b")]
    assert (found.independent, found.collapses) == (1, ())


def test_evidence_of_others_counts_and_evidence_that_goes_back_to_the_claimant_does_not() -> None:
    claim = Stated(
        "1", "It rained", chain("a"), (Support("e1", "B", source="b"), Support("e2", "C", source="c", origin="a"))
    )
    found = of(claim)
    assert (len(found.origins), found.independent, kinds(found)) == (3, 2, [Collapsing.SAME_SOURCE])


def test_who_is_shown_to_rest_on_another_is_no_origin() -> None:
    claim = Stated("1", "It rained", chain("a", "b"), (Support("e1", "A says so too", source="a"),))
    found = of(claim)
    assert (found.independent, kinds(found)) == (1, [Collapsing.LEADS_ON])
    assert found.collapses[0].explanation == "A goes back to B."


def test_one_relay_of_two_witnesses_does_not_make_them_one() -> None:
    claim = Stated("1", "It rained", chain("a", "b"), (Support("e1", "", source="a", origin="c"),))
    found = of(claim)
    assert found.independent == 2


def test_a_speaker_and_who_they_speak_for_are_one() -> None:
    spoken = (Hop("a", on_behalf_of="b"),)
    found = of(Stated("1", "It rained", spoken, (Support("e1", "B's own page", source="b"),)))
    assert (found.independent, kinds(found)) == (1, [Collapsing.ON_BEHALF])
    assert "A speaks on behalf of B" in found.collapses[0].explanation


def test_a_merged_source_is_one_and_the_reason_says_so() -> None:
    one, two = Stated("1", "Rain", (Hop("a", entered="x"),)), Stated("2", "Rain!", (Hop("a", entered="a"),))
    found = of(one, two, links=(Link(RelationKind.RESTATES, "2", "1"),))
    assert (found.independent, kinds(found)) == (1, [Collapsing.MERGED_SOURCE])
    [collapse] = found.collapses
    assert collapse.explanation.endswith(", with which the other one named is joined.")
    assert collapse.explanation.count(".") == 1


def test_many_sites_with_one_wire_text_are_one() -> None:
    sites = (
        Support("e1", "One", source="a", excerpt=WIRE),
        Support("e2", "Two", source="b", excerpt=f"(Reuters) {WIRE.upper()}."),
        Support(
            "e3",
            "Three",
            source="c",
            excerpt="The army's chief of staff spoke in a broadcast message of growing threats.",
        ),
    )
    found = of(Stated("1", "Alert", (), sites))
    assert (found.independent, kinds(found)) == (2, [Collapsing.COPY])
    assert "100%" in found.collapses[0].explanation


def test_three_outlets_with_one_chinese_text_are_one() -> None:
    wire = "台灣疫苗施打人數已經超過一百萬人"
    excerpts = enumerate([wire, f"{wire}。", f"（中央社）{wire}"])
    sites = tuple(Support(f"e{at}", f"Site {at}", source=f"s{at}", excerpt=excerpt) for at, excerpt in excerpts)
    found = of(Stated("1", "Doses", (), sites))
    assert (found.independent, kinds(found)) == (1, [Collapsing.COPY, Collapsing.COPY])
    assert "100%" in found.collapses[0].explanation


def test_the_same_page_twice_is_one_document() -> None:
    sites = (Support("e1", "One", url="https://a.example/1"), Support("e2", "Again", url="https://a.example/1"))
    assert of(Stated("1", "Alert", (), sites)).independent == 1
    named = (replace(sites[0], source="a"), replace(sites[1], source="b"))
    assert kinds(of(Stated("1", "Alert", (), named))) == [Collapsing.SAME_DOCUMENT]


def test_the_unnamed_are_never_independent_of_one_another() -> None:
    one = Stated("1", "Rain", chain("a", None))
    two = Stated("2", "Rain!", (), ())
    three = Stated("3", "It rains", chain(None))
    links = (Link(RelationKind.RESTATES, "2", "1"), Link(RelationKind.RESTATES, "3", "2"))
    found = of(one, two, three, links=links)
    assert (len(found.origins), found.independent, kinds(found)) == (2, 1, [Collapsing.UNNAMED])


def test_a_restatement_with_another_speaker_counts_once_also_over_one_without_a_speaker() -> None:
    family = (Stated("1", "Rain", chain("a")), Stated("2", "Rain!"), Stated("3", "It rains", chain("b")))
    links = (Link(RelationKind.RESTATES, "2", "1"), Link(RelationKind.SAME_ORIGIN_AS, "3", "2"))
    found = of(*family, links=links)
    assert (found.independent, len(found.collapses)) == (1, 1)


def test_those_who_cite_each_other_are_one_and_the_cycle_is_told() -> None:
    one, two = Stated("1", "Rain", chain("a", "b")), Stated("2", "Rain!", chain("b", "a"))
    found = of(one, two, links=(Link(RelationKind.RESTATES, "2", "1"),))
    assert (found.independent, kinds(found)) == (1, [Collapsing.CIRCULAR])
    assert found.cycles == ((("source", "a"), ("source", "b")),)
    assert found.cycling == {"1", "2"}


def test_copies_need_eight_words_and_most_of_them() -> None:
    assert list(copies(["maximum alert", "maximum alert"])) == []
    assert [pair[:2] for pair in copies([WIRE, None, WIRE])] == [(0, 2)]
    assert list(copies([WIRE, " ".join(reversed(WIRE.split()))])) == []


# --- what must hold whatever is given

sources = st.sampled_from([*NAMES, None])
hops = st.builds(
    Hop,
    source=sources,
    described_as=st.just("someone"),
    on_behalf_of=st.one_of(st.none(), st.none(), st.sampled_from(list(NAMES))),
    interested=st.sampled_from([True, False, None]),
)
excerpts = st.sampled_from([None, None, WIRE, WIRE + " and more", "other words " * 8])
supports = st.builds(
    Support,
    id=st.uuids().map(str),
    label=st.just("page"),
    url=st.sampled_from([None, "https://a.example/", "https://b.example/"]),
    source=sources,
    origin=sources,
    excerpt=excerpts,
)


@st.composite
def families(draw: st.DrawFn) -> tuple[list[Stated], list[Link]]:
    size = draw(st.integers(1, 6))
    family = [
        Stated(
            f"c{at}",
            f"Statement {at}",
            tuple(draw(st.lists(hops, max_size=4))),
            tuple(draw(st.lists(supports, max_size=3))),
            draw(sources),
        )
        for at in range(size)
    ]
    kind = st.sampled_from([RelationKind.RESTATES, RelationKind.SAME_ORIGIN_AS])
    links = [Link(draw(kind), f"c{at}", f"c{draw(st.integers(0, at - 1))}") for at in range(1, size)]
    return family, links


@settings(max_examples=100 * TIMES)
@given(families(), st.randoms())
def test_the_order_never_matters_and_there_is_a_reason_for_every_collapse(made: tuple, random: object) -> None:
    family, links = made
    found = trace(family, links, NAMES)
    shuffled = [replace(claim, supports=claim.supports[::-1]) for claim in family]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert trace(shuffled, links[::-1], NAMES) == found
    assert found.independent <= len(found.origins)
    assert {origin.group for origin in found.origins} == set(range(1, found.independent + 1))
    joined = len({frozenset(collapse.origins) for collapse in found.collapses})
    assert joined >= len(found.origins) - found.independent
    assert all(collapse.explanation for collapse in found.collapses)


@settings(max_examples=150 * TIMES)
@given(families(), st.data())
def test_a_relay_a_copy_or_a_restatement_never_raises_the_count(made: tuple, data: st.DataObject) -> None:
    family, links = made
    before = trace(family, links, NAMES).independent
    at = data.draw(st.integers(0, len(family) - 1))
    claim = family[at]
    what = data.draw(st.sampled_from(["relay", "copy", "restatement"]))
    if what == "relay" and claim.chain:
        place = data.draw(st.integers(0, len(claim.chain) - 1))
        claim = replace(claim, chain=(*claim.chain[:place], data.draw(hops), *claim.chain[place:]))
        more, linked = [*family[:at], claim, *family[at + 1 :]], links
    elif what == "copy" and (copied := [each for each in claim.supports if each.excerpt or each.url]):
        copy = replace(data.draw(st.sampled_from(copied)), id="copy", source=data.draw(sources))
        if not copy.url:
            copy = replace(copy, url="https://elsewhere.example/")
        more, linked = [*family[:at], replace(claim, supports=(*claim.supports, copy)), *family[at + 1 :]], links
    elif any(each.chain for each in family):
        again = Stated("again", "Said again", tuple(data.draw(st.lists(hops, max_size=4))))
        more, linked = [*family, again], [*links, Link(RelationKind.RESTATES, "again", claim.id)]
    else:
        return
    assert trace(more, linked, NAMES).independent <= before


@given(st.integers(2, 200))
def test_cycles_of_any_length_end(length: int) -> None:
    family = [Stated(f"{at:04}", "Rain", chain(f"s{at}", f"s{(at + 1) % length}")) for at in range(length)]
    links = [Link(RelationKind.SAME_ORIGIN_AS, f"{at:04}", f"{at - 1:04}") for at in range(1, length)]
    found = trace(family, links, {})
    assert (found.independent, len(found.cycles), len(found.cycles[0])) == (1, 1, length)


def test_100_000_hops_in_one_component_take_less_than_two_seconds() -> None:
    family = [
        Stated(f"{at:05}", "Rain", chain(*(f"s{(at * 7 + hop * 13) % 9973}" for hop in range(10))))
        for at in range(10_000)
    ]
    links = [Link(RelationKind.RESTATES, f"{at:05}", f"{at // 2:05}") for at in range(1, 10_000)]
    with within_two_seconds():
        found = trace(family, links, {})
    assert found.independent == 1


def test_one_chain_of_100_000_hops_takes_less_than_two_seconds() -> None:
    family = [Stated("1", "Rain", chain(*(f"s{at}" for at in range(100_000))))]
    with within_two_seconds():
        found = trace(family, [], {})
    assert found.independent == 1
