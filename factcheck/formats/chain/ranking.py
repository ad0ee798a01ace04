"""Ranks of the boxes in a picture of chains, and the lines that lead back."""

from collections.abc import Sequence

from factcheck.formats.chain.layout import Line


def returning(count: int, edges: Sequence[tuple[int, int]]) -> set[int]:
    """Return which edges lead back to where a walk in depth came from: without them there is no cycle."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    for at, (start, _) in enumerate(edges):
        leaving[start].append(at)
    back: set[int] = set()
    state = [0] * count  # 0 not seen, 1 on the way, 2 done
    for root in range(count):
        walk = [(root, iter(leaving[root]))] if not state[root] else []
        state[root] = state[root] or 1
        while walk:
            node, rest = walk[-1]
            at = next(rest, -1)
            if at < 0:
                state[node] = 2
                walk.pop()
            elif state[end := edges[at][1]] == 1:
                back.add(at)
            elif state[end] == 0:
                state[end] = 1
                walk.append((end, iter(leaving[end])))
    return back


def ranks(count: int, lines: Sequence[Line]) -> list[int]:
    """Return each box's rank from 0: the longest path to it, or just above the first below it if nothing leads there.

    The lines must be free of cycles. Box 0 is what the picture is about, and stays as high as it can.
    """
    below: list[list[int]] = [[] for _ in range(count)]
    waits = [0] * count
    for line in lines:
        below[line.upper].append(line.lower)
        waits[line.lower] += 1
    found, ready = [0] * count, [node for node in range(count) if not waits[node]]
    roots = set(ready)
    for node in ready:
        for other in below[node]:
            found[other] = max(found[other], found[node] + 1)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    for node in roots - {0}:
        found[node] = min((found[other] for other in below[node]), default=found[node] + 1) - 1
    return found
