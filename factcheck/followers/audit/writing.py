"""Write what a batch changes in the audit's tables: rows by the difference, counts by addition."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Connection, bindparam, delete, update
from sqlalchemy.orm import DeclarativeBase

from factcheck import messages
from factcheck.followers.audit.books import Books
from factcheck.followers.audit.source_roles import FIELDS
from factcheck.followers.audit.states import State, StoredAudit
from factcheck.storage.bulk import add_rows, write_each
from factcheck.storage.tables.audit import (
    DESK,
    ArticleFindings,
    ClaimAudit,
    Finding,
    FindingSource,
    SourceStanding,
    SourceTally,
    StatusChange,
    StatusChangeDay,
    Tally,
)
from factcheck.storage.tables.followers import SourceReference
from factcheck.storage.upserts import add_up

Row = dict[str, Any]
Table = type[DeclarativeBase]


def write_books(connection: Connection, books: Books, regrouped: Mapping[int, int | None]) -> None:
    """Change the tables from what they hold to what the books say."""
    before = {seq: books.before[seq] for seq in books.audited if seq in books.before}
    after = {seq: books.states[seq] for seq in books.audited if seq in books.states}
    _findings(connection, books, before, after)
    _source_roles(connection, books, before)
    _counts(connection, before, after)
    _audits(connection, before, after, regrouped)
    _add(connection, StatusChange, books.changes)
    add_up(connection, StatusChangeDay, books.days())


def write_references(
    connection: Connection, added: list[tuple[int, str]], gone: list[tuple[int, str]], forgotten: set[int]
) -> None:
    """Write which sources the claims name. Of those `forgotten` nothing stays."""
    write_each(connection, _FORGET[SourceReference], [{"seq": seq} for seq in sorted(forgotten)])
    write_each(connection, _UNREFER, [{"seq": seq, "source": source} for seq, source in gone])
    _add(connection, SourceReference, [{"claim_seq": seq, "source_id": source} for seq, source in added])


def _findings(connection: Connection, books: Books, before: dict[int, StoredAudit], after: dict[int, State]) -> None:
    added: list[Row] = []
    changed: list[Row] = []
    listed: list[Row] = []
    over: list[Row] = []  # keys of findings that hold no more
    moved: list[Row] = []  # keys of those that are listed under other sources, or since another time
    for seq in sorted(books.audited):
        kept, state = before.get(seq), after.get(seq)
        found = state.findings if state else {}
        for kind, finding in found.items():
            assert state is not None
            since = books.since[seq][kind]
            row = {
                "claim_seq": seq,
                "kind": kind,
                "since": since,
                "explanation": messages.dumped(finding.explanation),
                "article_id": state.article_id,
                "status": state.status,
            }
            was = kept.findings.get(kind) if kept else None
            if was is None:
                added.append(row)
            elif any(getattr(was, name) != value for name, value in row.items()):
                changed.append({"seq": seq, "of": kind} | {name: row[name] for name in _TOLD})
            places, held = state.listed(since), (kept.listed.get(kind, {}) if kept else {})
            if places != held:
                moved += [{"seq": seq, "of": kind}] if held else []
                listed += [
                    {"claim_seq": seq, "kind": kind, "source_id": source, "since": day}
                    for source, day in sorted(places.items())
                ]
        there = {*kept.findings, *kept.listed} if kept else set()
        over += [{"seq": seq, "of": kind} for kind in sorted(there - found.keys())]
    write_each(connection, _DROP[FindingSource], over + moved)
    write_each(connection, _DROP[Finding], over)
    write_each(connection, _CHANGED, changed)
    _add(connection, Finding, added)
    _add(connection, FindingSource, listed)


def _source_roles(connection: Connection, books: Books, before: dict[int, StoredAudit]) -> None:
    ended = [
        {"seq": seq, "source": source, "index": period.from_index, "until_at": at}
        for seq, source, period, at in books.ended
        if period.stored
    ]
    passed = [_source_role(seq, source, period) | {"until_at": at} for seq, source, period, at in books.ended
              if not period.stored]  # fmt: skip
    begun = [
        _source_role(seq, source, period) | {"until_at": None}
        for seq, periods in sorted(books.periods.items())
        for source, period in sorted(periods.items())
        if not period.stored
    ]
    write_each(connection, _FORGET[SourceStanding], [{"seq": seq} for seq in sorted(books.forgotten)])
    write_each(connection, _END, ended)
    _add(connection, SourceStanding, passed + begun)
    counts: Counter[tuple[str, ...]] = Counter()
    for seq in sorted(books.audited):
        for source, stored in (before[seq].source_roles if seq in before else {}).items():
            counts[source, *vars(stored.source_role).values()] -= 1
        for source, period in books.periods.get(seq, {}).items():
            counts[source, *vars(period.source_role).values()] += 1
    names = ("source_id", *FIELDS)
    rows = [dict(zip(names, key, strict=True)) | {"n": n} for key, n in sorted(counts.items(), key=str) if n]
    add_up(connection, SourceTally, rows)


def _source_role(seq: int, source: str, period: Any) -> Row:
    place = {"claim_seq": seq, "source_id": source, "from_index": period.from_index, "from_at": period.from_at}
    return {**place, **vars(period.source_role)}


def _counts(connection: Connection, before: dict[int, StoredAudit], after: dict[int, State]) -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    totals: Counter[str] = Counter()
    for side, sign in ((before, -1), (after, 1)):
        for each in side.values():
            article = each.audit.article_id if isinstance(each, StoredAudit) else each.article_id
            for measure, value in each.counted():
                counts[DESK, measure, value] += sign
                counts[article, measure, value] += sign
                totals[article] += sign if measure == "finding" else 0
    names = ("article_id", "measure", "value")
    rows = [dict(zip(names, key, strict=True)) | {"n": n} for key, n in sorted(counts.items()) if n]
    add_up(connection, Tally, rows)
    add_up(connection, ArticleFindings, [{"article_id": article, "n": n} for article, n in sorted(totals.items()) if n])


def _audits(
    connection: Connection, before: dict[int, StoredAudit], after: dict[int, State], regrouped: Mapping[int, int | None]
) -> None:
    write_each(connection, _FORGET[ClaimAudit], [{"seq": seq} for seq in sorted(before.keys() - after.keys())])
    rows = {seq: {name: getattr(state, name) for name in _AUDITED} for seq, state in sorted(after.items())}
    _add(connection, ClaimAudit, [{"claim_seq": seq, **row} for seq, row in rows.items() if seq not in before])
    for seq, row in rows.items():
        if seq in before:
            changed = {name: value for name, value in row.items() if value != getattr(before[seq].audit, name)}
            if changed:
                write_each(connection, _AUDIT_MOVED, [{"seq": seq, **changed}])
    for seq, group in sorted(regrouped.items()):
        write_each(connection, _AUDIT_MOVED, [{"seq": seq, "conflict_group": group}])


def _add(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        columns = tuple(rows[0])
        add_rows(connection, table, columns, [tuple([row[name] for name in columns]) for row in rows])


def _table(table: Table) -> Any:
    return cast(Any, table).__table__


_AUDITED = [column.name for column in _table(ClaimAudit).columns if not column.primary_key]
_TOLD = [column.name for column in _table(Finding).columns if not column.primary_key]
_FORGET = {
    table: (delete(_table(table)).where(_table(table).c.claim_seq == bindparam("seq")))
    for table in (ClaimAudit, SourceReference, SourceStanding)
}
_UNREFER = delete(_table(SourceReference)).where(
    SourceReference.claim_seq == bindparam("seq"), SourceReference.source_id == bindparam("source")
)


def _this(table: Any) -> Any:
    return (table.claim_seq == bindparam("seq")) & (table.kind == bindparam("of"))


_DROP = {table: (delete(_table(table)).where(_this(table))) for table in (Finding, FindingSource)}
_CHANGED = update(_table(Finding)).where(_this(Finding))
_AUDIT_MOVED = update(_table(ClaimAudit)).where(ClaimAudit.claim_seq == bindparam("seq"))
_END = (
    update(_table(SourceStanding))
    .where(
        SourceStanding.claim_seq == bindparam("seq"),
        SourceStanding.source_id == bindparam("source"),
        SourceStanding.from_index == bindparam("index"),
    )
    .values(until_at=bindparam("until_at"))
)
