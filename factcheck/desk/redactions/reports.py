"""Redaction of a report: its words in all versions, the notes of its corrections, and the reasons of its moves."""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from factcheck.desk.access import answers, unknown
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import report_views
from factcheck.desk.publishing.reports import WORDS
from factcheck.desk.redactions import correction_requests, restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.publishing.reports import PUBLICATION
from factcheck.rules.redacting import GONE
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.publishing import (
    CorrectionRequest,
    Report,
    ReportClaim,
    ReportDraft,
    ReportPublication,
    ReportVersion,
)

Json = dict[str, Any]


@action(Role.ADMIN)
def redact(session: Session, actor: Actor, /, report_id: str, *, reason: str, seen: Precondition = ANY) -> None:
    """Remove the words of a report everywhere; that it was there, and when it was published, stays.

    The reason goes into the log and stays: it must not repeat what is removed. Raises Clash when it was redacted
    before.
    """
    answers.empty(session, [report_id])  # before any other lock, as in the redaction of a claim
    wanted = select(Report).where(Report.id == report_id)
    report = session.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if report is None:
        raise NotFound(unknown.REPORT)
    if not seen.any:
        shown = report_views.get(session.connection(), report_id, actor)
        seen.demand(documents.etag_of(documents.dumped(shown)))
    if report.redacted_index == report.changed_index:  # nothing was said since
        raise Clash(message("This report is already redacted."))
    demand_silent(reason, _said(session, report))
    restated = restating.without(session, SubjectKind.REPORT, report_id, _without_words)
    stated, number = facts.of_restated(restated), report.revision + 1
    entry = revisions.append(session, actor, SubjectKind.REPORT, report_id, number, "redact", [], reason, facts=stated)
    restating.write(session, entry, restated)
    report.revision, report.changed_index, report.redacted_index = number, entry.log_index, entry.log_index
    report.title, report.ended_reason = GONE, None if report.ended_reason is None else GONE
    session.flush()
    own = ReportVersion.report_id == report_id
    session.execute(update(ReportVersion).where(own).values(title=GONE, summary=None, text=GONE))
    corrected = ReportPublication.report_id == report_id, ReportPublication.correction.is_not(None)
    session.execute(update(ReportPublication).where(*corrected).values(correction=GONE))
    for part in (ReportClaim, ReportDraft):
        session.execute(delete(part).where(part.report_id == report_id))
    correction_requests.redact_those_about(session, actor, CorrectionRequest.report_id == report_id)
    answers.empty(session, [report_id])


def _said(session: Session, report: Report) -> list[str | None]:
    """Return the words that a redaction of a report removes, but for reasons that only the log has."""
    said: list[str | None] = [report.ended_reason]
    tables: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (ReportVersion, WORDS), (ReportDraft, WORDS), (ReportPublication, ("correction",)),
    )  # fmt: skip
    for table, names in tables:
        wanted = select(*(getattr(table, name) for name in names)).where(table.report_id == report.id)
        said += [words for row in session.execute(wanted) for words in row if words != GONE]
    return said


def _without_words(content: Json) -> Json:
    """Return the content of an entry without words: a change of them says that it was one."""
    changes = [each | {side: _emptied(each["field"], each[side]) for side in ("before", "after")}
               for each in content["changes"]]  # fmt: skip
    return content | {"changes": changes, "reason": content["reason"] and GONE}


def _emptied(field: str, value: Any) -> Any:
    if value is None:
        return None
    if field == PUBLICATION:
        return value | {"correction": value["correction"] and GONE}
    if field == "summary":
        return None
    return GONE if field in WORDS else value
