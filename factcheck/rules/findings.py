"""What the audit of attribution holds against a claim: the kinds of findings, when each holds, what would settle it.

Most are about one claim. Those about a whole family (a claim and its restatements) are held against one of its claims,
the first entered that they apply to, so that one fact is reported once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from factcheck.rules.finding_kinds import TABLE, Finding, FindingKind
from factcheck.rules.origins import Collapsing, Provenance, Stated, quoted, sources_of
from factcheck.rules.sources import RelationKind
from factcheck.rules.status import UNCHECKABLE, VERDICTS, EvidenceTally, Kind, Status, holds

MOST_TOLD = 5  # of a kind, in one explanation


@dataclass(frozen=True)
class Audited:
    """A claim as the audit sees it; `stated` holds what its provenance needs, `seq` orders claims by entry.

    `evidence_gone`: the verdict on content was given on evidence of which nothing stands any more. `orphaned` and
    `changed`: how many of its quotes the newest snapshot does not have, or has in other words.
    `unreachable`: its evidence whose page does not answer.
    """

    seq: int
    stated: Stated
    kind: Kind
    status: Status
    attribution_status: Status
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    wording: str | None = None
    review_by: date | None = None
    tally: EvidenceTally = EvidenceTally()  # noqa: RUF009 (frozen)
    evidence_gone: bool = False
    orphaned: int = 0
    changed: int = 0
    unreachable: tuple["Unreachable", ...] = ()

    @property
    def id(self) -> str:
        return self.stated.id

    @property
    def text(self) -> str:
        return self.stated.text

    @property
    def checkable(self) -> bool:
        return self.kind not in UNCHECKABLE

    @property
    def named_origin(self) -> bool:
        return bool(self.stated.chain) and self.stated.chain[-1].source is not None


@dataclass(frozen=True)
class Unreachable:
    """Evidence whose page does not answer, and whether there is a copy of it: on the desk, or elsewhere."""

    label: str
    error: str
    captured: bool
    archived: bool

    def __str__(self) -> str:
        copy = (
            "The desk has a copy." if self.captured else "An archived copy is given." if self.archived else "No copy."
        )
        return f"{quoted(self.label)} does not answer ({self.error}). {copy}"


# Kinds of relations whose claims speak of one figure: ranges that do not meet cannot both be right.
ONE_FIGURE = frozenset(
    {RelationKind.CONTRADICTS, RelationKind.IN_TENSION_WITH, RelationKind.RESTATES, RelationKind.SUPPORTS}
)


def findings(
    family: Sequence[Audited],
    provenance: Provenance,
    related: Mapping[str, Sequence[tuple[RelationKind, Audited]]],
) -> list[Finding]:
    """Return all that is held against the claims of a family, by claim as entered, then by kind.

    `related` gives, for each claim, the active claims that a relation joins it to, from either side.
    """
    ordered = sorted(family, key=lambda claim: claim.seq)
    found = [*_of_family(ordered, provenance)]
    for claim in ordered:
        found += _of_claim(claim, sorted(related.get(claim.id, ()), key=lambda each: (each[1].seq, each[0])))
    place = {claim.id: claim.seq for claim in ordered}
    return sorted(found, key=lambda finding: (place[finding.claim], finding.kind))


def _of_claim(claim: Audited, related: Sequence[tuple[RelationKind, Audited]]) -> Iterator[Finding]:
    for kind, told in _ALONE.items():
        if words := told(claim):
            day = claim.review_by + timedelta(days=1) if kind is FindingKind.OVERDUE and claim.review_by else None
            yield Finding(kind, claim.id, words, day)
    clashes = dict.fromkeys(words for kind, other in related if (words := clash(kind, claim, other)))
    if clashes:
        yield Finding(FindingKind.CONFLICT, claim.id, " ".join(clashes))


def _unattributed(claim: Audited) -> str | None:
    if claim.stated.chain or not claim.checkable:
        return None
    return TABLE[FindingKind.UNATTRIBUTED].meaning


def _unnamed_origin(claim: Audited) -> str | None:
    if not claim.stated.chain or claim.named_origin:
        return None
    described = claim.stated.chain[-1].described_as
    return (
        f"The original source, {quoted(described)}, is not named." if described else "The original source is not named."
    )


def _missing_link(claim: Audited) -> str | None:
    named = [at for at, hop in enumerate(claim.stated.chain) if hop.source]
    if not named:
        return None
    missing = [hop for hop in claim.stated.chain[named[0] : named[-1]] if not hop.source]
    if not missing:
        return None
    described = ", ".join(quoted(hop.described_as or "someone") for hop in missing)
    return f"Between two named sources, a step names nobody: {described}."


def _without_evidence(claim: Audited) -> str | None:
    if claim.status not in VERDICTS or claim.status is Status.UNVERIFIABLE:
        return None
    if not holds(claim.status, claim.tally):
        return f"The verdict is “{claim.status}”, but its requirements are no longer met."
    if claim.evidence_gone:
        return f"The evidence for the verdict “{claim.status}” was withdrawn; other evidence was added later."
    return None


def _unchecked(claim: Audited) -> str | None:
    if not claim.stated.chain or claim.status not in VERDICTS or claim.attribution_status in VERDICTS:
        return None
    return f"Its verdict is {claim.status}; its attribution check is {claim.attribution_status.replace('_', ' ')}."


def _overdue(claim: Audited) -> str | None:
    if claim.review_by in (None, date.max) or claim.status not in VERDICTS:  # no calendar has a day after the last one
        return None
    return f"The date for reviewing the verdict “{claim.status}” again was {claim.review_by}."


def _anchor_broken(claim: Audited) -> str | None:
    if not claim.orphaned:
        return None
    number = "One of its quotes is" if claim.orphaned == 1 else f"{claim.orphaned} of its quotes are"
    return f"{number} not in the article's newest snapshot."


def _anchor_changed(claim: Audited) -> str | None:
    if not claim.changed:
        return None
    number = "One of its quotes has" if claim.changed == 1 else f"{claim.changed} of its quotes have"
    return f"{number} other words in the article's newest snapshot."


def _unreachable(claim: Audited) -> str | None:
    if not claim.unreachable:
        return None
    more = len(claim.unreachable) - MOST_TOLD
    return " ".join(map(str, claim.unreachable[:MOST_TOLD])) + (f" And {more} more." if more > 0 else "")


_ALONE: Mapping[FindingKind, Callable[[Audited], str | None]] = {
    FindingKind.UNATTRIBUTED: _unattributed,
    FindingKind.UNNAMED_ORIGIN: _unnamed_origin,
    FindingKind.MISSING_LINK: _missing_link,
    FindingKind.VERDICT_WITHOUT_EVIDENCE: _without_evidence,
    FindingKind.ATTRIBUTION_UNCHECKED: _unchecked,
    FindingKind.OVERDUE: _overdue,
    FindingKind.ANCHOR_BROKEN: _anchor_broken,
    FindingKind.ANCHOR_CHANGED: _anchor_changed,
    FindingKind.EVIDENCE_UNREACHABLE: _unreachable,
}


def clash(kind: RelationKind, claim: Audited, other: Audited) -> str | None:
    """Say why two related claims cannot both stand as they do now; None when they can."""
    pair = {claim.status, other.status}
    if kind is RelationKind.RESTATES and pair == {Status.VERIFIED, Status.REFUTED}:
        return f"It says the same as {quoted(other.text)}, but it is {claim.status} and that one is {other.status}."
    if not _open(claim.status, other.status):
        return None
    if kind is RelationKind.CONTRADICTS:
        return f"It contradicts {quoted(other.text)}: this one is {_told(claim)}, that one {_told(other)}."
    if kind in ONE_FIGURE and apart(claim, other):
        return f"Its figure ({figure(claim)}) does not overlap with that of {quoted(other.text)} ({figure(other)})."
    return None


def _open(one: Status, two: Status) -> bool:
    """Say whether two statuses leave a contradiction open: it is closed once one is refuted, or both are decided and
    not both verified.
    """
    if Status.REFUTED in (one, two):
        return False
    decided = one in VERDICTS and two in VERDICTS
    return not decided or one is two is Status.VERIFIED


def _told(claim: Audited) -> str:
    return claim.status.replace("_", " ")


def apart(one: Audited, two: Audited) -> bool:
    """Say whether two quantities of one unit have ranges that do not meet."""
    if one.kind is not Kind.QUANTITY or two.kind is not Kind.QUANTITY or _unit(one) != _unit(two):
        return False
    low, high = _range(one)
    other_low, other_high = _range(two)
    return high < other_low or other_high < low


def figure(claim: Audited) -> str:
    """Write a quantity's range with its unit."""
    low, high = (None if each is None else f"{each:,.15g}" for each in (claim.low, claim.high))
    if low is not None and high is not None:
        text = low if low == high else f"{low} to {high}"
    else:
        text = f"at least {low}" if low is not None else f"at most {high}" if high is not None else "no figure"
    return f"{text} {claim.unit}" if claim.unit else text


def _unit(claim: Audited) -> str:
    return (claim.unit or "").strip().casefold()


def _range(claim: Audited) -> tuple[float, float]:
    low = float("-inf") if claim.low is None else claim.low
    return low, float("inf") if claim.high is None else claim.high


def _of_family(ordered: Sequence[Audited], provenance: Provenance) -> Iterator[Finding]:
    groups = provenance.groups()
    if groups and all(any(origin.interested for origin in group) for group in groups):
        for claim in islice((each for each in ordered if each.checkable and each.stated.chain), 1):
            labels = dict.fromkeys(origin.label for origin in provenance.origins if origin.interested)
            told = f"Everyone behind it has a conflict of interest: {', '.join(labels)}."
            yield Finding(FindingKind.INTERESTED_ONLY, claim.id, told)
    if provenance.independent <= 1:
        for claim in islice((each for each in ordered if each.status is Status.VERIFIED), 1):
            label = next((origin.label for origin in provenance.origins), "none")
            yield Finding(
                FindingKind.SINGLE_ORIGIN, claim.id, f"It is verified on one independent original source: {label}."
            )
    for claim in islice((each for each in ordered if each.id in provenance.cycling), 1):
        yield Finding(FindingKind.CIRCULAR, claim.id, TABLE[FindingKind.CIRCULAR].meaning)
    yield from _counted_twice(ordered, provenance)
    yield from _duplicates(ordered, provenance)


def _duplicates(ordered: Sequence[Audited], provenance: Provenance) -> Iterator[Finding]:
    named = frozenset[str]().union(*(each.sources for each in provenance.alike))
    for claim in islice((each for each in ordered if not named.isdisjoint(sources_of(each.stated))), 1):
        told = " ".join(provenance.shared[:5])
        more = f" And {len(provenance.shared) - 5} more." if len(provenance.shared) > 5 else ""
        yield Finding(FindingKind.POSSIBLE_DUPLICATE_SOURCE, claim.id, told + more)


def _counted_twice(ordered: Sequence[Audited], provenance: Provenance) -> Iterator[Finding]:
    """Claims that were marked as related say so themselves; what looks like several is evidence."""
    origins = provenance.origins
    telling = [
        collapse
        for collapse in provenance.collapses
        if collapse.kind not in (Collapsing.RESTATES, Collapsing.SAME_ORIGIN_AS)
        and any(origins[at].evidence for at in collapse.origins)
    ]
    holders = {origins[at].claim for collapse in telling for at in collapse.origins if origins[at].evidence}
    for claim in islice((each for each in ordered if each.id in holders), 1):
        count = f"{len(origins)} origins count as {provenance.independent}. "
        told = " ".join(dict.fromkeys(collapse.explanation for collapse in telling[:MOST_TOLD]))
        more = f" And {len(telling) - MOST_TOLD} more." if len(telling) > MOST_TOLD else ""
        yield Finding(FindingKind.SAME_ORIGIN_COUNTED_TWICE, claim.id, count + told + more)
