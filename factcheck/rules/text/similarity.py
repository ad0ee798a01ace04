"""Which texts are copies of one another: many sites, one wire text."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from factcheck.rules.graphs import Union
from factcheck.rules.text.words import Token, tokens, unspaced

SHINGLE = 4  # words in a row
SHORTEST = 8  # words: of fewer, the same ones may be chance
COPIED = 0.6  # of the shorter text's shingles
READ = 1_000_000  # code points of all texts together: those behind are no copies of anything
STEPS = 2_000_000  # shingles that are looked up, in half a second: a hundred copies of one long text take a tenth
_COMPARED = 4  # shingles that are compared in the time of one step: by the library, and not one by one


def copies(texts: Sequence[str | None]) -> Iterator[tuple[int, int, float]]:
    """Yield pairs of places of texts that are near-identical, with the share of the shorter that stands in the other.

    Two texts are when at least 0.6 of the shorter one's runs of four folded words stand in the other, and both have
    eight words or more. The pairs are enough to join all copies of copies and are no more than that; which texts are
    joined does not depend on their order, as long as no more than READ is read and no more than STEPS are taken.
    Shingles after Broder, "On the resemblance and containment of documents" (1997); the measure is his containment,
    because a site often carries a shortened text.
    """
    ordered = _shingles_of(texts)
    shingles = [frozenset(found) for found in ordered]
    joined = Union(len(texts))
    members = {at: [at] for at in range(len(texts))}  # of each set of copies, by its smallest
    same: dict[frozenset[int], int] = {}
    holders: defaultdict[int, list[int]] = defaultdict(list)  # of each shingle, one text of each set that holds it
    steps = 0

    def join(a: int, b: int) -> None:
        one, two = joined.find(a), joined.find(b)
        joined.join(one, two)
        members[min(one, two)] += members.pop(max(one, two))

    for b, found in enumerate(shingles):
        if not found:
            continue
        first = same.setdefault(found, b)
        if first != b:
            join(first, b)
            yield first, b, 1.0
            continue
        tried: set[int] = set()
        for shingle in ordered[b]:
            for a in holders[shingle]:
                steps += 1
                root = joined.find(a)
                if root in tried or root == joined.find(b):
                    continue
                tried.add(root)
                for member in members[root]:
                    least = min(len(shingles[member]), len(found))
                    steps += 1 + least // _COMPARED
                    if steps > STEPS:
                        return
                    share = len(shingles[member] & found) / least
                    if share >= COPIED:
                        join(member, b)
                        yield member, b, share
                        break
        for shingle in ordered[b]:
            if joined.find(b) not in map(joined.find, holders[shingle]):
                holders[shingle].append(b)


def _shingles_of(texts: Sequence[str | None]) -> list[list[int]]:
    """Return the shingles of each text, each once, as numbers: to compare these is many times faster."""
    left = READ
    found = []
    for text in texts:
        left -= len(text or "")
        found.append(_shingles(text or "") if left >= 0 else [])
    return found


def _shingles(text: str) -> list[int]:
    found = tokens(text)
    if len(found) < SHORTEST or _said(found) < SHORTEST:
        return []
    words = [each.text for each in found]
    return list(dict.fromkeys(map(hash, zip(*(words[at:] for at in range(SHINGLE)), strict=False))))


def _said(found: Sequence[Token]) -> float:
    """Count words: of characters without spaces between words, two are about one."""
    return sum(0.5 if unspaced(each.text) else 1 for each in found)
