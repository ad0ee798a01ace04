"""Reports: write them, submit, approve, publish, correct and retract them.

A report is one thing in the log. Each save is a new version of its words, and each publication names the version that
readers see from then on. Which move a state allows, and what it needs, is the table in `rules/publishing/reports.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import report_views
from factcheck.errors import Clash, Flaw, Invalid, NotFound, RuleUnmet
from factcheck.log import revisions
from factcheck.log.actors import Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change, Entry
from factcheck.messages import Message, message
from factcheck.rules.publishing import reports as rules
from factcheck.rules.publishing.reports import CANCELLED, ENDED, PUBLICATION, ReportNeed, ReportState
from factcheck.rules.roles import Role
from factcheck.rules.status import REASON_LENGTH
from factcheck.rules.text import series
from factcheck.rules.text.visible import visible_length
from factcheck.schemas.base import load_patched
from factcheck.schemas.publishing.reports import ReportIn
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.publishing import (
    PublicationClaim,
    Report,
    ReportClaim,
    ReportDraft,
    ReportPublication,
    ReportVersion,
)

Json = dict[str, Any]
WORDS = ("title", "summary", "text")
FIELDS = ("language", "embargo_until", *WORDS)


@action(Role.ANALYST)
def add(session: Session, actor: Actor, /, **fields: Any) -> Json:
    """Add a report, given as `schemas/publishing/reports.py:ReportIn` loads it, as a draft, and return its JSON.

    Raises Invalid where its text refers to a claim that there is not.
    """
    _demand_claims(session, fields["text"])
    report_id = new_id()
    said = _as_logged({name: fields[name] for name in FIELDS}) | {"state": str(ReportState.DRAFT)}
    changes = revisions.differences({}, said)
    entry = revisions.append(session, actor, SubjectKind.REPORT, report_id, 1, "add", changes)
    row = {
        "seq": entry.log_index, "id": report_id, "language": fields["language"],
        "embargo_until": fields["embargo_until"], "title": fields["title"], "state": ReportState.DRAFT, "number": 1,
        "created_by_id": actor.id, "created_at": entry.at, "revision": 1, "changed_index": entry.log_index,
    }  # fmt: skip
    session.execute(insert(Report), row)
    _add_version(session, actor, report_id, 1, fields, entry)
    return report_views.get(session.connection(), report_id, actor)


@action(Role.ANALYST)
def save(session: Session, actor: Actor, /, report_id: str, *, patch: Json, seen: Precondition) -> Json:
    """Apply a merge patch to a report's words as a new version, which makes it a draft again, and return its JSON.

    Readers see the version that was published until the new one is. Nothing happens where nothing changes. Raises
    NotFound, Stale, Invalid, Clash (it has ended, or its publication is still to come).
    """
    report, shown = _locked(session, actor, report_id, seen)
    before = {name: shown[name] for name in FIELDS}
    after = load_patched(ReportIn(), before, patch)
    said = _as_logged(after)
    own = ReportDraft.report_id == report_id, ReportDraft.person_id == actor.id
    session.execute(delete(ReportDraft).where(*own))
    if said == before:
        return shown
    if report.state in ENDED:
        raise Clash(message("This report has ended: it is {state}.", state=Message(report.state)))
    if report.state == ReportState.PUBLISHED and _is_ahead(shown):
        raise Clash(message("Its publication is still to come. Take the publication back first."))
    _demand_claims(session, after["text"])
    changes = revisions.differences(before | {"state": report.state}, said | {"state": str(ReportState.DRAFT)})
    entry = _append_of_report(session, actor, report, "save", changes)
    report.language, report.embargo_until, report.title = after["language"], after["embargo_until"], after["title"]
    report.state, report.number = ReportState.DRAFT, report.number + 1
    session.flush()
    _add_version(session, actor, report_id, report.number, after, entry)
    return report_views.get(session.connection(), report_id, actor)


@action(Role.ANALYST)
def move(
    session: Session,
    actor: Actor,
    /,
    report_id: str,
    *,
    to: str,
    seen: Precondition,
    reason: str | None = None,
    publish_at: datetime | None = None,
    correction: str | None = None,
    two_person: bool = False,
) -> Json:
    """Move a report to another state and return its JSON.

    To publish is to let readers see its newest version: at once, at `publish_at`, or once its embargo ends, whichever
    is last. Raises NotFound, Stale, Clash (no such move), RuleUnmet (the move lacks something), Invalid.
    """
    report, shown = _locked(session, actor, report_id, seen)
    before, after = ReportState(report.state), ReportState(to)
    _demand_move(session, actor, report, shown, after, {"reason": reason, "correction": correction}, two_person)
    _demand_fitting(after, shown, publish_at, correction)
    changes: list[Change] = [{"field": "state", "before": str(before), "after": str(after)}]
    if after is ReportState.PUBLISHED:
        _demand_active_claims(session, shown)
        at = _publication_time(report, publish_at)
        claim_ids = shown["claim_ids"]
        made = {"at": at and stamp(at), "claim_ids": claim_ids, "correction": correction, "number": report.number}
        changes.append({"field": PUBLICATION, "before": None, "after": made})
        entry = _append_of_report(session, actor, report, "publish", changes, reason)
        row = {
            "log_index": entry.log_index, "report_id": report_id, "number": report.number, "at": at or entry.at,
            "correction": correction, "published_by_id": actor.id,
        }  # fmt: skip
        session.execute(insert(ReportPublication), row)
        published = [(claim_id, entry.log_index) for claim_id in claim_ids]
        add_rows(session.connection(), PublicationClaim, ("claim_id", "log_index"), published)
    elif after is ReportState.RETRACTED:
        entry = _append_of_report(session, actor, report, "retract", changes, reason)
    else:
        if before is ReportState.PUBLISHED:
            changes.append({"field": CANCELLED, "before": None, "after": shown["published"]["log_index"]})
        entry = _append_of_report(session, actor, report, "move", changes, reason)
    if after in ENDED or before is ReportState.PUBLISHED:
        taken_back = _take_back_what_is_ahead(session, report_id, entry)
        was_ahead = before is ReportState.PUBLISHED and after is not ReportState.RETRACTED
        if was_ahead and not taken_back:  # its time came while this waited for the log
            raise Clash(message("The time of the publication has come, so it cannot be taken back any more."))
    report.state = after
    if after in ENDED:
        report.ended_at, report.ended_reason, report.ended_by_id = entry.at, reason, actor.id
    session.flush()
    return report_views.get(session.connection(), report_id, actor)


def _demand_move(
    session: Session,
    actor: Actor,
    report: Report,
    shown: Json,
    after: ReportState,
    given: dict[str, str | None],
    two_person: bool,
) -> None:
    before = ReportState(report.state)
    found = rules.BY_ENDS.get((before, after))
    if found is None:
        told = message(
            "The report is {before}. It cannot become {after}.", before=Message(before), after=Message(after)
        )
        raise Clash(told)
    was_published = shown["published"] is not None
    was_seen = report_views.was_seen(session.connection(), report.id)
    met = {
        ReportNeed.REASON: visible_length(given["reason"] or "") >= REASON_LENGTH,
        ReportNeed.CORRECTION: not was_published or visible_length(given["correction"] or "") >= REASON_LENGTH,
        ReportNeed.PUBLISHED: was_seen,
        ReportNeed.UNPUBLISHED: not was_seen,
        ReportNeed.AHEAD: _is_ahead(shown),
        ReportNeed.ANOTHER: not two_person or not report_views.took_part(session.connection(), actor, shown),
    }
    lacks = [need for need in found.needs if not met[need]]
    if lacks:
        flaws = [
            Flaw(
                message("The move to {after} needs {need}.", after=Message(after), need=rules.IN_WORDS[need]),
                pointer=f"/{need}" if need in (ReportNeed.REASON, ReportNeed.CORRECTION) else "/to",
                rule=need.value,
            )
            for need in lacks
        ]
        raise RuleUnmet(series.sentences(flaw.detail for flaw in flaws), flaws=flaws)


def _is_ahead(shown: Json) -> bool:
    """Say whether the newest publication of a report is still to come."""
    published = shown["published"]
    return published is not None and datetime.fromisoformat(published["at"]) > now()


def _publication_time(report: Report, asked: datetime | None) -> datetime | None:
    """Return when a publication is seen: None for at once. Raises Invalid for a time that has passed."""
    if asked is not None and asked <= now():
        told = message("Must be in the future.")
        raise Invalid(told, flaws=[Flaw(told, "/publish_at")])
    later = [each for each in (asked, report.embargo_until) if each is not None and each > now()]
    return max(later, default=None)


def _take_back_what_is_ahead(session: Session, report_id: str, entry: Entry) -> bool:
    """Take back publications whose time has not come, and say whether there were any."""
    taken_back = session.execute(
        update(ReportPublication)
        .where(ReportPublication.report_id == report_id, ReportPublication.cancelled_index.is_(None))
        .where(ReportPublication.at > entry.at)
        .values(cancelled_index=entry.log_index)
        .returning(ReportPublication.log_index)
    )
    return bool(taken_back.all())


def _demand_fitting(after: ReportState, shown: Json, publish_at: datetime | None, correction: str | None) -> None:
    """Raise Invalid for a time or a correction where there is none."""
    given = {"publish_at": publish_at, "correction": correction}
    if after is not ReportState.PUBLISHED:
        told = message("Only a publication has this.")
        flaws = [Flaw(told, f"/{name}") for name, value in given.items() if value]
    else:
        told = message("The first publication corrects nothing.")
        flaws = [Flaw(told, "/correction")] if correction and shown["published"] is None else []
    if flaws:
        raise Invalid(told, flaws=flaws)


def _demand_claims(session: Session, text: str) -> None:
    """Raise Invalid unless each claim that a text refers to is there."""
    wanted = rules.claims_of(text)
    there = set(session.scalars(select(Claim.id).where(Claim.id.in_(wanted)))) if wanted else set()
    for claim_id in wanted:
        if claim_id not in there:
            told = message("The text refers to {claim}, and no claim has this id.", claim=claim_id)
            raise Invalid(message("Some fields of the request are not allowed."), flaws=[Flaw(told, "/text")])


def _demand_active_claims(session: Session, shown: Json) -> None:
    """Raise RuleUnmet if a report that is to be published refers to a claim that was withdrawn."""
    wanted = select(Claim.id, Claim.withdrawn_at).where(Claim.id.in_(shown["claim_ids"])).order_by(Claim.id)
    for claim_id, withdrawn_at in session.execute(wanted.with_for_update(read=True)) if shown["claim_ids"] else ():
        if withdrawn_at is not None:
            told = message("The text refers to the claim {claim}, which was withdrawn.", claim=claim_id)
            raise RuleUnmet(told, flaws=[Flaw(told, "/to", rule="withdrawn_claim")])


def _add_version(session: Session, actor: Actor, report_id: str, number: int, words: Json, entry: Entry) -> None:
    row = {"report_id": report_id, "number": number, "log_index": entry.log_index, "saved_by_id": actor.id}
    session.execute(
        insert(ReportVersion), row | {name: words[name] for name in ("language", *WORDS)} | {"saved_at": entry.at}
    )
    cited = [(claim_id, report_id, number) for claim_id in rules.claims_of(words["text"])]
    if cited:
        add_rows(session.connection(), ReportClaim, ("claim_id", "report_id", "number"), cited)


def _as_logged(fields: Json) -> Json:
    """Return a report's fields as the log and its JSON have them: an instant in RFC 3339."""
    until = fields["embargo_until"]
    return fields | {"embargo_until": until and stamp(until)}


def _locked(session: Session, actor: Actor, report_id: str, seen: Precondition) -> tuple[Report, Json]:
    """Lock a report and return it with its JSON. Raises NotFound, Stale."""
    wanted = select(Report).where(Report.id == report_id)
    report = session.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if report is None:
        raise NotFound(unknown.REPORT)
    shown = report_views.get(session.connection(), report_id, actor)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(shown)))
    return report, shown


def _append_of_report(
    session: Session, actor: Actor, report: Report, action: str, changes: list[Change], reason: str | None = None
) -> Entry:
    number = report.revision + 1
    with session.no_autoflush:
        entry = revisions.append(session, actor, SubjectKind.REPORT, report.id, number, action, changes, reason)
    report.revision, report.changed_index = number, entry.log_index
    return entry
