"""What stands on the boxes and lines of a claim's provenance, set in lines of type, and how big that makes them."""

from dataclasses import dataclass

from factcheck.formats.chain.graph import INTEREST, VERBS, Chain, Edge, Node, numbers
from factcheck.formats.chain.lettering import wrap

PAD = 13.0
HEAD, LABEL, FOOT, WRITING = 11.0, 14.0, 12.0, 12.0
BOLD = 1.08  # bold type is wider than what the table of widths says
MOST_LINES, MOST_CLAIM_LINES = 5, 7
KINDS = {"claim": "Claim", "article": "Article", "source": "Source", "unnamed": "Not named", "evidence": "Evidence"}


@dataclass(frozen=True)
class Type:
    """One line of type. `leading`: distance from the line before; `sign`: the shape that goes with it."""

    text: str
    size: float
    leading: float
    bold: bool = False
    faint: bool = False
    italic: bool = False
    sign: str = ""


@dataclass(frozen=True)
class Card:
    width: float
    lines: tuple[Type, ...]

    @property
    def height(self) -> float:
        return sum(line.leading for line in self.lines) + 2 * PAD - 4


def card(chain: Chain, at: int, width: float) -> Card:
    """Set the text of one node in a box of this width."""
    node = chain.nodes[at]
    room = width - 2 * PAD
    label = node.label or "without a name"
    label = f"“{label}”" if node.kind == "claim" and node.label else label
    most = MOST_CLAIM_LINES if node.kind == "claim" else MOST_LINES
    lines = [Type(line, HEAD, 15, faint=True) for line in wrap(_head(at, node), room=room - 10, size=HEAD, most=2)]
    for place, line in enumerate(wrap(label, room=room, size=LABEL * BOLD, most=most)):
        lines.append(Type(line, LABEL, 18 if place else 20, bold=True))
    return Card(width, (*lines, *_feet(chain, node, room), *_loops(chain, at, room)))


def _head(at: int, node: Node) -> str:
    """Return what kind of thing it is: “Article, 2023-11-06”; of a source its own kind is enough: “Organization”."""
    kind = KINDS.get(node.kind, "Node") if at == 0 or node.kind != "claim" else "Related claim"
    if node.kind == "source" and node.detail:
        return node.detail[:1].upper() + node.detail[1:]
    return f"{kind}, {node.detail}" if node.detail else kind


def _feet(chain: Chain, node: Node, room: float) -> list[Type]:
    lines = []
    if node.interested is not None:
        sign = "interested" if node.interested else "disinterested"
        interest = INTEREST[node.interested]
        lines.append(Type(interest, FOOT, 22, bold=node.interested, sign=sign))
    if node.origins:
        noun = "original sources" if len(node.origins) > 1 else "original source"
        lines.append(Type(noun, FOOT, 24, bold=True, sign="origin"))
        told = wrap(_counted(chain, node), room=room, size=FOOT, most=4) if chain.origins > 1 else []
        lines += [Type(line, FOOT, 16 if at else 20) for at, line in enumerate(told)]
    return lines


def _counted(chain: Chain, node: Node) -> str:
    """Say which of the original sources these are, and with which ones they count as one."""
    which = f"{numbers(node.origins)} of {chain.origins}"
    others = [number for number in chain.partners.get(node.group, ()) if number not in node.origins]
    if not node.group or not (others or len(node.origins) > 1):
        return which
    whom = f" with original source{'s' * (len(others) > 1)} {numbers(others)}" if others else ""
    return f"{which}, counts as one{whom}"


def _loops(chain: Chain, at: int, room: float) -> list[Type]:
    own = [edge for edge in chain.edges if edge.start == edge.end == at]
    told = "; ".join(f"{VERBS.get(edge.kind, edge.kind)} itself" for edge in own[:2])
    lines = wrap(f"cycle: {told}", room=room, size=FOOT, most=2) if own else []
    return [Type(line, FOOT, 18, italic=True) for line in lines]


def writing(edge: Edge, width: float) -> Card:
    """Set what is written on a line: how the two hang together, how directly, and the cue in its own words."""
    told = VERBS.get(edge.kind, "leads to")
    told = f"cycle: {told}" if edge.cycle else told
    told = f"{told}, {edge.directness}" if edge.directness else told
    lines = [Type(line, WRITING, 15) for line in wrap(told, room=width, size=WRITING, most=2)]
    if edge.cue:
        cue = wrap(f"“{edge.cue}”", room=width, size=WRITING, most=2)
        lines += [Type(line, WRITING, 15, italic=True) for line in cue]
    return Card(width, tuple(lines))
