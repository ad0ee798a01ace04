"""What the audit of attribution finds: when each kind of finding (`rules/finding_kinds.py`) is true of a claim.

Most are about one claim. Those about a whole family (a claim and its restatements) are listed for one of its claims,
the first entered that they apply to, so that one fact is reported once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice

from factcheck.messages import message, plural
from factcheck.rules.auditing.audited import Audited, said_of
from factcheck.rules.auditing.clashes import clash
from factcheck.rules.finding_kinds import TABLE, Finding, FindingKind
from factcheck.rules.origins import Collapsing, Provenance, quoted, sources_of
from factcheck.rules.sources import RelationKind
from factcheck.rules.status import VERDICTS, Status, holds
from factcheck.rules.text.series import listed, sentences

MOST_TOLD = 5  # of a kind, in one explanation
_SOMEONE = message("“{name}”", name=message("someone"))


def findings(
    family: Sequence[Audited],
    provenance: Provenance,
    related: Mapping[str, Sequence[tuple[RelationKind, Audited]]],
) -> list[Finding]:
    """Return all findings about the claims of a family, by claim in the order of entry, then by kind.

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
        yield Finding(FindingKind.CONFLICT, claim.id, sentences(clashes))


def _unattributed(claim: Audited) -> str | None:
    if claim.stated.chain or not claim.checkable:
        return None
    return TABLE[FindingKind.UNATTRIBUTED].meaning


def _unnamed_origin(claim: Audited) -> str | None:
    if not claim.stated.chain or claim.named_origin:
        return None
    described = claim.stated.chain[-1].described_as
    if described:
        return message("The original source, {described}, is not named.", described=quoted(described))
    return message("The original source is not named.")


def _missing_link(claim: Audited) -> str | None:
    named = [at for at, hop in enumerate(claim.stated.chain) if hop.source]
    if not named:
        return None
    missing = [hop for hop in claim.stated.chain[named[0] : named[-1]] if not hop.source]
    if not missing:
        return None
    described = listed(quoted(hop.described_as) if hop.described_as else _SOMEONE for hop in missing)
    return message("Between two named sources, a step names nobody: {described}.", described=described)


def _without_evidence(claim: Audited) -> str | None:
    if claim.status not in VERDICTS or claim.status is Status.UNVERIFIABLE:
        return None
    if not holds(claim.status, claim.tally):
        return message(
            "The verdict is “{status}”, but its requirements are no longer met.", status=said_of(claim.status)
        )
    if claim.evidence_gone:
        return message(
            "The evidence for the verdict “{status}” was withdrawn; other evidence was added later.",
            status=said_of(claim.status),
        )
    return None


def _unchecked(claim: Audited) -> str | None:
    if not claim.stated.chain or claim.status not in VERDICTS or claim.attribution_status in VERDICTS:
        return None
    return message(
        "Its verdict is {verdict}; its attribution check is {check}.",
        verdict=said_of(claim.status), check=said_of(claim.attribution_status),
    )  # fmt: skip


def _overdue(claim: Audited) -> str | None:
    if claim.review_by in (None, date.max) or claim.status not in VERDICTS:  # no calendar has a day after the last one
        return None
    return message(
        "The date for reviewing the verdict “{status}” again was {day}.",
        status=said_of(claim.status), day=str(claim.review_by),
    )  # fmt: skip


def _anchor_broken(claim: Audited) -> str | None:
    if not claim.orphaned:
        return None
    return plural(
        "One of its quotes is not in the article's newest snapshot.",
        "{count} of its quotes are not in the article's newest snapshot.",
        claim.orphaned,
    )


def _anchor_changed(claim: Audited) -> str | None:
    if not claim.changed:
        return None
    return plural(
        "One of its quotes has other words in the article's newest snapshot.",
        "{count} of its quotes have other words in the article's newest snapshot.",
        claim.changed,
    )


def _unreachable(claim: Audited) -> str | None:
    if not claim.unreachable:
        return None
    return _first([each.told() for each in claim.unreachable])


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


def _first(told: Sequence[str]) -> str:
    """Put the first explanations of a kind one after another, and say how many more there are."""
    more = len(told) - MOST_TOLD
    return sentences(
        [*told[:MOST_TOLD], *([plural("And {count} more.", "And {count} more.", more)] if more > 0 else [])]
    )


def _of_family(ordered: Sequence[Audited], provenance: Provenance) -> Iterator[Finding]:
    groups = provenance.groups()
    if groups and all(any(origin.interested for origin in group) for group in groups):
        for claim in islice((each for each in ordered if each.checkable and each.stated.chain), 1):
            labels = dict.fromkeys(origin.label for origin in provenance.origins if origin.interested)
            told = message("Everyone behind it has a conflict of interest: {names}.", names=listed(labels))
            yield Finding(FindingKind.INTERESTED_ONLY, claim.id, told)
    if provenance.independent <= 1:
        for claim in islice((each for each in ordered if each.status is Status.VERIFIED), 1):
            label = next((origin.label for origin in provenance.origins), message("none"))
            told = message("It is verified on one independent original source: {label}.", label=label)
            yield Finding(FindingKind.SINGLE_ORIGIN, claim.id, told)
    for claim in islice((each for each in ordered if each.id in provenance.cycling), 1):
        yield Finding(FindingKind.CIRCULAR, claim.id, TABLE[FindingKind.CIRCULAR].meaning)
    yield from _counted_twice(ordered, provenance)
    yield from _duplicates(ordered, provenance)


def _duplicates(ordered: Sequence[Audited], provenance: Provenance) -> Iterator[Finding]:
    named = frozenset[str]().union(*(each.sources for each in provenance.alike))
    for claim in islice((each for each in ordered if not named.isdisjoint(sources_of(each.stated))), 1):
        yield Finding(FindingKind.POSSIBLE_DUPLICATE_SOURCE, claim.id, _first(provenance.shared))


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
        count = message(
            "{origins} origins count as {independent}.", origins=len(origins), independent=provenance.independent
        )
        told = [*dict.fromkeys(collapse.explanation for collapse in telling[:MOST_TOLD])]
        more = len(telling) - MOST_TOLD
        told += [plural("And {count} more.", "And {count} more.", more)] if more > 0 else []
        yield Finding(FindingKind.SAME_ORIGIN_COUNTED_TWICE, claim.id, sentences([count, *told]))
