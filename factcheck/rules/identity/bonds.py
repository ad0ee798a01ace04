"""Sources that act as one in a family of claims, and why: what a chain, an identifier or a relation says of two."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factcheck.messages import message, plural
from factcheck.rules.identity.alike import Alike
from factcheck.rules.identity.relations import SourceRelation
from factcheck.rules.origins import Collapsing, Stated
from factcheck.rules.text import series

MOST_TOLD = 5  # bonds of a chain, in one explanation
# Which kind of reason a chain of several kinds is: what people said comes first.
KINDS = (Collapsing.SOURCE_RELATION, Collapsing.ON_BEHALF, Collapsing.SAME_IDENTIFIER)


@dataclass(frozen=True)
class Bond:
    """Two sources that act as one, and why, in words."""

    kind: Collapsing
    sources: tuple[str, str]
    told: str
    relation: SourceRelation | None = None


class Bonds:
    """The bonds of a family's sources, and the chains of them that lead from one source to another."""

    def __init__(self, found: Iterable[Bond]) -> None:
        ordered = sorted(found, key=_order)
        self.pairs = [bond.sources for bond in ordered]
        self._near: defaultdict[str, dict[str, Bond]] = defaultdict(dict)
        self._trees: dict[str, dict[str, str]] = {}  # by a source: from where each other one is reached
        for bond in ordered:
            for here, there in (bond.sources, bond.sources[::-1]):
                self._near[here].setdefault(there, bond)

    def between(self, one: str, other: str) -> list[Bond]:
        """Return the shortest chain of bonds from one source to another, empty where there is none."""
        before = self._trees.get(one)
        if before is None:
            before = self._trees[one] = self._reached(one)
        chain: list[Bond] = []
        while other in before:
            chain.append(self._near[other][before[other]])
            other = before[other]
        return chain[::-1]

    def _reached(self, one: str) -> dict[str, str]:
        before: dict[str, str] = {}
        waiting = [one]
        for place in waiting:
            for following in sorted(self._near.get(place, ())):
                if following != one and following not in before:
                    before[following] = place
                    waiting.append(following)
        return before


def _order(bond: Bond) -> tuple[Any, ...]:
    return bond.sources, KINDS.index(bond.kind), bond.told


def bonds(
    family: Iterable[Stated], alike: Iterable[Alike], relations: Iterable[SourceRelation], names: Mapping[str, str]
) -> Bonds:
    """Return the bonds of a family's sources."""
    found: dict[Bond, None] = {}
    for claim in family:
        for hop in claim.chain:
            if hop.source and hop.on_behalf_of:
                pair = (hop.source, hop.on_behalf_of)
                one, other = (names.get(each, each) for each in pair)
                told = message("{one} speaks on behalf of {other}", one=one, other=other)
                found[Bond(Collapsing.ON_BEHALF, pair, told)] = None
    for same in alike:
        found |= dict.fromkeys(_of(same, names))
    for relation in relations:
        pair = (relation.source, relation.other)
        found[Bond(Collapsing.SOURCE_RELATION, pair, relation.told(names), relation)] = None
    return Bonds(found)


def _of(same: Alike, names: Mapping[str, str]) -> Iterator[Bond]:
    """Yield a bond of one of the sources with each of the others: that is enough to join them all."""
    first, *others = sorted(same.sources)
    for other in others:
        told = Alike(same.identifier, frozenset((first, other))).clause(names)
        yield Bond(Collapsing.SAME_IDENTIFIER, (first, other), told)


def why(chain: Sequence[Bond]) -> tuple[Collapsing, str]:
    """Return which kind of reason a chain of bonds is, and the reason in words."""
    kinds = {bond.kind for bond in chain}
    kind = next(each for each in KINDS if each in kinds)
    told, more = series.clauses(bond.told for bond in chain[:MOST_TOLD]), len(chain) - MOST_TOLD
    if more > 0:
        told = plural("{reasons}; and {count} more", "{reasons}; and {count} more", more, reasons=told)
    if kinds == {Collapsing.SAME_IDENTIFIER}:
        return kind, message("{reasons}.", reasons=told)
    return kind, message("{reasons}: one original source, not two.", reasons=told)
