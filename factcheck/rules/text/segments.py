"""Cut a text where spans begin and end, so that a page can mark overlapping quotes: markup nests, quotes do not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A stretch ``[start, end)`` of a text, with whatever it stands for."""

    start: int
    end: int
    mark: int


@dataclass(frozen=True)
class Segment:
    """A stretch ``[start, end)`` that the same marks cover from end to end, ascending and without repeats."""

    start: int
    end: int
    marks: tuple[int, ...]


def segments(length: int, spans: Iterable[Span]) -> Iterator[Segment]:
    """Yield the segments of a text of this length, in order and without gaps.

    Two neighbours have different marks, or one mark ends where the same one begins again. What lies outside of the
    text is cut off; an empty span marks nothing.
    """
    begins: defaultdict[int, list[int]] = defaultdict(list)
    ends: defaultdict[int, list[int]] = defaultdict(list)
    for span in spans:
        start, end = max(span.start, 0), min(span.end, length)
        if start < end:
            begins[start].append(span.mark)
            ends[end].append(span.mark)
    open_now: defaultdict[int, int] = defaultdict(int)  # how many spans of a mark are open
    at = 0
    for cut in sorted({*begins, *ends, length}):
        if at < cut:
            yield Segment(at, cut, tuple(sorted(open_now)))
        for mark in ends[cut]:
            open_now[mark] -= 1
            if not open_now[mark]:
                del open_now[mark]
        for mark in begins[cut]:
            open_now[mark] += 1
        at = cut
