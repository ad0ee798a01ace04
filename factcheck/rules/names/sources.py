"""How alike two sources are by all their names and identifiers, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from factcheck.rules.names.comparing import NOTHING, Likeness, Reason, compare
from factcheck.rules.names.identifiers import identifiers_of
from factcheck.rules.names.keys import keys_of
from factcheck.rules.names.words import Name, name_of
from factcheck.rules.sources import SourceKind

THRESHOLD = 0.9  # from here on, two sources are likely the same
DOUBTFUL = 0.7  # from here on, people are asked whether they are
NAMES = 12  # of a source are compared: its own, and the aliases that share most with the other source
ALIAS = 0.98  # what a score is worth by an alias
OTHER_KIND = 0.6  # where one is a person and the other is none


@dataclass(frozen=True)
class Known:
    """What is known of a source by which it can be another one. The first name is its own, the others are aliases."""

    names: tuple[str, ...]
    kind: str | None = None
    same_as: tuple[str, ...] = ()

    @cached_property
    def identifiers(self) -> frozenset[str]:
        return identifiers_of(self.same_as, self.kind)

    @cached_property
    def keys(self) -> frozenset[str]:
        """What an index finds it by."""
        return keys_of(self.names, self.identifiers)


def known(name: str, aliases: Sequence[str], kind: str | None = None, same_as: Sequence[str] = ()) -> Known:
    return Known((name, *aliases), kind, tuple(same_as))


def known_of(source: Mapping[str, Any]) -> Known:
    """Return what is known of a source by its JSON, which has the names of those that are joined with it."""
    return known(source["name"], source["aliases"], source["kind"], source["same_as"])


def likeness(one: Known, other: Known) -> Likeness:
    """Return how alike two sources are; NOTHING where they have no name in common and no identifier."""
    best = max(_pairs(one, other), key=lambda found: found.score, default=NOTHING)
    kinds = {one.kind, other.kind}
    if best.score and len(kinds) > 1 and SourceKind.PERSON in kinds and None not in kinds:
        best = Likeness(OTHER_KIND * best.score, best.because | {Reason.OTHER_KIND})
    if one.identifiers & other.identifiers:
        return Likeness(1.0, best.because | {Reason.SAME_IDENTIFIER})
    return best


def because(found: Likeness) -> list[Reason]:
    """Return the reasons in the order in which they are told."""
    return [reason for reason in Reason if reason in found.because]


def _pairs(one: Known, other: Known) -> Iterator[Likeness]:
    for mine, my_alias in _chosen(one, other):
        for theirs, their_alias in _chosen(other, one):
            found = compare(mine, theirs)
            if found.score and (my_alias or their_alias):
                reasons = found.because - {Reason.SAME_NAME} | {Reason.ALIAS}
                yield Likeness(ALIAS * found.score, reasons)
            else:
                yield found


def _chosen(source: Known, other: Known) -> Iterator[tuple[Name, bool]]:
    """Yield the names to compare, each with whether it is an alias: of many, those with most keys of the other."""
    aliases = list(source.names[1:])
    if len(aliases) >= NAMES:
        aliases.sort(key=lambda alias: -len(keys_of((alias,)) & other.keys))
    for at, name in enumerate((*source.names[:1], *aliases[: NAMES - 1])):
        yield name_of(name), at > 0
