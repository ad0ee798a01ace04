"""The picture of a claim's provenance: safe, the same every time, and nothing in it lies on anything else."""

import random
import re
import time
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from factcheck.formats.chain import graph as chain_graph
from factcheck.formats.chain import lettering
from factcheck.formats.chain.layout import Line, spaced
from factcheck.formats.chain.picture import svg
from factcheck.formats.chain.ranking import ranks, returning
from tests.quick import TIMES

SVG = "{http://www.w3.org/2000/svg}"
ARTICLE = "[Niger after the coup: ECOWAS, the rally in Niamey and France]"
KINDS = ("claim", "article", "source", "unnamed", "evidence")
HOSTILE = "</svg><script>alert(1)</script>\x00\x0b\ud800\ufffe\u202e]]>&lt;<!--\u2066 javascript:x onload='y'"


def node(name: str, kind: str, label: str, *, detail: str | None = None, interested: bool | None = None) -> dict:
    ids = {"source_id": None, "claim_id": f"c-{name}" if kind == "claim" else None, "evidence_id": None}
    return {"id": name, "kind": kind, "label": label, "detail": detail, "interested": interested, **ids}


def edge(start: str, end: str, kind: str, label: str | None = None, directness: str | None = None) -> dict:
    return {"from": start, "to": end, "kind": kind, "label": label, "directness": directness}


def origin(name: str, at: str, *, group: int = 1, interested: bool | None = None) -> dict:
    return {"id": name, "node": at, "label": at, "interested": interested, "group": group}


def graph(nodes: list, edges: list, origins: list = (), independent: int = 0, collapses: list = ()) -> dict[str, Any]:  # type: ignore[assignment]
    return {
        "claim": {"id": "c-n1", "text": nodes[0]["label"] if nodes else "A claim."},
        "nodes": nodes,
        "edges": edges,
        "origins": list(origins),
        "independent_origins": independent,
        "collapses": list(collapses),
    }


MILLION = graph(
    [
        node("n1", "claim", "Up to a million people were present at the rally in Niamey."),
        node("n2", "article", ARTICLE),
        node("n3", "source", "organizers of the rally", detail="group", interested=True),
    ],
    [edge("n1", "n2", "taken_from"), edge("n2", "n3", "attributed_to", "claiming", "indirect")],
    [origin("o1", "n3", interested=True)],
    1,
)
THREAT = graph(
    [
        node("n1", "claim", "The threat of an attack on Niger has increased."),
        node("n2", "article", ARTICLE),
        node("n3", "source", "new military rulers", detail="group", interested=True),
        node("n4", "claim", "Threats of aggression against the national territory of Niger are growing."),
        node("n5", "source", "internal document", detail="document"),
        node("n6", "unnamed", "the author of the internal document, not stated"),
    ],
    [
        edge("n1", "n2", "taken_from"),
        edge("n2", "n3", "attributed_to", "citing", "indirect"),
        edge("n1", "n4", "same_origin_as"),
        edge("n4", "n2", "taken_from"),
        edge("n2", "n5", "attributed_to", "acknowledged", "indirect"),
        edge("n5", "n6", "attributed_to", None, "indirect"),
    ],
    [origin("o1", "n3", interested=True), origin("o2", "n6")],
    1,
    [
        {
            "kind": "same_origin_as",
            "origins": ["o1", "o2"],
            "explanation": "Both are marked as having the same original source.",
        }
    ],
)
CIRCLE = graph(
    [node("n1", "claim", "A claim."), *(node(f"n{at}", "source", f"Agency {at}") for at in range(2, 6))],
    [
        edge("n1", "n2", "attributed_to"),
        edge("n2", "n3", "copies"),
        edge("n3", "n4", "copies"),
        edge("n4", "n2", "copies"),
        edge("n4", "n5", "rests_on"),
        edge("n5", "n5", "copies"),
    ],
)
labels = st.one_of(
    st.text(max_size=60), st.sampled_from([HOSTILE, "x" * 10_000, "国境は閉鎖された" * 40, "a\u0301" * 500])
)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(1, 14))
    names = [f"n{at}" for at in range(1, count + 1)]
    nodes = [
        node(
            name,
            draw(st.sampled_from(KINDS)),
            draw(labels),
            detail=draw(st.none() | labels),
            interested=draw(st.sampled_from([True, False, None])),
        )
        for name in names
    ]
    kinds, either = st.sampled_from([*chain_graph.VERBS]), st.sampled_from(names)
    directness = st.sampled_from([None, "direct", "indirect", "mixed"])
    edges = draw(st.lists(st.builds(edge, either, either, kinds, st.none() | labels, directness), max_size=24))
    ends = draw(st.lists(either, max_size=5))
    origins = [origin(f"o{at}", end, group=draw(st.integers(1, 2))) for at, end in enumerate(ends)]
    collapses = [
        {"kind": "same_source", "origins": [one["id"], two["id"]], "explanation": draw(labels)}
        for one, two in combinations(origins, 2)
        if one["group"] == two["group"]
    ]
    return graph(nodes, edges, origins, len({each["group"] for each in origins}), collapses)


def big(count: int) -> dict[str, Any]:
    chance = random.Random(7)
    nodes = [node(f"n{at}", "claim" if at == 1 else chance.choice(KINDS), f"Node {at}") for at in range(1, count + 1)]
    kinds = [*chain_graph.VERBS]
    edges = [edge(f"n{chance.randint(1, at - 1)}", f"n{at}", chance.choice(kinds)) for at in range(2, count + 1)]
    edges += [
        edge(f"n{chance.randint(1, count)}", f"n{chance.randint(1, count)}", "copies", "as reported", "indirect")
        for _ in range(count)
    ]
    return graph(nodes, edges, [origin("o1", f"n{count}")], 1)


CASES = {"million": MILLION, "threat": THREAT, "circle": CIRCLE, "empty": graph([], []), "big": big(200)}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


# ── Reading the picture ─────────────────────────────────────────────────────────────────────────────────────────


def parsed(case: dict[str, Any]) -> ElementTree.Element:
    return ElementTree.fromstring(svg(case))


def outline(shape: ElementTree.Element) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a box: a rectangle, or a sheet with a folded corner."""
    if shape.tag == f"{SVG}rect":
        left, top, wide, high = (float(shape.get(name, "")) for name in ("x", "y", "width", "height"))
        return left, top, left + wide, top + high
    left, top, across, fold, down, side = map(
        float, re.fullmatch(r"M(\S+) (\S+)h(\S+)l(\S+) \S+v(\S+)h-(\S+)z", shape.get("d", "")).groups()
    )
    assert abs(across + fold - side) < 0.11
    return left, top, left + side, top + fold + down


def boxes(root: ElementTree.Element) -> dict[str, tuple[float, float, float, float]]:
    return {each.get("data-node"): outline(each[0]) for each in root.iter(f"{SVG}g") if each.get("data-node")}


def writings(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    found = []
    for text in root.iterfind(f"{SVG}text[@text-anchor='middle']"):
        x, y, size = (float(text.get(name, "")) for name in ("x", "y", "font-size"))
        wide = lettering.width(text.text or "", size)
        found.append((x - wide / 2, y - size + 2, x + wide / 2, y + 2))
    return found


def ends(path: str) -> tuple[tuple[float, float], tuple[float, float]]:
    start = re.match(r"M(\S+) ([\d.]+)", path)
    last = re.search(r"C\S+ \S+ \S+ \S+ (\S+) [\d.]+V([\d.]+)$", path)
    assert start
    assert last
    return (float(start[1]), float(start[2])), (float(last[1]), float(last[2]))


def overlap(one: tuple[float, ...], two: tuple[float, ...]) -> bool:
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


def check(case: dict[str, Any]) -> ElementTree.Element:
    """Assert what holds for every picture."""
    root = parsed(case)
    _, _, wide, high = map(float, root.get("viewBox", "").split())
    found = boxes(root)
    placed = [*found.values(), *writings(root)]
    for one, two in combinations(placed, 2):
        assert not overlap(one, two), (one, two)
    for left, top, right, bottom in placed:
        assert left >= 0
        assert top >= 0
        assert right <= wide
        assert bottom <= high
    for drawn in [each for each in root.iter(f"{SVG}g") if each.get("data-from")]:
        upper, lower = ends(drawn[0].get("d", ""))
        pair = sorted((found[drawn.get("data-from")], found[drawn.get("data-to")]), key=lambda box: box[1])
        assert pair[0][0] <= upper[0] <= pair[0][2]
        assert pair[1][0] <= lower[0] <= pair[1][2]
        assert abs(upper[1] - pair[0][3]) < 0.11
        assert abs(lower[1] - pair[1][1]) < 0.11
    return root


def desc(case: dict[str, Any]) -> str:
    return parsed(case).findtext(f"{SVG}desc") or ""


# ── What holds for every picture ────────────────────────────────────────────────────────────────────────────────


@each_case
def test_nothing_lies_on_anything_and_lines_touch_their_boxes(case: dict[str, Any]) -> None:
    check(case)


@settings(max_examples=50 * TIMES, deadline=None)
@given(graphs())
@example(graph([node("n1", "claim", HOSTILE)], [edge("n1", "n1", "copies")]))
def test_any_graph_can_be_drawn(case: dict[str, Any]) -> None:
    root = check(case)
    assert len(boxes(root)) == len(case["nodes"])
    clean_of_everything_a_policy_blocks(root)


@settings(max_examples=30 * TIMES, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(case: dict[str, Any], chance: random.Random) -> None:
    mixed = {**case, **{name: chance.sample(case[name], len(case[name])) for name in ("nodes", "edges", "origins")}}
    assert svg(case) == svg(case) == svg(mixed)


def clean_of_everything_a_policy_blocks(root: ElementTree.Element) -> None:
    for each in root.iter():
        assert each.tag.removeprefix(SVG) in {"svg", "title", "desc", "g", "rect", "path", "circle", "text"}
        for name, value in each.attrib.items():
            assert not name.startswith("on")
            assert name not in ("style", "class")
            assert "href" not in name
            assert "url(" not in value or name.startswith("data-")


@each_case
def test_it_is_clean_of_everything_a_policy_blocks(case: dict[str, Any]) -> None:
    root = parsed(case)
    clean_of_everything_a_policy_blocks(root)
    named = [each.get("id") for each in root if each.get("id")]
    assert root.get("aria-labelledby", "").split() == named
    assert root.get("role") == "img"


def test_hostile_words_stay_words() -> None:
    case = graph(
        [node(HOSTILE, "claim", HOSTILE, detail=HOSTILE), node("n2", "source", HOSTILE)],
        [edge(HOSTILE, "n2", "attributed_to", HOSTILE)],
        [origin("o1", "n2"), origin("o2", "n2")],
        1,
        [{"kind": "same_source", "origins": ["o1", "o2"], "explanation": HOSTILE}],
    )
    drawn = svg(case)
    clean_of_everything_a_policy_blocks(check(case))
    assert b"<script" not in drawn
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08]", drawn.decode())


# ── Cycles ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cycle_is_drawn_dashed_and_named() -> None:
    root = check(CIRCLE)
    dashed = [each for each in root.iter(f"{SVG}g") if each.get("data-kind") == "cycle"]
    assert [(each.get("data-from"), each.get("data-to")) for each in dashed] == [("n4", "n2")]
    assert dashed[0][0].get("stroke-dasharray")
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert "cycle: copies" in words
    assert "cycle: copies itself" in words
    assert "which copies Agency 2 (a cycle)" in desc(CIRCLE)
    assert "Agency 5 (a cycle)" in desc(CIRCLE)


def test_claims_with_one_origin_are_no_cycle() -> None:
    both = [edge("n1", "n4", "same_origin_as"), edge("n4", "n1", "same_origin_as")]
    root = check({**THREAT, "edges": THREAT["edges"] + both})
    assert not [each for each in root.iter(f"{SVG}g") if each.get("data-kind") == "cycle"]


def test_evidence_hangs_under_its_claim() -> None:
    nodes = [node("n1", "claim", "A claim."), node("n2", "evidence", "A picture"), node("n3", "source", "A witness")]
    found = boxes(check(graph(nodes, [edge("n2", "n1", "supports"), edge("n2", "n3", "rests_on")])))
    assert found["n1"][3] < found["n2"][1] < found["n3"][1]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_without_the_returning_edges_every_line_leads_down(edges: list[tuple[int, int]]) -> None:
    back = returning(10, edges)
    rank = ranks(10, [Line(*pair) for at, pair in enumerate(edges) if at not in back])
    assert all(rank[start] < rank[end] for at, (start, end) in enumerate(edges) if at not in back)
    assert all(start != end for at, (start, end) in enumerate(edges) if at not in back)


# ── Bounds ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_nearest_are_drawn_and_the_rest_is_counted() -> None:
    case = graph(
        [node(f"n{at}", "claim" if at == 1 else "source", f"Node {at}") for at in range(1, 101)],
        [edge(f"n{at}", f"n{at + 1}", "attributed_to") for at in range(1, 100)],
    )
    root = check(case)
    assert set(boxes(root)) == {f"n{at}" for at in range(1, 61)}
    assert "Not drawn: 40 more boxes, farther away." in desc(case)
    assert any("40 more boxes" in (text.text or "") for text in root.iter(f"{SVG}text"))


def test_many_nodes_are_drawn_in_a_second() -> None:
    case = big(5_000)
    for each in case["nodes"]:
        each["label"] = each["label"] * 1_000
    began = time.process_time()
    drawn = svg(case)
    assert time.process_time() - began < 1
    assert len(drawn) < 400_000


def test_everything_at_once_stays_in_bounds() -> None:
    names = [f"n{at}" for at in range(1, 61)]
    dense = [edge(one, two, "copies", "as reported by", "mixed") for one in names for two in names]
    case = graph([node(name, "source", HOSTILE * 200) for name in names], dense)
    began = time.process_time()
    root = check(case)
    assert time.process_time() - began < 5
    assert len([each for each in root.iter(f"{SVG}g") if each.get("data-from")]) <= chain_graph.MOST_EDGES
    assert "3,480 more lines" in desc(case)


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_rally_in_words() -> None:
    assert desc(MILLION) == (
        "Claim “Up to a million people were present at the rally in Niamey.” is taken from article "
        f"“{ARTICLE}”, which cites organizers of the rally (indirect, “claiming”), "
        "conflict of interest. 1 independent original source."
    )
    words = [text.text for text in parsed(MILLION).iter(f"{SVG}text")]
    assert {"taken from", "attributed to, indirect", "“claiming”", "conflict of interest", "original source"} <= set(
        words
    )


def test_two_sentences_with_one_origin_in_words() -> None:
    told = desc(THREAT)
    assert "“The threat of an attack on Niger has increased.” has the same original source as claim “Threats" in told
    assert "(indirect, “acknowledged”), which cites an unnamed source: the author of the internal document" in told
    assert told.endswith(
        "1 independent original source of 2: Original sources 1 and 2 count as one. Both are marked as having the same "
        "original source."
    )


def test_origins_that_count_as_one_are_shown_as_one() -> None:
    root = parsed(THREAT)
    words = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert "original source 1 of 2" in words
    assert "counts as one with original source 1" in words
    assert "1. Original sources 1 and 2 count as one." in words
    assert len([each for each in root.iter(f"{SVG}rect") if each.get("data-group") == "1"]) == 2


def test_interest_is_a_word_and_a_shape() -> None:
    case = graph([node("n1", "claim", "A claim."), node("n2", "source", "A witness", interested=False)], [])
    box = parsed(case).find(f"{SVG}g[@data-node='n2']")
    assert "no conflict of interest" in [text.text for text in box.iter(f"{SVG}text")]
    assert box.find(f"{SVG}circle") is not None


# ── Lettering ───────────────────────────────────────────────────────────────────────────────────────────────────


@given(labels, st.integers(1, 5))
def test_lines_fit_their_room(text: str, most: int) -> None:
    lines = lettering.wrap(lettering.clean(text), room=120, size=14, most=most)
    assert len(lines) <= most
    assert all(lettering.width(line, 14) <= 120.01 for line in lines)


def test_a_text_that_fits_is_whole() -> None:
    assert lettering.wrap("the author of the document", room=110, size=12, most=3) == [
        "the author of",
        "the document",
    ]
    assert lettering.wrap("国境は七日間閉鎖された", room=60, size=12, most=3) == ["国境は七", "日間閉鎖", "された"]
    assert lettering.wrap("x" * 10_000, room=60, size=12, most=2)[1].endswith("…")


def test_characters_stay_whole() -> None:
    family = "👨‍👩‍👧"
    assert list(lettering.clusters(f"e\u0301{family}🇳🇪🇫🇷")) == ["e\u0301", family, "🇳🇪", "🇫🇷"]
    assert list(lettering.clusters("a" + "\u0301" * 50)) == ["a" + "\u0301" * lettering.MARKS]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=8))
def test_spaced_keeps_order_and_distance(wishes: list[float]) -> None:
    found = spaced(wishes, [10.0] * (len(wishes) - 1), -40, 40)
    assert all(two - one >= 10 - 1e-9 for one, two in pairwise(found))
    assert found[0] >= -40 - 1e-9
    assert found[-1] <= 40 + 1e-9


def test_paper_lies_under_a_picture_that_stands_alone() -> None:
    root = ElementTree.fromstring(svg(MILLION, ground=True))
    paper = root.find(f"{SVG}rect")
    assert (paper.get("fill"), paper.get("width")) == ("#ffffff", "100%")
    assert root.get("color")
    assert parsed(MILLION).get("color") is None
