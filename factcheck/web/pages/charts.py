"""Charts, as the numbers that a template draws SVG from."""

from collections.abc import Mapping
from dataclasses import dataclass

from factcheck.rules.status import Status

WIDTH = 1000.0
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
