"""Entries of the log with their contents, as the log is folded from them."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state.connected import batches
from factcheck.followers.base import COLUMNS, LogEntry
from factcheck.inspection.folding import Content
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind

ROWS = 2000
Read = tuple[LogEntry, Content | None]


def entries_of(connection: Connection, kind: SubjectKind, ids: Iterable[str]) -> Iterator[Read]:
    """Yield the entries of these things with their contents, in log order for each thing."""
    for some in batches(ids):
        yield from read(connection, Revision.subject_kind == kind, Revision.subject_id.in_(some))


def read(connection: Connection, *conditions: Any) -> Iterator[Read]:
    """Yield the entries that meet these conditions with their contents, in log order."""
    rows = connection.execute(
        select(*COLUMNS)
        .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(*conditions)
        .order_by(Revision.log_index)
        .execution_options(yield_per=ROWS)
    )
    for row in rows:
        entry = LogEntry(*row)
        yield entry, None if entry.content is None else Content(entry.content)
