"""Charts, as the numbers that a template draws SVG from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factcheck.rules.status import Status

WIDTH, HEIGHT = 1000.0, 100.0
GAP = 0.25  # of the room of a group of columns, between it and the next one
LEAST = 6.0  # so that one in a million can still be seen


@dataclass(frozen=True)
class Interval:
    """A share with its interval, as places from 0 to WIDTH."""

    low: float
    high: float
    share: float


@dataclass(frozen=True)
class Piece:
    status: Status
    count: int
    x: float
    width: float


def bar(counts: Mapping[Status, int]) -> list[Piece]:
    """Return the pieces of a bar of WIDTH in the order of the statuses; one of nothing has no width."""
    total = sum(counts.values())
    there = sum(1 for count in counts.values() if count)
    pieces, x = [], 0.0
    for status, count in counts.items():
        width = LEAST + (WIDTH - LEAST * there) * count / total if count else 0.0
        pieces.append(Piece(status, count, round(x, 2), round(width, 2)))
        x += width
    return pieces


def interval(held: Mapping[str, float | None]) -> Interval | None:
    """Return where a record's share and its interval stand; None when nothing was decided."""
    share = held["share"]
    if share is None:
        return None
    low, high = held["low"] or 0.0, held["high"] or 0.0
    return Interval(round(low * WIDTH, 1), round(high * WIDTH, 1), round(share * WIDTH, 1))


@dataclass(frozen=True)
class Column:
    """A column of a group; `series` counts the columns of a group from 0."""

    series: int
    x: float
    y: float
    width: float
    height: float


def columns(*series: Sequence[int | None]) -> list[Column]:
    """Return the columns of some series side by side, the highest of HEIGHT; what is nothing has none."""
    most = max((value or 0 for values in series for value in values), default=0)
    found = []
    for number, values in enumerate(series):
        room = WIDTH / len(values)
        width = room * (1 - GAP) / len(series)
        for at, value in enumerate(values):
            if value:
                height = max(HEIGHT * value / most, 1.0)
                x = at * room + room * GAP / 2 + number * width
                found.append(Column(number, round(x, 2), round(HEIGHT - height, 2), round(width, 2), round(height, 2)))
    return found
