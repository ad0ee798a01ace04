"""A claim's provenance in words: what the picture says to those who do not see it."""

from collections.abc import Iterator

from factcheck.formats.chain.graph import DIRECTNESS, INTEREST, LONGEST, Chain, Edge, Node, left_out, summary
from factcheck.formats.chain.lettering import clean
from factcheck.messages import Message, message

LONGEST_TEXT = 6_000  # code points: nobody listens longer to one picture
_CALLED = {
    "claim": message("claim “{label}”"),
    "article": message("article “{label}”"),
    "evidence": message("evidence “{label}”"),
    "unnamed": message("an unnamed source: {label}"),
}
_CITES, _ATTRIBUTED = message("cites {end}"), message("is attributed to {end}")
_STEPS = {
    "taken_from": message("is taken from {end}"),
    "on_behalf_of": message("speaks on behalf of {end}"),
    "supports": message("supports {end}"),
    "rests_on": message("rests on {end}"),
    "restates": message("restates {end}"),
    "same_origin_as": message("has the same original source as {end}"),
    "copies": message("copies {end}"),
}


def title(chain: Chain) -> str:
    return chain.say(message("Where the claim “{claim}” comes from", claim=clean(chain.nodes[0].label, LONGEST)))


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
            alone = _capital(_called(chain, chain.nodes[start]))
            yield chain.say(message("{what} has no connections.", what=alone))


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
    known = [] if start in told else _known(chain, chain.nodes[start])
    parts = [_capital(_called(chain, chain.nodes[start])), *known]
    said = ", ".join(parts)
    for at, edge in enumerate(way):
        node = chain.nodes[edge.end]
        known = [] if edge.end in told else _known(chain, node)
        told = told | {edge.end}
        step = ", ".join([_step(chain, edge), *known])
        if at == 0:
            said += (" " if len(parts) == 1 else ", ") + step
        else:
            said = chain.say(message("{way}, which {step}", way=said, step=step))
    return f"{said}."


def _step(chain: Chain, edge: Edge) -> str:
    start, end = chain.nodes[edge.start], _called(chain, chain.nodes[edge.end])
    step = _STEPS.get(edge.kind) or (_CITES if start.kind != "claim" else _ATTRIBUTED)
    how = [chain.say(DIRECTNESS[edge.directness])] if edge.directness else []
    how += [f"“{edge.cue}”"] if edge.cue else []
    how += [chain.say(message("a cycle"))] if edge.cycle else []
    said = chain.say(Message(step.sentence, {"end": end}))
    return f"{said} ({', '.join(how)})" if how else said


def _known(chain: Chain, node: Node) -> list[str]:
    return [chain.say(INTEREST[node.interested])] if node.interested is not None else []


def _called(chain: Chain, node: Node) -> str:
    label = clean(node.label, LONGEST) or chain.say(message("without a name"))
    called = _CALLED.get(node.kind)
    return chain.say(Message(called.sentence, {"label": label})) if called else label


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
