"""Keep the audit's findings true: worked out again, in the deed's own transaction, for whatever a change touches.

The walk: a deed renders its claims (`documents.render`) → `refresh` takes every claim that those are related to, and
the families of all of them → the rules say what is held against each → rows, counts and records are changed by the
difference. The log's lock is held by then, so that counts are written by one transaction at a time.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any, cast

from sqlalchemy import Connection, bindparam, delete, update
from sqlalchemy.orm import DeclarativeBase, Session

from factcheck.desk import families
from factcheck.desk import standings as records
from factcheck.desk.families import AtHand, Families
from factcheck.desk.groups import conflict_groups
from factcheck.desk.revisions import Entry
from factcheck.desk.states import Kept, State, stored
from factcheck.rules.findings import Audited, Finding, findings
from factcheck.rules.provenance import FAMILY, Provenance
from factcheck.storage.audit import (
    DESK,
    ArticleFindings,
    ClaimAudit,
    FindingSource,
    StatusChange,
    StatusChangeDay,
    Tally,
)
from factcheck.storage.audit import Finding as FindingRow
from factcheck.storage.bulk import add_rows
from factcheck.storage.database import add_up
from factcheck.storage.writes import Write, at_the_end

Row = dict[str, Any]


def refresh(
    session: Session,
    claim_ids: Iterable[str],
    entry: Entry,
    at_hand: AtHand | None = None,
    kept: dict[int, Kept] | None = None,
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
    with at_the_end(connection):
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
    """Add the findings that are new, drop those that hold no more, and change what is told of the others."""
    gone = [seq for seq, kept in before.items() if seq not in after and (kept.findings or kept.listed)]
    added: list[Row] = []
    changed: list[Row] = []
    over: list[Row] = []  # keys of findings that hold no more
    moved: list[Row] = []  # keys of those that stand elsewhere in the lists of sources, or in other lists
    listed: list[Row] = []
    for seq, state in sorted(after.items()):
        kept = before.get(seq)
        old = kept.findings if kept else {}
        for kind, finding in state.findings.items():
            was = old.get(kind)
            begins = since(finding, entry.at, was.since if was else None)
            row = {
                "claim_seq": seq,
                "kind": kind,
                "since": begins,
                "explanation": finding.explanation,
                "article_id": state.article_id,
                "status": state.status,
            }
            if was is None:
                added.append(row)
            elif any(getattr(was, name) != value for name, value in row.items()):
                changed.append(_keyed(row) | {name: row[name] for name in _TOLD})
            standing = kept.listed.get(kind) if kept else None
            places = state.listed(begins)
            if places != (standing or {}):
                moved += [_keyed(row)] if standing else []
                listed += [
                    {"claim_seq": seq, "kind": kind, "source_id": source, "since": day}
                    for source, day in sorted(places.items())
                ]
        there = {*kept.findings, *kept.listed} if kept else set()
        over += [{"seq": seq, "of": kind} for kind in sorted(there - state.findings.keys())]
    if gone:
        _drop(connection, FindingSource, gone)
        _drop(connection, FindingRow, gone)
    _DROP_ONE[FindingSource].run(connection, over + moved)
    _DROP_ONE[FindingRow].run(connection, over)
    _CHANGED.run(connection, changed)
    if added:
        _add(connection, FindingRow, added)
    if listed:
        _add(connection, FindingSource, listed)


def _keyed(row: Row) -> Row:
    return {"seq": row["claim_seq"], "of": row["kind"]}


def _drop(connection: Connection, table: type[DeclarativeBase], seqs: list[int]) -> None:
    _DROP[table].run(connection, [{"seq": seq} for seq in seqs])


def _add(connection: Connection, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    columns = tuple(rows[0])
    add_rows(connection, table, columns, [tuple([row[name] for name in columns]) for row in rows])


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
_TOLD = tuple(column.name for column in FindingRow.__table__.columns if not column.primary_key)


def _this(table: Any) -> Any:
    return (table.claim_seq == bindparam("seq")) & (table.kind == bindparam("of"))


_DROP_ONE: dict[type[DeclarativeBase], Write] = {
    table: Write(delete(cast(Any, table).__table__).where(_this(table))) for table in (FindingRow, FindingSource)
}
_CHANGED = Write(update(FindingRow.__table__).where(_this(FindingRow)))  # type: ignore[arg-type]
_AUDIT_MOVED = Write(
    update(ClaimAudit.__table__).where(ClaimAudit.claim_seq == bindparam("seq"))  # type: ignore[arg-type]
)
