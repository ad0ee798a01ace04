"""What people typed into a report and did not save yet. It is theirs alone, and not in the log."""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import report_views
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.messages import Message, message
from factcheck.rules.publishing.reports import ENDED
from factcheck.rules.roles import Role
from factcheck.storage.tables.publishing import Report, ReportDraft, ReportVersion
from factcheck.storage.upserts import insert_unless_there

Json = dict[str, Any]


@action(Role.ANALYST)
def keep(
    session: Session, actor: Actor, /, report_id: str, *, version: int, seen: Precondition = ANY, **words: Any
) -> Json:
    """Keep what somebody typed, in the place of what they typed before, and return its JSON.

    `version` is the one from which they began. Raises NotFound, Stale, Invalid (no such version), Clash (the report has
    ended, or was redacted since).
    """
    newest = report_views.get(session.connection(), report_id, actor)  # is it there, and not hidden?
    words["summary"] = words["summary"] or None
    report = session.execute(select(Report).where(Report.id == report_id).with_for_update(read=True)).scalar_one()
    if report.state in ENDED:
        raise Clash(message("This report has ended: it is {state}.", state=Message(report.state)))
    begun = select(ReportVersion.log_index).where(ReportVersion.report_id == report_id, ReportVersion.number == version)
    begun_index = session.scalar(begun)
    if begun_index is None:
        raise Invalid(unknown.REPORT_VERSION, flaws=[Flaw(unknown.REPORT_VERSION, "/version")])
    if report.redacted_index is not None and begun_index < report.redacted_index:
        raise Clash(message("This report was redacted. What you type is not stored until you save it."))
    if not seen.any:
        _demand_seen(session, actor, report_id, seen)
    own = ReportDraft.report_id == report_id, ReportDraft.person_id == actor.id
    if all(words[name] == newest[name] for name in words):  # it was saved meanwhile
        session.execute(delete(ReportDraft).where(*own))
        return {"version": version, **words, "saved_at": stamp(now())}
    key = {"report_id": report_id, "person_id": actor.id}
    row = {"number": version, **words, "saved_at": now()}
    if not insert_unless_there(session, ReportDraft, key | row):
        session.execute(update(ReportDraft).where(*own).values(row))
    kept = report_views.draft(session.connection(), report_id, actor.id)
    assert kept is not None
    return kept


@action(Role.ANALYST)
def discard(session: Session, actor: Actor, /, report_id: str, *, seen: Precondition = ANY) -> None:
    """Discard what somebody typed. Raises NotFound if there is nothing, and Stale."""
    _demand_seen(session, actor, report_id, seen)
    own = ReportDraft.report_id == report_id, ReportDraft.person_id == actor.id
    session.execute(delete(ReportDraft).where(*own))


def _demand_seen(session: Session, actor: Actor, report_id: str, seen: Precondition) -> None:
    """Raise Stale unless what somebody typed before is what they have seen, and NotFound if there is nothing."""
    before = report_views.draft(session.connection(), report_id, actor.id)
    if before is None:
        raise NotFound(message("You have nothing in this report that is not saved."))
    seen.demand(documents.etag_of(documents.dumped(before)))
