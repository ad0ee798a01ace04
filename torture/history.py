"""The history checker: what clients were told against what the log says, without looking at anything else.

Every write carries a mark of its own into the log (in a reason, a text or a name), so that it is found there again.
Its outcome is what its client knows of it: `ok` was acknowledged, `failed` was refused, `unknown` is everything else
(a time-out, a dropped connection, an answer 5xx): such a write may be there, once and whole, or not at all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    LOST = "lost"  # acknowledged and not there, or overwritten by somebody who had not seen it
    DOUBLED = "doubled"  # there more often than it was asked for
    PHANTOM = "phantom"  # there, and refused or asked for by nobody
    FORK = "fork"  # made on a version that was not the newest
    GAP = "gap"  # a number of the log, or of one thing, that is missing or twice there
    SHOWN = "shown"  # what is shown is not what the log says last


@dataclass(frozen=True)
class Entry:
    """A revision in the log: its index, what it is of, its number there, the action, and the mark that it carries."""

    index: int
    subject: str
    number: int
    action: str
    mark: str | None


@dataclass(frozen=True)
class Write:
    """A request to write: its mark, what came of it, the actions that it asks for, the version that it was made on.

    `actions` are the entries that it makes when it is done, in their order. `seen` is the number of the subject's
    revision that If-Match named; None for a write that was made on no version.
    """

    mark: str
    outcome: Outcome
    actions: tuple[str, ...]
    seen: int | None = None


@dataclass(frozen=True)
class Fault:
    kind: Kind
    detail: str


def check(
    entries: Sequence[Entry],
    writes: Iterable[Write],
    *,
    begin: int = 0,
    consequences: Collection[str] = (),
    shown: Mapping[str, tuple[int, str | None]] | None = None,
) -> list[Fault]:
    """Return what does not fit together. `entries` are the whole log in its order, from index 0.

    Entries before `begin` were there before the writes. `consequences` are actions that a write brings with it without
    its mark, behind its own entries. `shown` gives, of things that can be read, the revision that they show, and the
    mark where they show one: that of the last write that set it.
    """
    known = {write.mark: write for write in writes}
    after = [entry for entry in entries if entry.index >= begin]
    return [
        *_gaps(entries),
        *_unasked(after, known, consequences),
        *_told(after, known),
        *_forked(after, known),
        *_not_shown(entries, shown or {}),
    ]


def count(faults: Iterable[Fault], *kinds: Kind) -> int:
    return sum(1 for fault in faults if fault.kind in kinds)


def _gaps(entries: Sequence[Entry]) -> Iterator[Fault]:
    """Look for numbers that do not follow on the one before: of the log, and of each thing."""
    last: dict[str, int] = {}
    for place, entry in enumerate(entries):
        if entry.index != place:
            yield Fault(Kind.GAP, f"Place {place} of the log has index {entry.index}.")
        before = last.get(entry.subject, 0)
        if entry.number != before + 1:
            yield Fault(Kind.GAP, f"{entry.subject} has {entry.number} behind {before}, at index {entry.index}.")
        last[entry.subject] = entry.number


def _unasked(entries: Sequence[Entry], known: Mapping[str, Write], consequences: Collection[str]) -> Iterator[Fault]:
    """Look for entries that nobody asked for."""
    follows = False
    for entry in entries:
        if entry.mark is None:
            if not (follows and entry.action in consequences):
                yield Fault(Kind.PHANTOM, f"Nobody asked for the {entry.action} at index {entry.index}.")
            continue
        follows = entry.mark in known
        if not follows:
            yield Fault(Kind.PHANTOM, f"Nobody sent the {entry.action} {entry.mark} at index {entry.index}.")


def _told(entries: Sequence[Entry], known: Mapping[str, Write]) -> Iterator[Fault]:
    """Compare what is there of each write with what its client was told."""
    there: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if entry.mark is not None and entry.mark in known:
            there[entry.mark].append(entry.action)
    for write in known.values():
        found, asked = tuple(there[write.mark]), write.actions
        if found == asked and write.outcome is not Outcome.FAILED:
            continue
        if not found:
            if write.outcome is Outcome.OK:
                yield Fault(Kind.LOST, f"{write.mark} was acknowledged and is not there.")
        elif write.outcome is Outcome.FAILED:
            yield Fault(Kind.PHANTOM, f"{write.mark} was refused and is there.")
        elif len(found) > len(asked):
            yield Fault(Kind.DOUBLED, f"{write.mark} is there as {', '.join(found)}; asked for was {', '.join(asked)}.")
        else:
            yield Fault(Kind.LOST, f"{write.mark} is half there: {', '.join(found)} of {', '.join(asked)}.")


def _forked(entries: Sequence[Entry], known: Mapping[str, Write]) -> Iterator[Fault]:
    """Look for writes that were made on another version than the newest, and for what they overwrote unseen."""
    chains: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        chains[entry.subject].append(entry)
    for subject, chain in chains.items():
        for place, entry in enumerate(chain):
            write = known.get(entry.mark or "")
            if write is None or write.seen is None or entry.number == write.seen + 1:
                continue
            yield Fault(Kind.FORK, f"{subject}: {write.mark} is number {entry.number}, made on {write.seen}.")
            for unseen in chain[:place]:
                lost = known.get(unseen.mark or "")
                if unseen.number > write.seen and lost is not None and lost.outcome is Outcome.OK:
                    yield Fault(Kind.LOST, f"{subject}: {write.mark} overwrote {lost.mark} unseen.")


def _not_shown(entries: Sequence[Entry], shown: Mapping[str, tuple[int, str | None]]) -> Iterator[Fault]:
    """Compare what is shown of each thing with the log's last word on it."""
    number: dict[str, int] = {}
    mark: dict[str, str] = {}
    for entry in entries:
        number[entry.subject] = entry.number
        if entry.mark is not None and entry.action in ("add", "amend"):
            mark[entry.subject] = entry.mark
    for subject, (revision, told) in shown.items():
        if revision != number.get(subject):
            yield Fault(Kind.SHOWN, f"{subject} shows revision {revision}; the log ends at {number.get(subject)}.")
        elif told is not None and told != mark.get(subject):
            yield Fault(Kind.SHOWN, f"{subject} shows {told}; the log's last word is {mark.get(subject)}.")
