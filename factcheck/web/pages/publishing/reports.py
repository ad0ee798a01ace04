"""Reports: write them with a preview beside, and let them be approved, published, corrected and retracted."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import correction_requests, report_drafts, report_views, reports
from factcheck.errors import Clash, Invalid, NotFound, Stale
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor
from factcheck.log.clock import now
from factcheck.queries import lists
from factcheck.rules.publishing import reports as rules
from factcheck.rules.publishing.reports import ReportNeed, ReportState
from factcheck.schemas.base import load
from factcheck.schemas.publishing.reports import ReportDraftIn, ReportIn, ReportMoveIn
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, listing
from factcheck.web.pages import forms, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other
from factcheck.web.pages.publishing import local_times, shown

blueprint = Blueprint("reports_pages", __name__, url_prefix="/reports")
blueprint.before_request(admit_known)
REFUSALS = (Invalid, Stale, Clash)
REVISIONS = 200  # of the history, on the report's page
FIELDS = ("title", "language", "summary", "text")
Json = dict[str, Any]


@blueprint.get("")
def show() -> Response:
    """List the reports, the last changed first, all or those in one state."""
    query = paging.query("state", renamed={"state": "report_state"})
    if isinstance(query, Response):
        return query
    viewer, limit = context.demand_caller(), query.get("limit", 50)
    before = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        place = before[0] if before else None
        found = list(report_views.listed(connection, query.get("state"), None, place, limit + 1))
        visible = masking.masked(connection, viewer, View.REPORT, [report for _, report in found[:limit]])
        waiting = correction_requests.waiting(connection)
    following = [found[limit - 1][0]] if len(found) > limit else None
    more_at = paging.address(lists.Page([], following))
    return page(
        "reports.html",
        reports=visible,
        state=query.get("state"),
        states=list(ReportState),
        more_at=more_at,
        waiting=waiting,
    )


@blueprint.get("/new")
def new() -> Response:
    return _editor(None, Form("report"))


@blueprint.get("/claims")
def find_claims() -> Response:
    """Offer the claims with some words, each with the lines that refer to it."""
    return page("report_claims.html", found=shown.found(request.args.get("find", "")))


@blueprint.post("/new")
def add() -> Response:
    """Add a report as POST /v1/reports does; or look at it, or for a claim, before."""
    form = forms.sent("report")
    if form.value("more"):
        return _editor(None, form)

    def work(session: Session, actor: Actor) -> str:
        report = reports.add(session, actor, **load(ReportIn(), _words(form)))
        return f"/reports/{report['id']}?said=added"

    try:
        return forms.perform(reports.add, work)
    except REFUSALS as error:
        return _editor(None, *forms.refused(error, "report"))


@blueprint.get("/<uuid:report_id>")
def show_one(report_id: Any) -> Response:
    return _one(str(report_id), Form("report_move"))


@blueprint.get("/<uuid:report_id>/<any(moves, draft, discarding):_form>")
def back(report_id: Any, _form: str) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/reports/{report_id}")


@blueprint.post("/<uuid:report_id>/moves")
def move(report_id: Any) -> Response:
    """Move a report to another state, as POST /v1/reports/{id}/moves does."""
    form = forms.sent("report_move")

    def work(session: Session, actor: Actor) -> str:
        sent = {name: form.value(name) for name in ("to", "reason", "correction") if form.value(name)}
        if form.value("publish_at"):
            sent["publish_at"] = local_times.instant(form.value("publish_at"))
        two_person = context.settings().two_person_review
        fields = load(ReportMoveIn(), sent)
        seen = forms.version_seen()
        before = report_views.get(session.connection(), str(report_id), actor)
        moved = reports.move(session, actor, str(report_id), seen=seen, two_person=two_person, **fields)
        return f"/reports/{report_id}?said={_said(before, moved)}"

    try:
        return forms.perform(reports.move, work)
    except REFUSALS as error:
        return _one(str(report_id), *forms.refused(error, "report_move"))


@blueprint.get("/<uuid:report_id>/edit")
def edit(report_id: Any) -> Response:
    """Show the form with the newest version's words, or with those that its reader typed and did not save yet."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        report = report_views.get(connection, str(report_id), viewer)
        typed = report_views.draft(connection, str(report_id), viewer.id)
    if typed and all((typed[name] or None) == report[name] for name in reports.WORDS):
        typed = None  # it was stored just after it was saved
    values = _values(report) | {"number": str(report["version"])}
    if typed:
        values |= {name: typed[name] or "" for name in reports.WORDS} | {"number": str(typed["version"])}
    return _editor(report, Form("report", values), typed=typed)


@blueprint.post("/<uuid:report_id>/edit")
def save(report_id: Any) -> Response:
    """Save a new version as PATCH /v1/reports/{id} does; or look at it, or for a claim, before."""
    form = forms.sent("report")
    if form.value("more"):
        return _editor(_report(str(report_id)), form)

    def work(session: Session, actor: Actor) -> str:
        patch = _words(form, report_views.get(session.connection(), str(report_id), actor))
        reports.save(session, actor, str(report_id), patch=patch, seen=forms.version_seen())
        return f"/reports/{report_id}?said=saved"

    try:
        return forms.perform(reports.save, work)
    except REFUSALS as error:
        return _editor(_report(str(report_id)), *forms.refused(error, "report"))


@blueprint.post("/<uuid:report_id>/draft")
def keep(report_id: Any) -> Response:
    """Keep what is typed, and show the preview of it: the editor asks for this while somebody types."""
    form = forms.sent("report")
    number = form.value("number")
    typed = {name: form.value(name).strip() and form.value(name) for name in reports.WORDS}
    stored, trouble = None, ""
    try:
        version = int(number) if number.isascii() and number.isdigit() and len(number) <= 15 else number
        fields = load(ReportDraftIn(), typed | {"version": version})
        with context.acting(report_drafts.keep) as (session, actor):
            stored = report_drafts.keep(session, actor, str(report_id), seen=ANY, **fields)
    except (Invalid, Clash) as error:
        trouble = forms.refused(error, "report")[0].reasons
    with context.database().reading() as connection:
        others = report_views.writing(connection, str(report_id), context.demand_caller().id)
        parts = shown.parts(connection, form.value("text"), context.demand_caller()).parts
    return page("report_preview.html", parts=parts, stored=stored, trouble=trouble, others=others, form=form)


@blueprint.post("/<uuid:report_id>/discarding")
def discard(report_id: Any) -> Response:
    """Discard what was typed and not saved, as DELETE /v1/reports/{id}/draft does."""

    def work(session: Session, actor: Actor) -> str:
        report_drafts.discard(session, actor, str(report_id))
        return f"/reports/{report_id}/edit"

    try:
        return forms.perform(report_drafts.discard, work)
    except NotFound:
        return seen_other(f"/reports/{report_id}/edit")


@blueprint.get("/<uuid:report_id>/compare/<int(max=2147483647):old>/<int(max=2147483647):new>")
def compare(report_id: Any, old: int, new: int) -> Response:
    """Show one version's text with what is not in it struck out, and what it adds."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        report = report_views.get(connection, str(report_id), viewer)
        before, after = (report_views.version(connection, str(report_id), number) for number in (old, new))
    text = shown.compared(before["text"], after["text"])
    return page("report_compare.html", report=report, before=before, after=after, text=text)


def _one(report_id: str, form: Form, status: int = 200) -> Response:
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        report = report_views.get(connection, report_id, viewer)
        parts = shown.parts(connection, report["text"], viewer).parts
        first = max(0, report["revision"] - REVISIONS)
        found = [
            entry for _, entry in revisions.of_subject(connection, SubjectKind.REPORT, report_id, first, REVISIONS)
        ]
        entries = masking.masked(connection, viewer, View.REVISION, found[::-1])
        publications = report_views.newest_publications(connection, report_id, REVISIONS)
        was_seen = report_views.was_seen(connection, report_id)
        barred = context.settings().two_person_review and report_views.took_part(connection, viewer, report)
    ahead = report["published"] is not None and datetime.fromisoformat(report["published"]["at"]) > now()
    met = {
        ReportNeed.PUBLISHED: was_seen,
        ReportNeed.UNPUBLISHED: not was_seen,
        ReportNeed.AHEAD: ahead,
        ReportNeed.ANOTHER: not barred,
    }
    possible = [each for each in rules.MOVES if each.before == report["state"]]
    moves = [each for each in possible if all(met.get(need, True) for need in each.needs)]
    return page(
        "report.html", status, report=report, etag=_etag(report), parts=parts, entries=entries, moves=moves,
        was_seen=was_seen, ahead=ahead, barred=barred and report["state"] == ReportState.SUBMITTED,
        publications=publications, form=form, blank=Form("report_move"),
        said=request.args.get("said"), ReportNeed=ReportNeed, zone=local_times.zone_name(),
    )  # fmt: skip


def _said(before: Json, after: Json) -> str:
    """Return what a move did, as the page says it."""
    if before["state"] == ReportState.PUBLISHED and after["state"] == ReportState.APPROVED:
        return "taken-back"
    is_later = after["state"] == ReportState.PUBLISHED and datetime.fromisoformat(after["published"]["at"]) > now()
    return "planned" if is_later else str(after["state"])


def _report(report_id: str) -> Json:
    with context.database().reading() as connection:
        return report_views.get(connection, report_id, context.demand_caller())


def _editor(report: Json | None, form: Form, status: int = 200, *, typed: Json | None = None) -> Response:
    viewer = context.demand_caller()
    viewer.demand(reports.add.role)
    stale = isinstance(form.error, Stale)
    with context.database().reading() as connection:
        parts = shown.parts(connection, form.value("text"), viewer).parts
        others = report_views.writing(connection, report["id"], viewer.id) if report else []
    outdated = report is not None and (stale or (typed is not None and typed["version"] != report["version"]))
    # After a conflict the form goes on from what is there now: its reader sees how it differs.
    etag = _etag(report) if report and (outdated or not form.value("version")) else form.value("version")
    return page(
        "report_edit.html", status, report=report, form=form, blank=Form("report"), parts=parts,
        etag=etag, typed=typed, others=others,
        outdated=outdated, theirs=_differing(form, report) if report and outdated else None,
        found=shown.found(form.value("find")) if form.value("more") == "claims" else None, zone=local_times.zone_name(),
    )  # fmt: skip


def _differing(form: Form, report: Json) -> Json:
    """Return the fields of a report that differ from what a form has, as they are saved; the text compared with it."""
    values = _values(report)
    found: Json = {name: values[name] for name in (*FIELDS, "embargo_until") if form.value(name) != values[name]}
    if "text" in found:
        found["text"] = shown.compared(form.value("text"), values["text"])
    return found


def _words(form: Form, before: Json | None = None) -> Json:
    """Return what the form says as the API's JSON, as a patch of the report `before`."""
    words: Json = {name: form.value(name) for name in FIELDS if name in form.values}
    words["summary"] = words.get("summary") or None
    until = form.value("embargo_until")
    if before is None or until != _values(before)["embargo_until"]:  # the form has no seconds
        words["embargo_until"] = local_times.instant(until) if until else None
    return words


def _values(report: Json) -> dict[str, str]:
    return {name: report[name] or "" for name in FIELDS} | {"embargo_until": local_times.field(report["embargo_until"])}


def _etag(report: Json) -> str:
    return documents.etag_of(documents.dumped(report))
