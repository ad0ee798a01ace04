"""What the audit's tables hold of some claims, and what it becomes while entries are taken in; then the difference."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from factcheck.followers.audit.findings import since
from factcheck.followers.audit.folding import Change
from factcheck.followers.audit.source_roles import SourceRole
from factcheck.followers.audit.states import State, StoredAudit
from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.status import Question

Row = dict[str, Any]
# Findings that a claim has because of others. When one of these is redacted, nobody can tell any more since when they
# hold: they hold since the redaction.
OF_OTHERS = frozenset(
    {
        FindingKind.CIRCULAR,
        FindingKind.CONFLICT,
        FindingKind.INTERESTED_ONLY,
        FindingKind.SAME_ORIGIN_COUNTED_TWICE,
        FindingKind.SINGLE_ORIGIN,
        FindingKind.VERDICT_WITHOUT_EVIDENCE,
    }
)


@dataclass(frozen=True)
class Period:
    """What a claim is to a source since an entry. `stored`: the tables have it."""

    from_index: int
    from_at: datetime | None
    source_role: SourceRole
    stored: bool = False


@dataclass
class Books:
    """The claims of a batch by their places in the log.

    `before` is what the tables hold; `states`, `since` and `periods` are what holds after the entries so far. `ended`
    holds periods that ended on the way, `changes` the changes of statuses.
    """

    before: Mapping[int, StoredAudit]
    states: dict[int, State] = field(default_factory=dict)
    since: dict[int, dict[str, datetime]] = field(default_factory=dict)
    periods: dict[int, dict[str, Period]] = field(default_factory=dict)
    ended: list[tuple[int, str, Period, datetime]] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    audited: set[int] = field(default_factory=set)
    forgotten: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        for seq, kept in self.before.items():
            self.since[seq] = {kind: row.since for kind, row in kept.findings.items()}
            self.periods[seq] = {
                source: Period(each.from_index, None, each.source_role, stored=True)
                for source, each in kept.source_roles.items()
            }

    def update(self, seqs: Iterable[int], states: Mapping[int, State], at: datetime, log_index: int) -> None:
        """Take what the entry at `log_index` made of these claims; one without a state is active no more."""
        for seq in seqs:
            self.audited.add(seq)
            state = states.get(seq)
            if state is None:
                self.states.pop(seq, None)
                self.since.pop(seq, None)
                self._source_roles(seq, {}, at, log_index)
                continue
            self.states[seq] = state
            held = self.since.get(seq, {})
            self.since[seq] = {kind: since(finding, at, held.get(kind)) for kind, finding in state.findings.items()}
            self._source_roles(seq, state.source_roles, at, log_index)

    def restart(self, seqs: Iterable[int]) -> None:
        """Forget since when these claims have the findings that depend on other claims."""
        for seq in seqs:
            held = self.since.get(seq, {})
            self.since[seq] = {kind: at for kind, at in held.items() if kind not in OF_OTHERS}

    def forget(self, seq: int) -> None:
        """Forget what a redacted claim ever was to its sources."""
        self.forgotten.add(seq)
        self.periods.pop(seq, None)
        self.ended = [each for each in self.ended if each[0] != seq]

    def status_changes(self, change: Change, seq: int, before: tuple[str, str]) -> None:
        """Note by how much an entry changed a claim's statuses, on content and on attribution."""
        for question, was, became in zip(Question, before, change.statuses, strict=True):
            if was != became:
                entry = change.entry
                place = {"log_index": entry.log_index, "claim_seq": seq, "actor_id": entry.actor_id, "at": entry.at}
                self.changes.append({**place, "question": str(question), "before": was, "after": became})

    def days(self) -> list[Row]:
        """Return how many changes of each sort each person made on each day (UTC)."""
        names = ("actor_id", "question", "before", "after")
        counts = Counter((row["at"].astimezone(UTC).date(), *(row[name] for name in names)) for row in self.changes)
        return [dict(zip(("day", *names), key, strict=True)) | {"n": n} for key, n in sorted(counts.items(), key=str)]

    def group(self, groups: Mapping[int, int | None]) -> dict[int, int | None]:
        """Put the claims into their groups of the conflict board; return those that are only regrouped."""
        for seq, group in groups.items():
            if seq in self.states:
                self.states[seq] = replace(self.states[seq], conflict_group=group)
        others = groups.keys() & self.before.keys() - self.audited
        return {seq: groups[seq] for seq in others if groups[seq] != self.before[seq].audit.conflict_group}

    def _source_roles(self, seq: int, source_roles: Mapping[str, SourceRole], at: datetime, log_index: int) -> None:
        held = self.periods.setdefault(seq, {})
        for source in sorted(held.keys() | source_roles.keys()):
            was = held.get(source)
            if was is not None and was.source_role == source_roles.get(source):
                continue
            if was is not None:
                self.ended.append((seq, source, held.pop(source), at))
            if source in source_roles:
                held[source] = Period(log_index, at, source_roles[source])
