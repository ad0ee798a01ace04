"""What changed of what readers had seen, derived from the log alone.

A claim's verdict is published from the first publication on of a report that refers to the claim. Afterwards each entry
that changes the verdict is listed, and so is each correction, retraction and redaction of a report that readers saw.
Actions, times and statuses are in the leaves, which everybody can read: so what is listed of a published claim can be
compared with the public log.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import orjson
from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.connected import batches
from factcheck.followers.audit.folding import Change
from factcheck.followers.base import LogEntry
from factcheck.rules.publishing import corrections as rules
from factcheck.rules.publishing.reports import PUBLICATION, ReportState, takes_back
from factcheck.storage.bulk import add_rows, write_each
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.logbook import Revision, SubjectKind
from factcheck.storage.tables.publishing import Correction, PublicationClaim, ReportPublication

TABLES = (Correction,)


class Listed(NamedTuple):
    """A correction, as it is stored."""

    log_index: int
    at: Any
    claim_id: str | None
    report_id: str | None


@dataclass
class Corrections:
    """What a batch changes: new corrections, and reports of which those after a time are taken back."""

    listed: list[Listed] = field(default_factory=list)
    taken_back: list[tuple[str, Any]] = field(default_factory=list)

    def take_back(self, report_id: str, at: Any) -> None:
        self.taken_back.append((report_id, at))
        self.listed = [each for each in self.listed if each.report_id != report_id or each.at <= at]


class CorrectionsFollower:
    """Derives the corrections. Raise `version` with every change of what is listed."""

    name = "corrections"
    version = 1
    lock = AdvisoryLock.FOLLOW_AUDIT  # see `Beside.leading`

    def work_out(self, connection: Connection, entries: Sequence[LogEntry]) -> Corrections:
        """Return what these entries change."""
        made, batch = Corrections(), _Batch(connection, entries)
        for entry in entries:
            if entry.subject_kind == SubjectKind.CLAIM and batch.changes_verdict(entry):
                made.listed.append(Listed(entry.log_index, entry.at, entry.subject_id, None))
            elif entry.subject_kind == SubjectKind.REPORT:
                _of_report(made, Change.read(entry), batch)
        return made

    def write(self, session: Session, changes: Corrections) -> None:
        """Write what a batch changes."""
        connection = session.connection()
        write_each(connection, _TAKE_BACK, [{"report": report, "moment": at} for report, at in changes.taken_back])
        add_rows(connection, Correction, Listed._fields, changes.listed)

    def reset(self, session: Session) -> None:
        """Forget all corrections."""
        session.execute(delete(Correction))


def _of_report(made: Corrections, change: Change, batch: "_Batch") -> None:
    entry = change.entry
    said = list(change.after())
    if takes_back(said):
        made.take_back(entry.subject_id, entry.at)
    for name, value in said:
        if name == PUBLICATION and value["correction"] is not None:
            at = rules.published_at(value["at"], entry.at)
            made.listed.append(Listed(entry.log_index, at, None, entry.subject_id))
        elif name == "state" and value == ReportState.RETRACTED:
            made.listed.append(Listed(entry.log_index, entry.at, None, entry.subject_id))
    if entry.action == "redact" and batch.was_seen(entry):
        made.listed.append(Listed(entry.log_index, entry.at, None, entry.subject_id))


class _Batch:
    """What was published of the things that a batch of entries is about, and the verdicts before it.

    A publication cannot be taken back once its time has come, so what an entry finds published is so for ever.
    """

    def __init__(self, connection: Connection, entries: Sequence[LogEntry]) -> None:
        self._connection = connection
        claims = [each.subject_id for each in entries if each.subject_kind == SubjectKind.CLAIM and each.number > 1]
        reports = [each.subject_id for each in entries if each.action == "redact"]
        self._published: dict[str, list[Any]] = defaultdict(list)
        for statement, ids in ((_OF_CLAIMS, claims), (_OF_REPORTS, reports)):
            for row in self._rows(statement, ids):
                self._published[row.id].append(row)
        of_published = [each for each in entries if each.number > 1 and each.subject_id in self._published]
        before = [orjson.loads(each.leaf)["previous"] for each in of_published]
        self._leaves = {row.log_index: row.leaf for row in self._rows(_LEAVES, before)}

    def changes_verdict(self, entry: LogEntry) -> bool:
        """Say whether an entry changes a verdict that was published before."""
        if not self.was_seen(entry):
            return False
        before = self._leaves[orjson.loads(entry.leaf)["previous"]]
        return rules.changes_verdict(entry.action, before, entry.leaf)

    def was_seen(self, entry: LogEntry) -> bool:
        """Say whether readers had seen the thing of an entry before it."""
        published = self._published.get(entry.subject_id, ())
        return any(row.log_index < entry.log_index and row.at <= entry.at for row in published)

    def _rows(self, statement: Any, wanted: Sequence[Any]) -> Iterator[Any]:
        for some in batches(wanted):
            yield from self._connection.execute(statement, {"wanted": some})


_WANTED: Any = bindparam("wanted", expanding=True)
_OF_CLAIMS = (
    select(PublicationClaim.claim_id.label("id"), ReportPublication.log_index, ReportPublication.at)
    .join(ReportPublication, ReportPublication.log_index == PublicationClaim.log_index)
    .where(PublicationClaim.claim_id.in_(_WANTED), ReportPublication.cancelled_index.is_(None))
)
_OF_REPORTS = select(ReportPublication.report_id.label("id"), ReportPublication.log_index, ReportPublication.at).where(
    ReportPublication.report_id.in_(_WANTED), ReportPublication.cancelled_index.is_(None)
)
_LEAVES = select(Revision.log_index, Revision.leaf).where(Revision.log_index.in_(_WANTED))
_TAKE_BACK = delete(cast(Any, Correction).__table__).where(
    Correction.report_id == bindparam("report"), Correction.at > bindparam("moment", type_=Instant)
)
