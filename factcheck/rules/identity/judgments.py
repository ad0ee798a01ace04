"""What judgments make of sources: which of them are one, and which of these is shown.

Of the judgments on two sources the newest counts. Sources are joined when a chain of judgments `same` that count leads
from one to the other. Two sources that are joined are never judged different: what would say both is refused.

Joined sources are shown as one of them: the one that the newest judgment which counts among them and names one has
chosen; where none has, the one that was added first. Ids are in the order in which sources were added.
"""

from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any


class Identity(StrEnum):
    """What somebody judges two sources to be."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True)
class Judgment:
    """A judgment at its place in the log. `shown` is the one of the two that it chooses to be shown, if any."""

    log_index: int
    source: str
    other: str
    identity: Identity
    shown: str | None = None

    @property
    def pair(self) -> frozenset[str]:
        return frozenset((self.source, self.other))


def read(log_index: int, action: str, source: str, changes: Iterable[Mapping[str, Any]]) -> Judgment | None:
    """Return the judgment that an entry of a source makes. The merges of earlier versions are judgments too."""
    for change in changes:
        if action == "judge" and change["field"] == "judgment":
            after = change["after"]
            return Judgment(log_index, source, after["other_id"], Identity(after["judgment"]), after["shown_id"])
        if action == "merge" and change["field"] == "merged_into_id":
            return Judgment(log_index, source, change["after"], Identity.SAME, change["after"])
    return None


ACTIONS = ("judge", "merge")  # the actions of entries that `read` understands


class Partition:
    """Sources and the judgments on them, as far as they were taken."""

    def __init__(self, judgments: Iterable[Judgment] = ()) -> None:
        self._counting: dict[frozenset[str], Judgment] = {}
        self._same: defaultdict[str, dict[str, Judgment]] = defaultdict(dict)
        self._different: defaultdict[str, dict[str, Judgment]] = defaultdict(dict)
        for each in sorted(judgments, key=lambda judgment: judgment.log_index):
            self.take(each)

    def take(self, judgment: Judgment) -> None:
        """Take in the newest judgment on two sources."""
        self._counting[judgment.pair] = judgment
        for one, other in ((judgment.source, judgment.other), (judgment.other, judgment.source)):
            for judged, identity in ((self._same, Identity.SAME), (self._different, Identity.DIFFERENT)):
                judged[one].pop(other, None)
                if judgment.identity is identity:
                    judged[one][other] = judgment

    def counting(self, one: str, other: str) -> Judgment | None:
        """Return the judgment that counts between two sources."""
        return self._counting.get(frozenset((one, other)))

    def group(self, source: str) -> frozenset[str]:
        """Return a source with all that it is joined with."""
        return frozenset(_reached(source, self._same))

    def head(self, source: str) -> str:
        """Return the source as which this one is shown."""
        group = self.group(source)
        choices = [each for one in group for each in self._same[one].values() if each.shown is not None]
        newest = max(choices, key=lambda judgment: judgment.log_index, default=None)
        return newest.shown if newest and newest.shown else min(group)

    def contradiction(self, new: Judgment) -> list[Judgment]:
        """Return the judgments, in a chain from one of the two sources to the other, that a new one contradicts.

        Against `same`: one `different` in a chain of `same`. Against `different`: a chain of `same`.
        """
        if new.identity is Identity.DIFFERENT:
            return self._chain(new.source, new.other, without=new.pair)
        if new.identity is Identity.SAME:
            ours, theirs = self.group(new.source), self.group(new.other)
            for one in sorted(ours):
                for other in sorted(self._different[one].keys() & theirs):
                    if {one, other} != new.pair:
                        between = self._different[one][other]
                        return [*self._chain(new.source, one), between, *self._chain(other, new.other)]
        return []

    def _chain(self, start: str, end: str, without: frozenset[str] = frozenset()) -> list[Judgment]:
        """Return the shortest chain of judgments `same` between two sources, empty where there is none."""
        before: dict[str, str] = {}
        waiting = deque([start])
        while waiting and end not in before:
            one = waiting.popleft()
            for other in sorted(self._same[one]):
                if other != start and other not in before and {one, other} != without:
                    before[other] = one
                    waiting.append(other)
        found = []
        while end in before:
            found.append(self._same[end][before[end]])
            end = before[end]
        return found[::-1]


class History:
    """Which sources were one at any place in the log."""

    def __init__(self, judgments: Iterable[Judgment] = ()) -> None:
        self.judgments = sorted(judgments, key=lambda judgment: judgment.log_index)
        self._partitions: dict[tuple[str, int], Partition] = {}
        self._different: dict[int, frozenset[frozenset[str]]] = {}

    def ever(self, source: str) -> frozenset[str]:
        """Return a source with all that a chain of judgments `same`, whether they count or not, leads to."""
        return self._ever.get(source, frozenset((source,)))

    def head(self, source: str, log_index: int) -> str:
        """Return the source as which this one was shown after an entry of the log."""
        return self._at(source, log_index).head(source) if source in self._ever else source

    def group(self, source: str, log_index: int) -> frozenset[str]:
        """Return a source with all that it was joined with after an entry of the log."""
        return self._at(source, log_index).group(source) if source in self._ever else frozenset((source,))

    def different(self, log_index: int) -> frozenset[frozenset[str]]:
        """Return the pairs of sources that were judged different, as of an entry of the log."""
        number = bisect_right(self.judgments, log_index, key=lambda judgment: judgment.log_index)
        if number not in self._different:
            newest = {each.pair: each.identity for each in self.judgments[:number]}
            self._different[number] = frozenset(
                pair for pair, identity in newest.items() if identity is Identity.DIFFERENT
            )
        return self._different[number]

    def _at(self, source: str, log_index: int) -> Partition:
        group = min(self._ever[source])
        judgments = self._of_group[group]
        number = bisect_right(judgments, log_index, key=lambda judgment: judgment.log_index)
        if (group, number) not in self._partitions:
            self._partitions[group, number] = Partition(judgments[:number])
        return self._partitions[group, number]

    @cached_property
    def _ever(self) -> dict[str, frozenset[str]]:
        near: defaultdict[str, set[str]] = defaultdict(set)
        for each in self.judgments:
            if each.identity is Identity.SAME:
                near[each.source].add(each.other)
                near[each.other].add(each.source)
        found: dict[str, frozenset[str]] = {}
        for source in list(near):
            if source not in found:
                group = frozenset(_reached(source, near))
                found |= dict.fromkeys(group, group)
        return found

    @cached_property
    def _of_group(self) -> dict[str, list[Judgment]]:
        """The judgments within each group that `ever` gives, by its first source: others join and part nothing."""
        found: defaultdict[str, list[Judgment]] = defaultdict(list)
        for each in self.judgments:
            if each.other in self.ever(each.source) and each.source in self._ever:
                found[min(self.ever(each.source))].append(each)
        return dict(found)


def _reached(start: str, near: Mapping[str, Iterable[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for other in near.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
