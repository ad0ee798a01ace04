"""Relations between two sources: what each kind says, when it holds, and which sources it makes one origin.

Some kinds say that one source depends on the other: it says what the other wants to be said, or cannot be expected to
contradict it. Whatever both of them say counts as one origin, as far as the relation holds on the day of a claim that
names the dependent one. The day of a claim is that on which its article was published, or, where nobody knows, that on
which the claim was added (UTC).

Relations are followed from the dependent source onward: two spokesmen of one ministry are one origin, also where
nothing names the ministry.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from factcheck.messages import message


class SourceRelationKind(StrEnum):
    """How one source is related to another."""

    SPEAKS_FOR = "speaks_for"
    OWNS = "owns"
    SUBSIDIARY_OF = "subsidiary_of"
    MEMBER_OF = "member_of"


class Dependent(StrEnum):
    """Which of the two sources of a relation depends on the other."""

    SOURCE = "source"
    OTHER = "other"


@dataclass(frozen=True)
class Meaning:
    """A kind in words, which of the two depends on the other, and whether both are one origin, with the reason."""

    words: str
    dependent: Dependent
    one_origin: bool
    because: str


KINDS: Mapping[SourceRelationKind, Meaning] = {
    SourceRelationKind.SPEAKS_FOR: Meaning(
        message("speaks for"), Dependent.SOURCE, True, "Whoever speaks for another says what that one wants to be said."
    ),
    SourceRelationKind.OWNS: Meaning(
        message("owns"), Dependent.OTHER, True, "An owner can decide what is said, and has the same interest."
    ),
    SourceRelationKind.SUBSIDIARY_OF: Meaning(
        message("is a subsidiary of"),
        Dependent.SOURCE,
        True,
        "A parent can decide what is said, and has the same interest.",
    ),
    SourceRelationKind.MEMBER_OF: Meaning(
        message("is a member of"),
        Dependent.SOURCE,
        False,
        "Members of a party or a parliament contradict each other every day.",
    ),
}
ONE_ORIGIN = frozenset(kind for kind, meaning in KINDS.items() if meaning.one_origin)


@dataclass(frozen=True)
class SourceRelation:
    """A relation from one source to another, as they are shown. `since` and `until` are days or years, included."""

    id: str
    kind: SourceRelationKind
    source: str
    other: str
    since: str | None = None
    until: str | None = None

    @property
    def dependent(self) -> str:
        return self.source if KINDS[self.kind].dependent is Dependent.SOURCE else self.other

    @property
    def principal(self) -> str:
        """The source that the dependent one depends on."""
        return self.other if self.dependent == self.source else self.source

    def holds(self, day: date) -> bool:
        return first_day(self.since) <= day <= last_day(self.until)

    def meets(self, other: "SourceRelation") -> bool:
        """Say whether there is a day on which both hold."""
        begins = max(first_day(self.since), first_day(other.since))
        return begins <= min(last_day(self.until), last_day(other.until))

    def told(self, names: Mapping[str, str]) -> str:
        """Say what the relation is: “Ama Mensah speaks for Ministry of Health (since 2019)”."""
        source, other = (names.get(each, each) for each in (self.source, self.other))
        told = _SAID[self.kind](source, other)
        when = period(self.since, self.until)
        return message("{relation} ({when})", relation=told, when=when) if when else told


_SAID: Mapping[SourceRelationKind, Callable[[str, str], str]] = {
    SourceRelationKind.SPEAKS_FOR: lambda source, other: message(
        "{source} speaks for {other}", source=source, other=other
    ),
    SourceRelationKind.OWNS: lambda source, other: message("{source} owns {other}", source=source, other=other),
    SourceRelationKind.SUBSIDIARY_OF: lambda source, other: message(
        "{source} is a subsidiary of {other}", source=source, other=other
    ),
    SourceRelationKind.MEMBER_OF: lambda source, other: message(
        "{source} is a member of {other}", source=source, other=other
    ),
}


def first_day(since: str | None) -> date:
    """Return the first day of a day or a year; nothing is from ever."""
    if since is None:
        return date.min
    return date.fromisoformat(since if len(since) > 4 else f"{since}-01-01")


def last_day(until: str | None) -> date:
    """Return the last day of a day or a year; nothing is for ever."""
    if until is None:
        return date.max
    return date.fromisoformat(until if len(until) > 4 else f"{until}-12-31")


def period(since: str | None, until: str | None) -> str:
    """Say when a relation holds; empty for always."""
    if since and until:
        return since if since == until else message("{since} to {until}", since=since, until=until)
    if since:
        return message("since {day}", day=since)
    return message("until {day}", day=until) if until else ""


def counting(
    named: Iterable[tuple[date, Iterable[str]]], onward: Callable[[str], Iterable[SourceRelation]]
) -> list[SourceRelation]:
    """Return the relations that make sources of some claims one origin, in a fixed order.

    `named` are the days of the claims, each with the sources that the claim names; `onward` gives the relations in
    which a source is the dependent one. A relation counts if it holds on the day of a claim from whose sources it can
    be reached: from a dependent source to the one that it depends on, and on. A circle is followed once.
    """
    days: defaultdict[date, set[str]] = defaultdict(set)
    for day, sources in named:
        days[day].update(sources)
    found: set[SourceRelation] = set()
    for day, reached in days.items():
        waiting = list(reached)
        while waiting:
            for relation in onward(waiting.pop()):
                if relation.kind in ONE_ORIGIN and relation.source != relation.other and relation.holds(day):
                    found.add(relation)
                    if relation.principal not in reached:
                        reached.add(relation.principal)
                        waiting.append(relation.principal)
    return sorted(found, key=lambda each: (each.dependent, each.principal, each.id))


def circle(start: SourceRelation, relations: Iterable[SourceRelation]) -> list[str]:
    """Return the sources of the shortest circle that a relation closes, from its dependent source on; mostly empty.

    Every other relation of the circle holds on some day on which this one does.
    """
    onward: defaultdict[str, set[str]] = defaultdict(set)
    for each in relations:
        if each.meets(start):
            onward[each.dependent].add(each.principal)
    before: dict[str, str] = {}
    waiting = [start.principal] if start.source != start.other else []
    for place in waiting:
        for following in sorted(onward[place]):
            if following not in before and following != start.principal:
                before[following] = place
                waiting.append(following)
    if start.dependent not in before:
        return []
    path = [start.dependent]
    while path[-1] != start.principal:
        path.append(before[path[-1]])
    return [path[0], *path[:0:-1]]
