"""Keep the audit's findings true: worked out again, in the deed's own transaction, for whatever a change touches.

The walk: a deed renders its claims (`documents.render`) → `refresh` takes every claim that those are related to, and
the families of all of them → the rules say what is held against each → rows, counts and records are changed by the
difference. The log's lock is held by then, so that counts are written by one transaction at a time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, cast

from sqlalchemy import Connection, bindparam, delete, null, select, union_all, update
from sqlalchemy import cast as cast_as
from sqlalchemy.orm import DeclarativeBase, Session

from factcheck.desk import families
from factcheck.desk import standings as records
from factcheck.desk.families import AtHand, Families
from factcheck.desk.groups import conflict_groups
from factcheck.desk.revisions import Entry
from factcheck.rules.findings import Audited, Finding, FindingKind, findings
from factcheck.rules.provenance import FAMILY, Provenance
from factcheck.storage.audit import (
    DESK,
    ArticleFindings,
    ClaimAudit,
    FindingSource,
    SourceStanding,
    StatusChange,
    StatusChangeDay,
    Tally,
)
from factcheck.storage.audit import Finding as FindingRow
from factcheck.storage.bulk import add_rows
from factcheck.storage.columns import Id
from factcheck.storage.database import add_up
from factcheck.storage.models import Claim
from factcheck.storage.reads import Asked, Read
from factcheck.storage.writes import Write, together

# Findings that begin to hold on a day, which may lie ahead, are counted by that day.
BY_DAY = {FindingKind.OVERDUE: "overdue"}
MOST_ORIGINS = 3  # counted one by one up to here; more are "3+"


@dataclass(frozen=True)
class State:
    """What the audit keeps of a standing claim."""

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
    standings: dict[str, records.Standing] = field(default_factory=dict)

    def counted(self) -> Iterator[tuple[str, str]]:
        """Yield each measure and the value under which this claim counts."""
        yield "status", self.status
        yield "attribution_status", self.attribution_status
        yield "coverage", self.coverage
        yield "independent_origins", several(self.independent_origins)
        for kind, finding in self.findings.items():
            yield counted_as(kind, finding.holds_from)


def counted_as(kind: str, holds_from: date | None) -> tuple[str, str]:
    """Return the measure and value under which a finding counts."""
    measure = BY_DAY.get(FindingKind(kind))
    return (measure, holds_from.isoformat()) if measure and holds_from else ("finding", kind)


def several(origins: int) -> str:
    """Return the value under which a number of independent origins counts."""
    return f"{MOST_ORIGINS}+" if origins >= MOST_ORIGINS else str(origins)


def refresh(
    session: Session,
    claim_ids: Iterable[str],
    entry: Entry,
    at_hand: AtHand | None = None,
    kept: "dict[int, Kept] | None" = None,
) -> None:
    """Work out again what is held against these claims and all that they touch, because of the log's `entry`.

    They may be `at_hand`, and what is `kept` of them read since the log's lock is held: of claims without relations
    nothing more is read.
    """
    session.flush()
    changed = set(claim_ids)
    if not changed:
        return
    connection = session.connection()
    touched = changed | (at_hand.pieces.joined() if at_hand else families.neighbours(connection, changed))
    alone = touched == changed
    known = changed if alone else families.together(connection, touched, FAMILY)
    found = families.load(connection, known, at_hand=at_hand if known == changed else None)
    states = audited(found)
    before = kept if alone and kept is not None else stored(session, touched | known)
    old = {kept.audit.conflict_group for kept in before.values()} - {None}
    groups = conflict_groups(session, touched, old, found)
    with together(connection):
        _write(connection, before, {seq: _grouped(state, groups) for seq, state in states.items()}, entry)
        _regroup(connection, {seq: group for seq, group in groups.items() if seq not in states})


def enter(session: Session, found: Families, entry: Entry) -> None:
    """Work out what is held against claims that are only being entered: nothing else touches them yet."""
    _write(session.connection(), {}, audited(found), entry)


def audited(found: Families) -> dict[int, State]:
    """Return the state of each of these claims, which must be whole families, by its place in the log."""
    states: dict[int, State] = {}
    for members, provenance in found.each():
        held: dict[str, dict[str, Finding]] = {claim.id: {} for claim in members}
        for finding in findings(members, provenance, found.related):
            held[finding.claim][finding.kind] = finding
        for claim in members:
            states[claim.seq] = _state(found, claim, provenance, held[claim.id])
    return states


def _state(found: Families, claim: Audited, provenance: Provenance, held: dict[str, Finding]) -> State:
    row = found.rows[claim.id]
    return State(
        seq=claim.seq,
        article_id=row.article_id,
        status=claim.status,
        attribution_status=claim.attribution_status,
        coverage=coverage(claim),
        origins=len(provenance.origins),
        independent_origins=provenance.independent,
        conflict_group=None,
        sources=frozenset(hop.source for hop in claim.stated.chain if hop.source),
        findings=held,
        standings=records.of_claim(claim, (row.published_on or row.created_at).year),
    )


def coverage(claim: Audited) -> str:
    """Say how far a claim is traced: `named`, `unnamed` or `own_voice`, or the same of one that cannot be checked."""
    traced = "named" if claim.named_origin else "unnamed" if claim.stated.chain else "own_voice"
    return traced if claim.checkable else f"uncheckable_{traced}"


def since(finding: Finding, entry_at: datetime, before: datetime | None) -> datetime:
    """Return from when a finding holds: as before, when it held already, or from this entry; or from its own day on."""
    if finding.holds_from is not None:
        return datetime.combine(finding.holds_from, time(), UTC)
    return before or entry_at


# --- what is stored


@dataclass
class Kept:
    """What the tables hold of one claim."""

    audit: Any
    findings: dict[str, Any] = field(default_factory=dict)
    sources: set[str] = field(default_factory=set)
    standings: dict[str, records.Period] = field(default_factory=dict)

    def says(self, state: State) -> bool:
        """Say whether this is what working it out again gives, but for when and in which group."""
        names = ("article_id", "status", "attribution_status", "coverage", "origins", "independent_origins")
        held = {kind: (row.explanation, row.article_id, row.status) for kind, row in self.findings.items()}
        told = {kind: (each.explanation, state.article_id, state.status) for kind, each in state.findings.items()}
        days = {kind: row.since.date() for kind, row in self.findings.items() if FindingKind(kind) in BY_DAY}
        return (
            all(getattr(self.audit, name) == getattr(state, name) for name in names)
            and held == told
            and days == {kind: each.holds_from for kind, each in state.findings.items() if each.holds_from}
            and self.sources == (state.sources if state.findings else set())
            and {source: each.standing for source, each in self.standings.items()} == state.standings
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


def stored(session: Session, claim_ids: Iterable[str]) -> dict[int, Kept]:
    """Return what the tables hold of these claims, by their places in the log: two queries."""
    kept: dict[int, Kept] = {}
    connection = session.connection()
    for ids in families.batches(claim_ids):
        kept |= as_kept(_AUDITS.all(connection, {"ids": ids}))
    for seqs in families.batches(kept):
        _hold(kept, _FINDINGS.all(connection, {"ids": seqs}))
    return kept


def asked(claim: Claim) -> tuple[Asked, Asked]:
    """Return the reads of what the tables hold of one claim, for `as_kept`."""
    return (_AUDITS, {"ids": [claim.id]}), (_FINDINGS, {"ids": [claim.seq]})


def as_kept(audits: Iterable[Any], held: Iterable[Any] = ()) -> dict[int, Kept]:
    """Return what these rows say, by the claims' places in the log."""
    kept: dict[int, Kept] = {}
    for row in audits:
        of = kept.setdefault(row.claim_seq, Kept(row))
        if row.source_id is not None:
            says = records.Standing(*[getattr(row, f"of_{name}") for name in records.FIELDS])
            of.standings[row.source_id] = records.Period(row.from_index, says)
    _hold(kept, held)
    return kept


def _hold(kept: dict[int, Kept], held: Iterable[Any]) -> None:
    for row in held:
        if row.source_id is None:
            kept[row.claim_seq].findings[row.kind] = row
        else:
            kept[row.claim_seq].sources.add(row.source_id)


_IDS: Any = bindparam("ids", expanding=True)
_AUDITS = Read(
    select(
        *ClaimAudit.__table__.columns, SourceStanding.source_id, SourceStanding.from_index,
        *(getattr(SourceStanding, name).label(f"of_{name}") for name in records.FIELDS),
    )
    .join(Claim, Claim.seq == ClaimAudit.claim_seq)
    .outerjoin(
        SourceStanding, (SourceStanding.claim_seq == ClaimAudit.claim_seq) & SourceStanding.until_at.is_(None)
    )
    .where(Claim.id.in_(_IDS))
)  # fmt: skip
_FINDING = tuple(column.name for column in FindingRow.__table__.columns)
# The findings, and after them the sources in whose lists they stand.
_FINDINGS = Read(
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


def _write(connection: Connection, before: dict[int, Kept], after: dict[int, State], entry: Entry) -> None:
    """Change the tables from what they hold to these states; claims without a state stand no more."""
    _findings(connection, before, after, entry)
    records.write(
        connection,
        {seq: kept.standings for seq, kept in before.items()},
        {seq: state.standings for seq, state in after.items()},
        entry,
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    totals: Counter[str] = Counter()
    for side, sign in ((before, -1), (after, 1)):
        for each in side.values():
            article = each.audit.article_id if isinstance(each, Kept) else each.article_id
            for measure, value in each.counted():
                counts[DESK, measure, value] += sign
                counts[article, measure, value] += sign
                totals[article] += sign if measure == "finding" else 0
    rows = sorted(key for key, n in counts.items() if n)
    add_up(
        connection,
        Tally,
        [{"article_id": key[0], "measure": key[1], "value": key[2], "n": counts[key]} for key in rows],
    )
    add_up(connection, ArticleFindings, [{"article_id": article, "n": n} for article, n in sorted(totals.items()) if n])
    _status_changes(connection, before, after, entry)
    _audits(connection, before, after)


def _audits(connection: Connection, before: dict[int, Kept], after: dict[int, State]) -> None:
    gone = sorted(before.keys() - after.keys())
    if gone:
        _drop(connection, ClaimAudit, gone)
    names = [column.name for column in ClaimAudit.__table__.columns if column.name != "claim_seq"]
    rows = {seq: {name: getattr(state, name) for name in names} for seq, state in after.items()}
    fresh = [{"claim_seq": seq, **row} for seq, row in rows.items() if seq not in before]
    if fresh:
        _add(connection, ClaimAudit, fresh)
    for seq, row in rows.items():
        if seq in before:
            moved = {name: value for name, value in row.items() if value != getattr(before[seq].audit, name)}
            if moved:
                _AUDIT_MOVED.run(connection, [{"seq": seq, **moved}])


def _findings(connection: Connection, before: dict[int, Kept], after: dict[int, State], entry: Entry) -> None:
    """Replace the findings of the claims of which anything about them changed."""
    added: list[dict[str, Any]] = []
    listed: list[dict[str, Any]] = []
    stale: list[int] = [seq for seq, kept in before.items() if seq not in after and kept.findings]
    for seq, state in sorted(after.items()):
        kept = before.get(seq)
        old = kept.findings if kept else {}
        rows = [
            {
                "claim_seq": seq,
                "kind": kind,
                "since": since(finding, entry.at, old[kind].since if kind in old else None),
                "explanation": finding.explanation,
                "article_id": state.article_id,
                "status": state.status,
            }
            for kind, finding in state.findings.items()
        ]
        unchanged = sorted(rows, key=_kind_of) == sorted(
            ({name: getattr(row, name) for name in _FINDING} for row in old.values()), key=_kind_of
        )
        if unchanged and (not rows or (kept is not None and kept.sources == state.sources)):
            continue
        stale += [seq] if old else []
        added += rows
        listed += [
            {"claim_seq": seq, "kind": row["kind"], "source_id": source, "since": row["since"]}
            for row in rows
            for source in sorted(state.sources)
        ]
    if stale:
        _drop(connection, FindingSource, stale)
        _drop(connection, FindingRow, stale)
    if added:
        _add(connection, FindingRow, added)
    if listed:
        _add(connection, FindingSource, listed)


def _drop(connection: Connection, table: type[DeclarativeBase], seqs: list[int]) -> None:
    _DROP[table].run(connection, [{"seq": seq} for seq in seqs])


def _add(connection: Connection, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    columns = tuple(rows[0])
    add_rows(connection, table, columns, [tuple([row[name] for name in columns]) for row in rows])


def _kind_of(row: dict[str, Any]) -> str:
    return str(row["kind"])


def _status_changes(connection: Connection, before: dict[int, Kept], after: dict[int, State], entry: Entry) -> None:
    changes = [
        {"question": question, "claim_seq": seq, "before": was, "after": is_now}
        for seq, state in sorted(after.items())
        if seq in before
        for question, was, is_now in (
            ("content", before[seq].audit.status, state.status),
            ("attribution", before[seq].audit.attribution_status, state.attribution_status),
        )
        if was != is_now
    ]
    if not changes:
        return
    place = {"log_index": entry.log_index, "actor_id": entry.actor_id}
    _add(connection, StatusChange, [change | place | {"at": entry.at} for change in changes])
    for change in changes:
        change |= {"day": entry.at.astimezone(UTC).date(), "actor_id": entry.actor_id, "n": 1}
        del change["claim_seq"]
    add_up(connection, StatusChangeDay, changes)


# --- claims in conflict


def _grouped(state: State, groups: dict[int, int | None]) -> State:
    group = groups.get(state.seq)
    return state if group is None else State(**{**vars(state), "conflict_group": group})


def _regroup(connection: Connection, groups: dict[int, int | None]) -> None:
    moved = [{"seq": seq, "conflict_group": group} for seq, group in sorted(groups.items())]
    _AUDIT_MOVED.run(connection, moved)


_DROP: dict[type[DeclarativeBase], Write] = {
    table: Write(delete(cast(Any, table).__table__).where(table.claim_seq == bindparam("seq")))
    for table in (ClaimAudit, FindingRow, FindingSource)
}
_AUDIT_MOVED = Write(
    update(ClaimAudit.__table__).where(ClaimAudit.claim_seq == bindparam("seq"))  # type: ignore[arg-type]
)
