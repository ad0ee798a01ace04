"""Which of the claims that an index found for a text are looked at."""

from collections.abc import Sequence

EACH = 150  # claims of each list that the index gives
FUSED = 60  # k of Cormack, Clarke & Buettcher, "Reciprocal rank fusion outperforms Condorcet", SIGIR 2009
FIRST = 10  # claims of each list that are looked at wherever the other list has them
COMPARED = 40  # claims that are looked at


def nearest(lists: Sequence[Sequence[int]], most: int = COMPARED) -> list[int]:
    """Return the claims that stand high in some ranked lists, by reciprocal rank fusion, the oldest of equals first."""
    points: dict[int, float] = {}
    for ranked in lists:
        for rank, each in enumerate(ranked, 1):
            points[each] = points.get(each, 0.0) + 1 / (FUSED + rank) + (rank <= FIRST)
    return sorted(points, key=lambda each: (-points[each], each))[:most]
