"""Place the boxes of a directed graph in rows and lead lines between them, so that neither covers the other.

After K. Sugiyama, S. Tagawa, M. Toda: "Methods for Visual Understanding of Hierarchical System Structures", IEEE
Transactions on Systems, Man, and Cybernetics 11(2), 1981: break the cycles, rank by the longest path, give a place of
its own in each row to a line that passes it, order the rows by barycentres, then move everything near its neighbours.

Two things are our own. What is written on a line is a box too, in a row between those of its ends, so it never lies on
anything. And lines that leave one box, or arrive at one, pass the rows together, so their number does not grow with
the square of the boxes.

Everything is counted in whole numbers from 0 and sorted, so that one graph has one picture.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

ABREAST = 3  # boxes in one row: more than that, and a telephone shows nothing readable
SWEEPS = 8
BETWEEN = 20.0  # between two boxes of a row, in pixels
THREAD = 10.0  # width that a passing line takes
CORNER, APART = 24.0, 26.0  # from the corner of a box to the first line, from there to the next

Size = tuple[float, float]  # width, height


@dataclass(frozen=True)
class Line:
    """A line between two boxes, `upper` above `lower`. Lines of one `strand` may share their way."""

    upper: int
    lower: int
    strand: str = ""


@dataclass
class Place:
    """A box in the plan: `x` is its middle, `y` its upper edge, `row` counts from the top."""

    width: float
    height: float
    row: int
    x: float = 0.0
    y: float = 0.0


@dataclass
class Plan:
    """Where everything stands. `ways`: the places of a line from top to bottom. `top` and `bottom`: of each row."""

    boxes: range
    writings: range
    places: list[Place]  # the boxes, then what is written on each line, then the bends
    ways: list[list[int]]
    rows: list[list[int]]
    top: list[float] = field(default_factory=list)
    bottom: list[float] = field(default_factory=list)
    _ports: dict[tuple[int, int], float] = field(default_factory=dict)

    def port(self, here: int, there: int) -> float:
        """Return the x at which the line from one place to another, in the next row up or down, touches the first."""
        return self._ports[here, there]

    def settle(self) -> None:
        """Find the ports, once the places have their x: upright where the box is so wide."""
        beside: dict[tuple[int, int], set[int]] = {}
        for way in self.ways:
            for upper, lower in pairwise(way):
                beside.setdefault((upper, self.places[lower].row), set()).add(lower)
                beside.setdefault((lower, self.places[upper].row), set()).add(upper)
        for (here, _), others in beside.items():
            place, sorted_others = self.places[here], sorted(others, key=lambda other: (self.places[other].x, other))
            half = max(place.width / 2 - CORNER, 0.0) if here < len(self.boxes) else 0.0
            apart = min(APART, 2 * half / max(len(others) - 1, 1))
            wishes = [self.places[other].x for other in sorted_others]
            at = spaced(wishes, [apart] * (len(others) - 1), place.x - half, place.x + half)
            self._ports |= {(here, other): x for other, x in zip(sorted_others, at, strict=True)}


def spaced(wishes: Sequence[float], apart: Sequence[float], low: float, high: float) -> list[float]:
    """Return the places in this order that are nearest to the wishes, so far apart and between low and high.

    Isotonic regression by pooling violators (Ayer and others, 1955). There must be room between `low` and `high`.
    """
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=True):
        mean, size = wish - offset, 1
        while pools and pools[-1][0] > mean:
            earlier, count = pools.pop()
            mean, size = (mean * size + earlier * count) / (size + count), size + count
        pools.append((mean, size))
    moved = [min(max(mean, low), high - offsets[-1]) for mean, size in pools for _ in range(size)]
    return [place + offset for place, offset in zip(moved, offsets, strict=True)]


def plan(
    rank: Sequence[int], sizes: Sequence[Size], lines: Sequence[Line], written: Sequence[Size], group: Sequence[int]
) -> Plan:
    """Place boxes of these ranks and sizes, and what is written on each line between them.

    Boxes of the same `group` (0 for none) stand side by side where they share a row.
    """
    made = _rows(rank, sizes, lines, written)
    made.ways = _ways(made, lines)
    _order(made, [*group, *([0] * (len(made.places) - len(group)))])
    _move(made)
    _stack(made)
    made.settle()
    return made


def _rows(rank: Sequence[int], sizes: Sequence[Size], lines: Sequence[Line], written: Sequence[Size]) -> Plan:
    """Give each box and each writing its row. A rank with many is broken into several rows."""
    stages: dict[tuple[int, int, int], list[int]] = {}
    stage = _stages(rank)
    for node, (at, part) in enumerate(stage):
        stages.setdefault((at, part, 0), []).append(node)
    leaving, arriving = Counter(line.upper for line in lines), Counter(line.lower for line in lines)
    for writing, line in enumerate(lines, len(rank)):
        # It goes to that end at which fewer lines meet: there it has the most room.
        below = leaving[line.upper] > arriving[line.lower]
        key = (*stage[line.lower], -1) if below else (*stage[line.upper], 1)
        stages.setdefault(key, []).append(writing)
    rows = [row for at in sorted(stages) for row in _broken(stages[at])]
    places = [Place(width, height, 0) for width, height in [*sizes, *written]]
    for number, row in enumerate(rows):
        for node in row:
            places[node].row = number
    return Plan(range(len(rank)), range(len(rank), len(places)), places, [], rows)


def _stages(rank: Sequence[int]) -> list[tuple[int, int]]:
    """Return each box's rank and the part of the rank, where that is too long for one row."""
    members: dict[int, list[int]] = {}
    for node, at in enumerate(rank):
        members.setdefault(at, []).append(node)
    part = {node: number for each in members.values() for number, row in enumerate(_broken(each)) for node in row}
    return [(at, part[node]) for node, at in enumerate(rank)]


def _broken(row: list[int]) -> list[list[int]]:
    parts = -(-len(row) // ABREAST)
    each = -(-len(row) // parts)
    return [row[at : at + each] for at in range(0, len(row), each)]


def _ways(made: Plan, lines: Sequence[Line]) -> list[list[int]]:
    """Return each line's places from top to bottom, with a bend in each row that it passes."""
    first = len(made.places) - len(lines)
    bends: dict[tuple[str, int, str, int], int] = {}

    def bend(side: str, node: int, strand: str, row: int) -> int:
        key = (side, node, strand, row)
        if key not in bends:
            bends[key] = len(made.places)
            made.places.append(Place(THREAD, 0.0, row))
            made.rows[row].append(bends[key])
        return bends[key]

    ways = []
    for writing, line in enumerate(lines, first):
        start, middle, end = (made.places[node].row for node in (line.upper, writing, line.lower))
        above = [bend("from", line.upper, line.strand, row) for row in range(start + 1, middle)]
        below = [bend("to", line.lower, line.strand, row) for row in range(middle + 1, end)]
        ways.append([line.upper, *above, writing, *below, line.lower])
    return ways


def _order(made: Plan, group: list[int]) -> None:
    """Order the rows by the barycentres of their neighbours, down and up, and keep the order with fewest crossings."""
    up, down = _links(made)
    best, fewest = [list(row) for row in made.rows], _crossings(made, down)
    for sweep in range(SWEEPS):
        if sweep % 2 == 0:
            for row in range(1, len(made.rows)):
                _sort(made, row, row - 1, up, group)
        else:
            for row in range(len(made.rows) - 2, -1, -1):
                _sort(made, row, row + 1, down, group)
        crossings = _crossings(made, down)
        if crossings < fewest or sweep == 0:
            best, fewest = [list(row) for row in made.rows], crossings
    made.rows = best


def _links(made: Plan) -> tuple[list[list[int]], list[list[int]]]:
    pairs = sorted({pair for way in made.ways for pair in pairwise(way)})
    up: list[list[int]] = [[] for _ in made.places]
    down: list[list[int]] = [[] for _ in made.places]
    for upper, lower in pairs:
        up[lower].append(upper)
        down[upper].append(lower)
    return up, down


def _sort(made: Plan, row: int, beside: int, neighbours: list[list[int]], group: list[int]) -> None:
    here = made.rows[row]
    at = {node: place for place, node in enumerate(made.rows[beside])}
    own = {
        node: sum(at[other] for other in neighbours[node]) / len(neighbours[node]) if neighbours[node] else float(place)
        for place, node in enumerate(here)
    }
    members: dict[int, list[float]] = {}
    for node in here:
        members.setdefault(group[node], []).append(own[node])
    shared = {number: sum(each) / len(each) for number, each in members.items() if number}
    here.sort(key=lambda node: (shared.get(group[node], own[node]), group[node]))


def _crossings(made: Plan, down: list[list[int]]) -> int:
    """Count how often lines cross between two rows: the pairs whose ends stand in the other order."""
    count = 0
    for upper, lower in pairwise(made.rows):
        at = {node: place for place, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = sorted(at[other] for other in down[node])
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _move(made: Plan) -> None:
    """Give each place its x, near its neighbours' and within the width of the widest row, in the order of its row."""
    up, down = _links(made)
    half = max(_extent(made, row) for row in made.rows) / 2
    for row in made.rows:
        _spread(made, row, [0.0] * len(row), half)
    # At the end a bend stands under what it comes from, so that a passing line is straight wherever it can be.
    both = [
        above if node >= made.writings.stop else [*above, *below]
        for node, (above, below) in enumerate(zip(up, down, strict=True))
    ]
    for sweep in range(SWEEPS + 1):
        near = both if sweep == SWEEPS else (up, down)[sweep % 2]
        for row in made.rows if sweep % 2 == 0 else reversed(made.rows):
            _spread(made, row, [_mean(made, node, near[node]) for node in row], half)


def _mean(made: Plan, node: int, others: list[int]) -> float:
    return sum(made.places[other].x for other in others) / len(others) if others else made.places[node].x


def _extent(made: Plan, row: list[int]) -> float:
    return sum(made.places[node].width for node in row) + BETWEEN * (len(row) - 1)


def _spread(made: Plan, row: list[int], wishes: Sequence[float], half: float) -> None:
    """Move a row as near to the wishes as its order and its widths allow."""
    widths = [made.places[node].width for node in row]
    apart = [(one + two) / 2 + BETWEEN for one, two in pairwise(widths)]
    found = spaced(wishes, apart, widths[0] / 2 - half, half - widths[-1] / 2)
    for node, x in zip(row, found, strict=True):
        made.places[node].x = x


def _stack(made: Plan) -> None:
    """Give each row its y. Boxes hang from the top of their row, writing stands in its middle, bends fill it."""
    y = 0.0
    for number, row in enumerate(made.rows):
        height = max(made.places[node].height for node in row)
        made.top.append(y)
        made.bottom.append(y + height)
        for node in row:
            place = made.places[node]
            place.y = y + (height - place.height) / 2 if node in made.writings else y
            place.height = place.height if node < made.writings.stop else height
        y += height + _gap(made, number)


def _gap(made: Plan, row: int) -> float:
    """Return the room under a row: the more, the farther its lines move sideways, so that they do not lie flat."""
    steps = [
        abs(made.places[upper].x - made.places[lower].x)
        for way in made.ways
        for upper, lower in pairwise(way)
        if made.places[upper].row == row
    ]
    return 18.0 + min(max(steps, default=0.0) / 10, 26.0)
