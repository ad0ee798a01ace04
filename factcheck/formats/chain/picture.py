"""Draw where a claim comes from: an SVG of its provenance that stands on a page with a strict CSP and on its own.

The picture runs from top to bottom, because a chain is then as wide as a telephone (360 px). `width` and `height` are
its natural size, so nothing blows it up; a page scales wider ones down with ``max-width: 100%; height: auto``.

Colour says nothing that a word or a shape does not say, too. Lines and letters have the colour of the text around them
(`currentColor`), so a dark page needs nothing of its own. Presentation attributes only: no style, script, link or id
that another picture on the same page could have (https://www.w3.org/TR/SVG2/styling.html#PresentationAttributes).
"""

import hashlib
from collections.abc import Mapping
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from factcheck.formats.chain.cards import BOLD, FOOT, PAD, Card, Type, card, writing
from factcheck.formats.chain.graph import RELATING, SIDEWAYS, Chain, Edge, Say, english, left_out, read, summary
from factcheck.formats.chain.layout import Line, Plan, Size, plan
from factcheck.formats.chain.lettering import width, wrap
from factcheck.formats.chain.ranking import ranks, returning
from factcheck.formats.chain.words import description, title

NARROW, SINGLE, CLAIM, WRITTEN = (
    160.0,
    260.0,
    332.0,
    148.0,
)  # widths: in company, alone, the claim, on a line
MARGIN = 14.0
STRAIGHT, BOW = 8.0, 14.0  # before a box, a line is upright; one that leads back bends by so much
HULL = 7.0  # from a box to the dotted line around those that count as one
ACCENT = "#d9480f"  # 4.3 : 1 on white and on a dark page
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK = "currentColor"

Element = ElementTree.Element


def svg(graph: Mapping[str, Any], *, ground: bool = False, say: Say = english) -> bytes:
    """Return the picture of a claim's provenance as UTF-8, ready to stand in a page or in a file.

    `graph` is the JSON of ``GET /v1/claims/{id}/provenance``. The order of its nodes and edges changes nothing. With
    more than 60 nodes the nearest to the claim are drawn, and picture and text alternative say how many are not.
    `ground` puts white paper under it, for where it is an image of its own and cannot know the colour of the page.
    `say` says its words in the reader's language.
    """
    chain = read(graph, say)
    lines, edges, flipped = _lines(chain)
    cards, made = _laid(chain, lines, edges)
    wide, high = _shift(made)
    notes = _caption(chain, wide - 2 * MARGIN)
    high += sum(line.leading for line in notes) + (MARGIN if notes else 0)
    root = _root(chain, wide, high, ground)
    _hulls(root, chain, made)
    for at, edge in enumerate(edges):
        _edge(root, chain, made, at, edge, flipped[at])
    for at, shown in enumerate(cards[: len(chain.nodes)]):
        _box(root, chain, made, at, shown)
    for at, shown in enumerate(cards[len(chain.nodes) :], len(chain.nodes)):
        place = made.places[at]
        _type(root, shown.lines, place.x, place.y, middle=True)
    _type(root, notes, MARGIN, high - sum(line.leading for line in notes) - 8)
    return ElementTree.tostring(root, encoding="unicode").encode()


def _lines(chain: Chain) -> tuple[list[Line], list[Edge], list[bool]]:
    """Return the edges as lines from a box above to one below, and which of them point upward."""
    edges = [edge for edge in chain.edges if edge.start != edge.end]
    turned = [edge.cycle or (edge.kind in RELATING and edge.start > edge.end) for edge in edges]
    pairs = [
        (edge.end, edge.start) if turn else (edge.start, edge.end) for edge, turn in zip(edges, turned, strict=True)
    ]
    # Turning the relations may have closed a circle that is none in what they say: it is opened without a word.
    for at in returning(len(chain.nodes), pairs):
        pairs[at], turned[at] = (pairs[at][1], pairs[at][0]), not turned[at]
    strands = [f"{edge.cycle}{turn}" for edge, turn in zip(edges, turned, strict=True)]
    return [Line(*pair, strand) for pair, strand in zip(pairs, strands, strict=True)], edges, turned


def _laid(chain: Chain, lines: list[Line], edges: list[Edge]) -> tuple[list[Card], Plan]:
    rank = ranks(len(chain.nodes), lines)
    widths = [SINGLE if rank.count(each) == 1 else NARROW for each in rank]
    widths[0] = CLAIM if rank.count(rank[0]) == 1 else NARROW
    boxes = [card(chain, at, wide) for at, wide in enumerate(widths)]
    texts = [writing(edge, WRITTEN, chain.say) for edge in edges]
    sizes: list[Size] = [(each.width, each.height) for each in boxes]
    written: list[Size] = [(_written(each), sum(line.leading for line in each.lines) + 6) for each in texts]
    return [*boxes, *texts], plan(rank, sizes, lines, written, [node.group for node in chain.nodes])


def _written(text: Card) -> float:
    return max(width(line.text, line.size) for line in text.lines)


def _shift(made: Plan) -> tuple[float, float]:
    """Move the plan into its margins, and return the size of the picture so far. The claim's width is the least."""
    left = min(place.x - place.width / 2 for place in made.places)
    right = max(place.x + place.width / 2 for place in made.places)
    spare = max(CLAIM - (right - left), 0) / 2
    for place in made.places:
        place.x = round(place.x - left + spare + MARGIN, 1)
        place.y = round(place.y + MARGIN, 1)
    made.top = [round(y + MARGIN, 1) for y in made.top]
    made.bottom = [round(y + MARGIN, 1) for y in made.bottom]
    made.settle()
    return right - left + 2 * spare + 2 * MARGIN, made.bottom[-1] + MARGIN


def _caption(chain: Chain, room: float) -> list[Type]:
    """Set what stands under the picture: how many origins there are, why some count as one, what is not drawn."""
    lines = [Type(line, 14, 20, bold=True) for line in wrap(summary(chain), room=room, size=14 * BOLD, most=2)]
    for number, note in enumerate(chain.notes, 1):
        told = wrap(f"{number}. {note}", room=room, size=13, most=6)
        lines += [Type(line, 13, 18 if at else 22) for at, line in enumerate(told)]
    told = wrap(left_out(chain), room=room, size=13, most=3)
    return [*lines, *(Type(line, 13, 18 if at else 22, italic=True) for at, line in enumerate(told))]


def _root(chain: Chain, wide: float, high: float, ground: bool) -> Element:
    mark = hashlib.sha256(chain.id.encode()).hexdigest()[:12]
    root = Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": _n(wide), "height": _n(high),
        "viewBox": f"0 0 {_n(wide)} {_n(high)}", "preserveAspectRatio": "xMinYMin meet",
        "role": "img", "aria-labelledby": f"chain-{mark}-title chain-{mark}-desc",
        "font-family": FONT, "fill": "none", "stroke-linecap": "round", "stroke-linejoin": "round",
    })  # fmt: skip
    _add(root, "title", id=f"chain-{mark}-title").text = title(chain)
    _add(root, "desc", id=f"chain-{mark}-desc").text = description(chain)
    if ground:
        root.set("color", "#1b1f24")
        _add(root, "rect", width="100%", height="100%", fill="#ffffff")
    return root


def _hulls(root: Element, chain: Chain, made: Plan) -> None:
    """Put a dotted line around neighbours that count as one origin, and around each one that has none beside it."""
    for number, row in enumerate(made.rows):
        runs: list[list[int]] = []
        for node in [each for each in row if each < len(chain.nodes)]:
            group = chain.nodes[node].group
            if runs and group and chain.nodes[runs[-1][-1]].group == group:
                runs[-1].append(node)
            else:
                runs.append([node])
        for run in [each for each in runs if chain.nodes[each[0]].group]:
            first, last = made.places[run[0]], made.places[run[-1]]
            left, right = first.x - first.width / 2 - HULL, last.x + last.width / 2 + HULL
            top = made.top[number] - HULL
            bottom = made.top[number] + max(made.places[node].height for node in run) + HULL
            _add(
                root, "rect", x=_n(left), y=_n(top), width=_n(right - left), height=_n(bottom - top), rx="12",
                stroke=INK, stroke_width="2", stroke_dasharray="0 5", data_group=str(chain.nodes[run[0]].group),
            )  # fmt: skip


def _edge(root: Element, chain: Chain, made: Plan, at: int, edge: Edge, upward: bool) -> None:
    """Draw a line, open where its words stand, with its head at the box that it leads to."""
    way = made.ways[at]
    kind = "cycle" if edge.cycle else edge.kind
    names = {"data_from": chain.nodes[edge.start].id, "data_to": chain.nodes[edge.end].id, "data_kind": kind}
    drawn = _add(root, "g", stroke=INK, stroke_width="1.5", **names)
    path = []
    for upper, lower in pairwise(way):
        one, two = made.places[upper], made.places[lower]
        start, end = _port(made, edge, upper, lower), _port(made, edge, lower, upper)
        # Lines leave and reach boxes upright, so that their heads stand straight.
        low = made.bottom[one.row] + (STRAIGHT if upper in made.boxes else 0)
        high = made.top[two.row] - (STRAIGHT if lower in made.boxes else 0)
        middle = _n((low + high) / 2)
        path.append(f"M{_n(start)} {_n(one.y + one.height)}" if upper < made.writings.stop else "")
        path.append(f"V{_n(low)}C{_n(start)} {middle} {_n(end)} {middle} {_n(end)} {_n(high)}")
        path.append(f"V{_n(two.y if lower < made.writings.stop else made.bottom[two.row])}")
    _add(drawn, "path", d="".join(path), **({"stroke_dasharray": "6 5"} if edge.cycle else {}))
    if edge.kind not in SIDEWAYS:
        top, bottom = made.places[way[0]], made.places[way[-1]]
        x, y, down = _port(made, edge, way[-1], way[-2]), bottom.y, 1
        if upward:
            x, y, down = _port(made, edge, way[0], way[1]), top.y + top.height, -1
        head = f"M{_n(x)} {_n(y)}L{_n(x - 4.5)} {_n(y - 8 * down)}H{_n(x + 4.5)}Z"
        _add(drawn, "path", d=head, fill=INK, stroke="none")


def _port(made: Plan, edge: Edge, here: int, there: int) -> float:
    """Return where a line touches a box; what leads back does so a little aside, so that it is always curved."""
    return made.port(here, there) + (BOW if edge.cycle and here in made.boxes else 0)


def _box(root: Element, chain: Chain, made: Plan, at: int, shown: Card) -> None:
    node, place = chain.nodes[at], made.places[at]
    left, top, wide, high = place.x - place.width / 2, place.y, place.width, place.height
    drawn = _add(root, "g", data_node=node.id, data_kind=node.kind)
    look = {
        "fill": INK, "fill_opacity": "0.1" if at == 0 else "0.04", "stroke": INK,
        "stroke_width": "3.5" if node.origins else "1.5",
        **({"stroke_dasharray": "7 5"} if node.kind == "unnamed" else {}),
    }  # fmt: skip
    if node.kind in ("article", "evidence"):
        fold = 13
        outline = f"M{_n(left)} {_n(top)}h{_n(wide - fold)}l{fold} {fold}v{_n(high - fold)}h{_n(-wide)}z"
        corner = f"M{_n(left + wide - fold)} {_n(top)}v{fold}h{fold}"
        _add(drawn, "path", d=outline, **look)
        _add(drawn, "path", d=corner, stroke=INK, stroke_width="1.5")
    else:
        box = {"x": _n(left), "y": _n(top), "width": _n(wide), "height": _n(high)}
        _add(drawn, "rect", **box, rx="14" if node.kind == "claim" else "3", **look)
    if any(edge.start == edge.end == at for edge in chain.edges):
        _loop(drawn, left + wide, top + high / 2)
    _type(drawn, shown.lines, left + PAD, top + PAD - 4)


def _loop(drawn: Element, x: float, y: float) -> None:
    """Draw the way from a box back to itself, at its right edge."""
    curve = f"M{_n(x)} {_n(y - 14)}C{_n(x + 13)} {_n(y - 14)} {_n(x + 13)} {_n(y + 10)} {_n(x)} {_n(y + 10)}"
    _add(drawn, "path", d=curve, stroke=INK, stroke_width="1.5", stroke_dasharray="4 4")
    head = f"M{_n(x)} {_n(y + 10)}l7 -4.5v9z"
    _add(drawn, "path", d=head, fill=INK)


def _type(root: Element, lines: tuple[Type, ...] | list[Type], x: float, y: float, *, middle: bool = False) -> None:
    for line in lines:
        y += line.leading
        indent = {"origin": 9.0, "interested": 16.0, "disinterested": 16.0}.get(line.sign, 0.0)
        look = {
            **({"font_weight": "600"} if line.bold else {}), **({"font_style": "italic"} if line.italic else {}),
            **({"fill_opacity": "0.8"} if line.faint else {}), **({"text_anchor": "middle"} if middle else {}),
        }  # fmt: skip
        if line.sign:
            _sign(root, line, x, y)
        _add(root, "text", x=_n(x + indent), y=_n(y), font_size=_n(line.size), fill=INK, **look).text = line.text


def _sign(root: Element, line: Type, x: float, y: float) -> None:
    """Draw the shape that goes with a word: a full diamond for interest, a ring for none, a frame for an origin."""
    if line.sign == "interested":
        _add(root, "path", d=f"M{_n(x)} {_n(y - 4.5)}l5.5 -5.5l5.5 5.5l-5.5 5.5z", fill=ACCENT, stroke=INK)
    elif line.sign == "disinterested":
        _add(root, "circle", cx=_n(x + 5.5), cy=_n(y - 4.5), r="4.5", stroke=INK, stroke_width="1.5")
    else:
        wide = width(line.text, FOOT * BOLD) + 16
        _add(root, "rect", x=_n(x), y=_n(y - 14), width=_n(wide), height="20", rx="10", stroke=INK)


def _add(parent: Element, tag: str, **attributes: str) -> Element:
    """Add an element; underscores in the names of attributes are hyphens."""
    return ElementTree.SubElement(parent, tag, {name.replace("_", "-"): text for name, text in attributes.items()})


def _n(number: float) -> str:
    return f"{round(number, 1):g}" if abs(number) < 100_000 else str(round(number))
