"""Graphs of numbers: disjoint sets, circles, and where the walks end."""


class Union:
    """Disjoint sets of the numbers below `size`, each known by its smallest (Tarjan 1975, with path halving)."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, item: int) -> int:
        parent = self._parent
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    def join(self, a: int, b: int) -> bool:
        """Put the sets of two items together; False when they are one already."""
        a, b = self.find(a), self.find(b)
        self._parent[max(a, b)] = min(a, b)
        return a != b


def circles(edges: list[list[int]]) -> list[int]:
    """Return, for each node, the number of its strongly connected component (Tarjan 1972, without recursion).

    Components are numbered so that edges lead from higher numbers to lower ones.
    """
    unseen, done = -1, len(edges)
    index, low, part = [unseen] * len(edges), [0] * len(edges), [0] * len(edges)
    stack: list[int] = []
    counter = parts = 0
    for root in range(len(edges)):
        if index[root] != unseen:
            continue
        walk = [(root, 0)]
        while walk:
            node, from_edge = walk.pop()
            if index[node] == unseen:
                index[node] = low[node] = counter
                counter += 1
                stack.append(node)
            for at in range(from_edge, len(edges[node])):
                following = edges[node][at]
                if index[following] == unseen:
                    walk += [(node, at), (following, 0)]
                    break
                low[node] = min(low[node], low[following])
            else:
                if low[node] == index[node]:
                    while True:
                        member = stack.pop()
                        part[member], low[member] = parts, done
                        if member == node:
                            break
                    parts += 1
    return part


def sizes(part: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for number in part:
        found[number] = found.get(number, 0) + 1
    return found


def onward(edges: list[list[int]], part: list[int]) -> list[list[int]]:
    """Return the graph of components."""
    following: list[set[int]] = [set() for _ in range(max(part, default=-1) + 1)]
    for node, others in enumerate(edges):
        following[part[node]].update(part[other] for other in others if part[other] != part[node])
    return [sorted(each) for each in following]


def hosts(onward: list[list[int]]) -> list[int]:
    """Return, for each component, the one at the end that stands for it: itself when it rests on nobody."""
    found: list[int] = []
    for number, following in enumerate(onward):
        found.append(min((found[other] for other in following), default=number))
    return found
