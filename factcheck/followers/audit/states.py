"""What the audit keeps of a claim: as it is worked out, and as the tables hold it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, null, select, union_all
from sqlalchemy import cast as cast_as
from sqlalchemy.engine import Connection

from factcheck import messages
from factcheck.desk.claim_state.connected import batches
from factcheck.followers.audit.source_roles import FIELDS, Period, SourceRole
from factcheck.rules.finding_kinds import Finding, FindingKind
from factcheck.storage.tables.audit import ClaimAudit, FindingSource, SourceStanding
from factcheck.storage.tables.audit import Finding as FindingRow
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id

# Findings that begin to hold on a day, which may lie ahead, are counted by that day.
BY_DAY = {FindingKind.OVERDUE: "overdue"}
MOST_ORIGINS = 3  # counted one by one up to here; more are "3+"


@dataclass(frozen=True)
class State:
    """What the audit keeps of an active claim."""

    seq: int
    article_id: str
    status: str
    attribution_status: str
    coverage: str
    origins: int
    independent_origins: int
    conflict_group: int | None
    sources: frozenset[str] = frozenset()
    findings: dict[str, Finding] = field(default_factory=dict)
    source_roles: dict[str, SourceRole] = field(default_factory=dict)

    def listed(self, since: datetime) -> dict[str, datetime]:
        """Return in the lists of which sources a finding stands that holds since then."""
        return dict.fromkeys(self.sources, since)

    def counted(self) -> Iterator[tuple[str, str]]:
        """Yield each measure and the value under which this claim counts."""
        yield "status", self.status
        yield "attribution_status", self.attribution_status
        yield "coverage", self.coverage
        yield "independent_origins", origins_value(self.independent_origins)
        for kind, finding in self.findings.items():
            yield counted_as(kind, finding.holds_from)


def counted_as(kind: str, holds_from: date | None) -> tuple[str, str]:
    """Return the measure and value under which a finding counts."""
    measure = BY_DAY.get(FindingKind(kind))
    return (measure, holds_from.isoformat()) if measure and holds_from else ("finding", kind)


def origins_value(origins: int) -> str:
    """Return the value under which a number of independent origins counts."""
    return f"{MOST_ORIGINS}+" if origins >= MOST_ORIGINS else str(origins)


@dataclass
class StoredAudit:
    """What the tables hold of one claim.

    `listed`: in the lists of which sources a finding stands, by its kind, and since when.
    """

    audit: Any
    findings: dict[str, Any] = field(default_factory=dict)
    listed: dict[str, dict[str, datetime]] = field(default_factory=dict)
    source_roles: dict[str, Period] = field(default_factory=dict)

    def says(self, state: State) -> bool:
        """Say whether this is what working it out again gives, but for when and in which group."""
        names = ("article_id", "status", "attribution_status", "coverage", "origins", "independent_origins")
        held = {kind: (row.explanation, row.article_id, row.status) for kind, row in self.findings.items()}
        told = {
            kind: (messages.dumped(each.explanation), state.article_id, state.status)
            for kind, each in state.findings.items()
        }
        days = {kind: row.since.date() for kind, row in self.findings.items() if FindingKind(kind) in BY_DAY}
        return (
            all(getattr(self.audit, name) == getattr(state, name) for name in names)
            and held == told
            and days == {kind: each.holds_from for kind, each in state.findings.items() if each.holds_from}
            and self.listed.keys() <= self.findings.keys()
            and all(self.listed.get(kind, {}) == state.listed(row.since) for kind, row in self.findings.items())
            and {source: each.source_role for source, each in self.source_roles.items()} == state.source_roles
        )

    def counted(self) -> Iterator[tuple[str, str]]:
        row = self.audit
        held = {
            kind: Finding(FindingKind(kind), "", "", kept.since.date() if FindingKind(kind) in BY_DAY else None)
            for kind, kept in self.findings.items()
        }
        yield from State(
            row.claim_seq, row.article_id, row.status, row.attribution_status, row.coverage, row.origins,
            row.independent_origins, row.conflict_group, findings=held,
        ).counted()  # fmt: skip


def stored(connection: Connection, claim_ids: Iterable[str]) -> dict[int, StoredAudit]:
    """Return what the tables hold of these claims, by their places in the log: two queries."""
    kept: dict[int, StoredAudit] = {}
    for ids in batches(claim_ids):
        kept |= stored_audits(connection.execute(_AUDITS, {"ids": ids}))
    for seqs in batches(kept):
        _hold(kept, connection.execute(_FINDINGS, {"ids": seqs}))
    return kept


def stored_audits(audits: Iterable[Any], held: Iterable[Any] = ()) -> dict[int, StoredAudit]:
    """Return what these rows say, by the claims' places in the log."""
    kept: dict[int, StoredAudit] = {}
    for row in audits:
        of = kept.setdefault(row.claim_seq, StoredAudit(row))
        if row.source_id is not None:
            says = SourceRole(*[getattr(row, f"of_{name}") for name in FIELDS])
            of.source_roles[row.source_id] = Period(row.from_index, says)
    _hold(kept, held)
    return kept


def _hold(kept: dict[int, StoredAudit], held: Iterable[Any]) -> None:
    for row in held:
        if row.source_id is None:
            kept[row.claim_seq].findings[row.kind] = row
        else:
            kept[row.claim_seq].listed.setdefault(row.kind, {})[row.source_id] = row.since


_IDS: Any = bindparam("ids", expanding=True)
_AUDITS = (
    select(
        *ClaimAudit.__table__.columns, SourceStanding.source_id, SourceStanding.from_index,
        *(getattr(SourceStanding, name).label(f"of_{name}") for name in FIELDS),
    )
    .join(Claim, Claim.seq == ClaimAudit.claim_seq)
    .outerjoin(
        SourceStanding, (SourceStanding.claim_seq == ClaimAudit.claim_seq) & SourceStanding.until_at.is_(None)
    )
    .where(Claim.id.in_(_IDS))
)  # fmt: skip
# The findings, and after them the sources in whose lists they stand.
_FINDINGS: Any = (
    union_all(
        select(*FindingRow.__table__.columns, cast_as(null(), Id).label("source_id")).where(
            FindingRow.claim_seq.in_(_IDS)
        ),
        select(
            FindingSource.claim_seq, FindingSource.kind, FindingSource.since, null(), null(), null(),
            FindingSource.source_id,
        ).where(FindingSource.claim_seq.in_(_IDS)),
    )
)  # fmt: skip
