"""Sources that have an identifier in common: they count as one until somebody judges them different."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from factcheck.messages import message
from factcheck.rules.identity.identifiers import Identifier, written

# The sources that are shown as one, each with its own identifiers, by the one that is shown.
Identified = Mapping[str, Sequence[tuple[str, frozenset[Identifier]]]]
Pairs = Set[frozenset[str]]


@dataclass(frozen=True)
class Alike:
    """Sources, as they are shown, that have an identifier in common."""

    identifier: Identifier
    sources: frozenset[str]

    def told(self, names: Mapping[str, str]) -> str:
        """Say which sources have which identifier."""
        return message("{reasons}.", reasons=self.clause(names))

    def clause(self, names: Mapping[str, str]) -> str:
        """Say it as a part of a sentence."""
        known = sorted(names.get(source, source) for source in self.sources)
        shown = f"{', '.join(known[:5])}{' …' if known[5:] else ''}"
        return message("{sources} have the same {identifier}", sources=shown, identifier=written(self.identifier))


def alike(sources: Iterable[str], identified: Identified, different: Callable[[], Pairs]) -> list[Alike]:
    """Return which of these sources have identifiers in common, but for pairs that are judged `different`.

    A judgment is on two sources as they were added: it parts these, whatever others each of them is joined with.
    """
    holders: defaultdict[Identifier, list[tuple[str, str]]] = defaultdict(list)
    for shown in sorted(sources):
        for member, identifiers in identified.get(shown, ()):
            for identifier in identifiers:
                holders[identifier].append((shown, member))
    return [
        each
        for identifier, found in sorted(holders.items())
        if len({shown for shown, _ in found}) > 1
        for each in _of(identifier, found, different())
    ]


def _of(identifier: Identifier, holders: Sequence[tuple[str, str]], different: Pairs) -> Iterator[Alike]:
    members = {member for _, member in holders}
    if not any(pair <= members for pair in different):
        yield Alike(identifier, frozenset(shown for shown, _ in holders))
        return
    pairs = {
        frozenset((one, other))
        for (one, first), (other, second) in combinations(holders, 2)
        if one != other and {first, second} not in different
    }
    yield from (Alike(identifier, pair) for pair in sorted(pairs, key=sorted))
