"""What stands on the boxes and lines of a claim's provenance, set in lines of type, and how big that makes them."""

from dataclasses import dataclass

from factcheck.formats.chain.graph import DIRECTNESS, INTEREST, VERBS, Chain, Edge, Node, Say, numbers
from factcheck.formats.chain.lettering import wrap
from factcheck.messages import Message, message, plural

PAD = 13.0
HEAD, LABEL, FOOT, WRITING = 11.0, 14.0, 12.0, 12.0
BOLD = 1.08  # bold type is wider than what the table of widths says
MOST_LINES, MOST_CLAIM_LINES = 5, 7
KINDS = {
    "claim": message("Claim"),
    "article": message("Article"),
    "source": message("Source"),
    "unnamed": message("Not named"),
    "evidence": message("Evidence"),
}


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
    label = node.label or chain.say(message("without a name"))
    label = f"“{label}”" if node.kind == "claim" and node.label else label
    most = MOST_CLAIM_LINES if node.kind == "claim" else MOST_LINES
    lines = [Type(line, HEAD, 15, faint=True) for line in wrap(_head(chain, at), room=room - 10, size=HEAD, most=2)]
    for place, line in enumerate(wrap(label, room=room, size=LABEL * BOLD, most=most)):
        lines.append(Type(line, LABEL, 18 if place else 20, bold=True))
    return Card(width, (*lines, *_feet(chain, node, room), *_loops(chain, at, room)))


def _head(chain: Chain, at: int) -> str:
    """Return what kind of thing it is: “Article, 2023-11-06”; of a source its own kind is enough: “Organization”."""
    node = chain.nodes[at]
    detail = node.detail
    if detail and node.kind in ("claim", "source"):  # the kind that the claim or the source is of
        detail = chain.say(Message(detail))
    if node.kind == "source" and detail:
        return detail[:1].upper() + detail[1:]
    related = at != 0 and node.kind == "claim"
    kind = chain.say(message("Related claim") if related else KINDS.get(node.kind, message("Node")))
    return f"{kind}, {detail}" if detail else kind


def _feet(chain: Chain, node: Node, room: float) -> list[Type]:
    lines = []
    if node.interested is not None:
        sign = "interested" if node.interested else "disinterested"
        interest = chain.say(INTEREST[node.interested])
        lines.append(Type(interest, FOOT, 22, bold=node.interested, sign=sign))
    if node.origins:
        noun = chain.say(plural("original source", "original sources", len(node.origins)))
        lines.append(Type(noun, FOOT, 24, bold=True, sign="origin"))
        told = wrap(_counted(chain, node), room=room, size=FOOT, most=4) if chain.origins > 1 else []
        lines += [Type(line, FOOT, 16 if at else 20) for at, line in enumerate(told)]
    return lines


def _counted(chain: Chain, node: Node) -> str:
    """Say which of the original sources these are, and with which ones they count as one."""
    which = chain.say(message("{numbers} of {all}", numbers=numbers(node.origins, chain.say), all=chain.origins))
    others = [number for number in chain.partners.get(node.group, ()) if number not in node.origins]
    if not node.group or not (others or len(node.origins) > 1):
        return which
    if not others:
        return chain.say(message("{which}, counts as one", which=which))
    return chain.say(
        plural(
            "{which}, counts as one with original source {others}",
            "{which}, counts as one with original sources {others}",
            len(others),
            which=which,
            others=numbers(others, chain.say),
        )
    )


def _loops(chain: Chain, at: int, room: float) -> list[Type]:
    own = [edge for edge in chain.edges if edge.start == edge.end == at]
    loops = [chain.say(message("{relation} itself", relation=VERBS.get(edge.kind, edge.kind))) for edge in own[:2]]
    told = chain.say(message("cycle: {relation}", relation="; ".join(loops)))
    lines = wrap(told, room=room, size=FOOT, most=2) if own else []
    return [Type(line, FOOT, 18, italic=True) for line in lines]


def writing(edge: Edge, width: float, say: Say) -> Card:
    """Set what is written on a line: how the two hang together, how directly, and the cue in its own words."""
    relation = VERBS.get(edge.kind, message("leads to"))
    told = say(message("cycle: {relation}", relation=relation) if edge.cycle else relation)
    told = f"{told}, {say(DIRECTNESS[edge.directness])}" if edge.directness else told
    lines = [Type(line, WRITING, 15) for line in wrap(told, room=width, size=WRITING, most=2)]
    if edge.cue:
        cue = wrap(f"“{edge.cue}”", room=width, size=WRITING, most=2)
        lines += [Type(line, WRITING, 15, italic=True) for line in cue]
    return Card(width, tuple(lines))
