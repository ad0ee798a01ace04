"""A claim's provenance in words: what the picture says to those who do not see it."""

from collections.abc import Iterator

from factcheck.formats.chain.graph import INTEREST, LONGEST, Chain, Edge, Node, left_out, summary
from factcheck.formats.chain.lettering import clean

LONGEST_TEXT = 6_000  # code points: nobody listens longer to one picture
_KINDS = {"claim": "claim ", "article": "article ", "evidence": "evidence ", "unnamed": "an unnamed source: "}
_VERBS = {
    "taken_from": "is taken from",
    "on_behalf_of": "speaks on behalf of",
    "supports": "supports",
    "rests_on": "rests on",
    "restates": "restates",
    "same_origin_as": "has the same original source as",
    "copies": "copies",
}


def title(chain: Chain) -> str:
    return f"Where the claim “{clean(chain.nodes[0].label, LONGEST)}” comes from"


def description(chain: Chain) -> str:
    """Tell the chain: one sentence for each way from the claim, then its origins, then what is not drawn."""
    told = " ".join(_sentences(chain))
    ends = "; ".join(chain.notes)
    counted = f"{summary(chain)}: {ends}" if ends else summary(chain)
    parts = [clean(told, LONGEST_TEXT), counted if counted.endswith(".") else f"{counted}.", left_out(chain)]
    return " ".join(part for part in parts if part)


def _sentences(chain: Chain) -> Iterator[str]:
    leaving: list[list[Edge]] = [[] for _ in chain.nodes]
    for edge in reversed(chain.edges):
        leaving[edge.start].append(edge)
    told: set[int] = set()
    led_to = {edge.end for edge in chain.edges}
    for start in range(len(chain.nodes)):
        # A way is told to its end before the next one begins, so that what is heard stays together.
        waiting = [start]
        while waiting:
            node = waiting[-1]
            if not leaving[node]:
                waiting.pop()
                continue
            way, new = _way(node, leaving)
            yield _sentence(chain, node, way, told)
            told |= {node, *(edge.end for edge in way)}
            waiting.extend(new)
        if start not in told and start not in led_to:
            yield f"{_capital(_called(chain.nodes[start]))} has no connections."


def _way(start: int, leaving: list[list[Edge]]) -> tuple[list[Edge], list[int]]:
    """Take the edges from a node onward, until nothing leads on. Returns them and the nodes passed."""
    way: list[Edge] = []
    passed: list[int] = []
    node = start
    while leaving[node]:
        edge = leaving[node].pop()
        way.append(edge)
        if edge.cycle or edge.end in (start, *passed):
            break
        node = edge.end
        passed.append(node)
    return way, passed


def _sentence(chain: Chain, start: int, way: list[Edge], told: set[int]) -> str:
    parts = [_capital(_called(chain.nodes[start])), *([] if start in told else _known(chain.nodes[start]))]
    said = ", ".join(parts)
    for at, edge in enumerate(way):
        node = chain.nodes[edge.end]
        known = [] if edge.end in told else _known(node)
        joint = " " if at == 0 and len(parts) == 1 else ", " if at == 0 else ", which "
        told = told | {edge.end}
        said += joint + ", ".join([_step(chain.nodes[edge.start], edge, node), *known])
    return f"{said}."


def _step(start: Node, edge: Edge, end: Node) -> str:
    verb = _VERBS.get(edge.kind) or ("cites" if start.kind != "claim" else "is attributed to")
    how = [part for part in (edge.directness, f"“{edge.cue}”" if edge.cue else "", "a cycle" * edge.cycle) if part]
    return f"{verb} {_called(end)}{' (' + ', '.join(how) + ')' if how else ''}"


def _known(node: Node) -> list[str]:
    return [INTEREST[node.interested]] if node.interested is not None else []


def _called(node: Node) -> str:
    label = clean(node.label, LONGEST) or "without a name"
    return f"{_KINDS.get(node.kind, '')}{f'“{label}”' if node.kind in ('claim', 'article', 'evidence') else label}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
