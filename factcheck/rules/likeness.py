"""Which texts are copies of one another: many sites, one wire text."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from factcheck.rules.graphs import Union
from factcheck.rules.words import words

SHINGLE = 4  # words in a row
SHORTEST = 8  # words: of fewer, the same ones may be chance
COPIED = 0.6  # of the shorter text's shingles


def copies(texts: Sequence[str | None]) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of places of texts that are near-identical, with the share of the shorter that stands in the other.

    Two texts are when at least 0.6 of the shorter one's runs of four folded words stand in the other, and both have
    eight words or more. The pairs are enough to join all copies of copies and are no more than that; which texts are
    joined does not depend on their order. Shingles after Broder, "On the resemblance and containment of documents"
    (1997); the measure is his containment, because a site often carries a shortened text.
    """
    shingles = [_shingles(text) for text in texts]
    joined = Union(len(texts))
    same: dict[frozenset[tuple[str, ...]], int] = {}
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, found in enumerate(shingles):
        if not found:
            continue
        first = same.setdefault(found, at)
        if first != at:
            joined.join(first, at)
            yield first, at, 1.0
            continue
        for shingle in found:
            holders[shingle].append(at)
    compared: set[tuple[int, int]] = set()
    for group in holders.values():
        for later, b in enumerate(group):
            for a in group[:later]:
                if joined.find(a) == joined.find(b) or (a, b) in compared:
                    continue
                compared.add((a, b))
                share = len(shingles[a] & shingles[b]) / min(len(shingles[a]), len(shingles[b]))
                if share >= COPIED:
                    joined.join(a, b)
                    yield a, b, share


def _shingles(text: str | None) -> frozenset[tuple[str, ...]]:
    found = words(text or "")
    if len(found) < SHORTEST:
        return frozenset()
    return frozenset(zip(*(found[at:] for at in range(SHINGLE)), strict=False))
