"""Read the JSON of a claim's provenance for its picture: what is near enough to be drawn, in one order."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from factcheck.formats.chain.lettering import clean
from factcheck.formats.chain.ranking import returning
from factcheck.messages import message, plural

MOST_NODES = 60
MOST_EDGES = 120
MOST_NOTES = 12
LONGEST = 160  # code points of a label that the text alternative reads out

VERBS = {
    "taken_from": message("taken from"),
    "attributed_to": message("attributed to"),
    "on_behalf_of": message("on behalf of"),
    "supports": message("supports"),
    "rests_on": message("rests on"),
    "restates": message("restates"),
    "same_origin_as": message("same original source as"),
    "copies": message("copies"),
}
INTEREST = {True: message("conflict of interest"), False: message("no conflict of interest")}
SIDEWAYS = frozenset({"same_origin_as"})  # says the same in both directions: no arrow, and no cycle by itself
RELATING = frozenset({"supports", "restates", "same_origin_as", "copies"})  # drawn below what they lead to
DIRECTNESS = {"direct": message("direct"), "indirect": message("indirect"), "mixed": message("mixed")}
Say = Callable[[str], str]  # says a message in the reader's language; any other text stays as it is


def english(text: str) -> str:
    """Say a message in the language of the code."""
    return text


@dataclass(frozen=True)
class Node:
    """A box. `origins`: the numbers, from 1, of those that it is; `group`: theirs, where several count as one."""

    id: str
    kind: str
    label: str
    detail: str
    interested: bool | None
    origins: tuple[int, ...] = ()
    group: int = 0


@dataclass(frozen=True)
class Edge:
    """A line from one box to another, as places in `Chain.nodes`. `cycle`: it leads back to where the way came from."""

    start: int
    end: int
    kind: str
    cue: str
    directness: str
    cycle: bool = False


@dataclass
class Chain:
    """What is drawn. Nodes stand in order of their distance from the claim, which is the first. `say` is how."""

    id: str
    nodes: list[Node]
    edges: list[Edge]
    origins: int
    independent: int
    partners: dict[int, list[int]] = field(default_factory=dict)  # group: the numbers of its origins
    notes: list[str] = field(default_factory=list)
    nodes_left_out: int = 0
    edges_left_out: int = 0
    say: Say = english


def read(graph: Mapping[str, Any], say: Say = english) -> Chain:
    """Return what of a provenance is drawn: at most 60 nodes, the nearest to the claim first, and 120 edges."""
    claim = graph.get("claim") or {}
    given = _by_id(graph.get("nodes") or ()) or {"claim": {"kind": "claim", "label": claim.get("text")}}
    ways = [edge for edge in graph.get("edges") or () if str(edge["from"]) in given and str(edge["to"]) in given]
    near = _nearest(_main(given, str(claim.get("id"))), given, ways)
    place = {name: at for at, name in enumerate(near[:MOST_NODES])}
    inside = _edges(place, ways)
    origins = sorted(graph.get("origins") or (), key=lambda each: _natural(str(each["id"])))
    chain = Chain(clean(claim.get("id")), [], _kept(inside), len(origins), int(graph.get("independent_origins") or 0))
    chain.say = say
    for number, origin in enumerate(origins, 1):
        chain.partners.setdefault(int(origin.get("group") or 0), []).append(number)
    chain.nodes = [_node(name, given[name], origins, chain) for name in place]
    chain.notes = _notes(graph.get("collapses") or (), origins, say)
    chain.nodes_left_out, chain.edges_left_out = len(given) - len(place), len(inside) - len(chain.edges)
    return chain


def summary(chain: Chain) -> str:
    """Return how many origins there are, and how many of them are independent."""
    if not chain.origins:
        return chain.say(message("No original source is known beyond this picture."))
    count = chain.independent
    if chain.origins == 1:
        return chain.say(plural("{count} independent original source", "{count} independent original sources", count))
    return chain.say(
        plural(
            "{count} independent original source of {all}",
            "{count} independent original sources of {all}",
            count,
            all=chain.origins,
        )
    )


def left_out(chain: Chain) -> str:
    """Return how much is not drawn, or nothing."""
    nodes, edges = chain.nodes_left_out, chain.edges_left_out
    more_nodes, more_edges = f"{nodes:,}", f"{edges:,}"
    boxes = plural("{more} more box, farther away", "{more} more boxes, farther away", nodes, more=more_nodes)
    lines = plural("{more} more line", "{more} more lines", edges, more=more_edges)
    if nodes and edges:
        return chain.say(message("Not drawn: {boxes} and {lines}.", boxes=boxes, lines=lines))
    return chain.say(message("Not drawn: {what}.", what=boxes if nodes else lines)) if nodes or edges else ""


def numbers(origins: Iterable[int], say: Say = english) -> str:
    """Return numbers as they are read: “1”, “1 and 2”, “1, 2 and 5”, “1, 2, 3 and 17 more”."""
    shown = [str(number) for number in sorted(origins)]
    if len(shown) > 6:
        shown = [*shown[:3], say(plural("{count} more", "{count} more", len(shown) - 3))]
    if len(shown) < 2:
        return "".join(shown)
    return say(message("{first} and {last}", first=", ".join(shown[:-1]), last=shown[-1]))


def _natural(name: str) -> tuple[int, str]:
    return len(name), name  # n2 before n10


def _canonical(thing: Any) -> str:
    return json.dumps(thing, sort_keys=True, default=str)


def _by_id(nodes: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for node in nodes:
        name = str(node["id"])
        # An id that comes twice must not make the picture depend on which comes first.
        found[name] = min(found[name], node, key=_canonical) if name in found else node
    return found


def _main(given: Mapping[str, Mapping[str, Any]], claim: str) -> str:
    def key(name: str) -> tuple[bool, bool, tuple[int, str]]:
        node = given[name]
        return str(node.get("claim_id")) != claim, node.get("kind") != "claim", _natural(name)

    return min(given, key=key)


def _nearest(main: str, given: Iterable[str], edges: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return all ids by distance from the claim, whichever way the edges lead, then by id; the unconnected last."""
    beside: dict[str, set[str]] = {}
    for edge in edges:
        start, end = str(edge["from"]), str(edge["to"])
        beside.setdefault(start, set()).add(end)
        beside.setdefault(end, set()).add(start)
    found, ring = {main: None}, [main]
    while ring:
        following = {other for name in ring for other in beside.get(name, ()) if other not in found}
        ring = sorted(following, key=_natural)
        found |= dict.fromkeys(ring)
    return [*found, *sorted((name for name in given if name not in found), key=_natural)]


def _edges(place: Mapping[str, int], edges: Iterable[Mapping[str, Any]]) -> list[Edge]:
    """Return the edges between drawn nodes in order of their distance, without repeats."""
    found = {
        Edge(
            place[str(edge["from"])],
            place[str(edge["to"])],
            str(edge.get("kind")),
            clean(edge.get("label"), LONGEST),
            str(edge["directness"]) if edge.get("directness") in DIRECTNESS else "",
        )
        for edge in edges
        if str(edge["from"]) in place and str(edge["to"]) in place
    }
    return sorted(found, key=_distance)


def _distance(edge: Edge) -> tuple[int, int, int, str, str, str]:
    near, far = sorted((edge.start, edge.end))
    return far, near, edge.start, edge.kind, edge.cue, edge.directness


def _kept(edges: list[Edge]) -> list[Edge]:
    """Return at most 120 edges, first those that connect each node to a nearer one, and mark the cycles."""
    seen: set[int] = set()
    first: list[Edge] = []
    others: list[Edge] = []
    for edge in edges:
        far = max(edge.start, edge.end)
        (others if far in seen else first).append(edge)
        seen.add(far)
    kept = sorted([*first, *others][:MOST_EDGES], key=_distance)
    leading = [edge for edge in kept if edge.kind not in SIDEWAYS or edge.start == edge.end]
    count = max((max(edge.start, edge.end) for edge in kept), default=0) + 1
    back = {leading[at] for at in returning(count, [(edge.start, edge.end) for edge in leading])}
    return [
        Edge(edge.start, edge.end, edge.kind, edge.cue, edge.directness, cycle=True) if edge in back else edge
        for edge in kept
    ]


def _node(name: str, node: Mapping[str, Any], origins: list[Mapping[str, Any]], chain: Chain) -> Node:
    own = [(number, origin) for number, origin in enumerate(origins, 1) if str(origin.get("node")) == name]
    groups = sorted(int(origin.get("group") or 0) for _, origin in own)
    interested = [node.get("interested"), *(origin.get("interested") for _, origin in own)]
    return Node(
        clean(name),
        str(node.get("kind")),
        clean(chain.say(node.get("label") or "")),
        clean(node.get("detail"), LONGEST),
        True if True in interested else next((each for each in interested if each is not None), None),
        tuple(number for number, _ in own),
        groups[0] if groups and len(chain.partners.get(groups[0], ())) > 1 else 0,
    )


def _notes(collapses: Iterable[Mapping[str, Any]], origins: list[Mapping[str, Any]], say: Say) -> list[str]:
    """Return why origins count as one, in order of the origins, at most 12 reasons."""
    number = {str(origin["id"]): at for at, origin in enumerate(origins, 1)}
    told = {
        (
            tuple(sorted(number[str(each)] for each in collapse.get("origins") or () if str(each) in number)),
            clean(say(collapse.get("explanation") or "")),
        )
        for collapse in collapses
    }
    notes = [
        say(message("Original sources {numbers} count as one. {why}", numbers=numbers(which, say), why=why))
        if which
        else why
        for which, why in sorted(told)
    ]
    more = len(notes) - MOST_NOTES
    if more <= 0:
        return notes
    written = f"{more:,}"
    return [*notes[:MOST_NOTES], say(plural("And {more} more reason.", "And {more} more reasons.", more, more=written))]
