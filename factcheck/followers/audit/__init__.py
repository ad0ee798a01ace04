"""The audit: findings, counts, records, conflict groups and changes of statuses, derived from the log alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.followers.audit.books import Books
from factcheck.followers.audit.desk import FoldedDesk
from factcheck.followers.audit.folding import Change
from factcheck.followers.audit.states import stored
from factcheck.followers.audit.writing import write_books, write_references
from factcheck.followers.base import LogEntry
from factcheck.rules.redacting import REDACTIONS
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.tables.audit import (
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
from factcheck.storage.tables.logbook import SubjectKind

TABLES = (
    ArticleFindings,
    ClaimAudit,
    Finding,
    FindingSource,
    SourceReference,
    SourceStanding,
    SourceTally,
    StatusChange,
    StatusChangeDay,
    Tally,
)


@dataclass(frozen=True)
class AuditChanges:
    """What a batch changes. References are pairs of a claim's place in the log and a source."""

    books: Books
    regrouped: dict[int, int | None]
    added: list[tuple[int, str]]
    gone: list[tuple[int, str]]


class AuditFollower:
    """Derives the audit. Raise `version` with every change of its rules or of what they read."""

    name = "audit"
    version = 7
    lock = AdvisoryLock.FOLLOW_AUDIT

    def work_out(self, connection: Connection, entries: Sequence[LogEntry]) -> AuditChanges:
        """Return what these entries change in the audit's tables."""
        changes = [Change.read(entry) for entry in entries]
        desk = FoldedDesk(connection, changes)
        books = Books(stored(connection, desk.claims))
        for change in changes:
            _take(desk, books, change)
        groups = desk.conflict_groups(each.id for each in desk.claims.values() if each.seq in books.audited)
        added: list[tuple[int, str]] = []
        gone: list[tuple[int, str]] = []
        for claim_id in sorted(desk.claims):
            claim = desk.claims[claim_id]
            if claim.seq in books.audited and claim.seq not in books.forgotten:
                was, named = desk.references[claim_id], claim.references(desk.articles)
                added += [(claim.seq, source) for source in sorted(named - was)]
                gone += [(claim.seq, source) for source in sorted(was - named)]
        return AuditChanges(books, books.group(groups), added, gone)

    def write(self, session: Session, changes: AuditChanges) -> None:
        """Write what a batch changes."""
        connection = session.connection()
        write_books(connection, changes.books, changes.regrouped)
        write_references(connection, changes.added, changes.gone, changes.books.forgotten)

    def reset(self, session: Session) -> None:
        """Empty the audit's tables."""
        for table in TABLES:
            session.execute(delete(table))


def _take(desk: FoldedDesk, books: Books, change: Change) -> None:
    """Take one entry in, and audit again the claims that it may have changed."""
    entry = change.entry
    claim = desk.claims.get(entry.subject_id) if entry.subject_kind == SubjectKind.CLAIM else None
    before = claim.statuses if claim else None
    touched = desk.take(change)
    if claim is not None and before is not None:
        books.status_changes(change, claim.seq, before)
        if entry.action == "redact":
            books.forget(claim.seq)
        if entry.action in REDACTIONS:
            touched |= desk.around(claim.id)
            books.restart(desk.claims[each].seq for each in touched)
    states = desk.audited(touched)
    seqs = {desk.claims[each].seq for each in touched} | states.keys()
    books.update((seq for seq in sorted(seqs) if seq >= 0), states, entry.at, entry.log_index)
