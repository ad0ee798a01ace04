"""Reports: write them with a preview beside, and let them be approved, published, corrected and retracted."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import report_drafts, report_views, reports
from factcheck.errors import Clash, Invalid, NotFound, Stale
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor
from factcheck.log.clock import now
from factcheck.queries import lists
from factcheck.rules.publishing import reports as rules
from factcheck.rules.publishing.reports import ReportState
from factcheck.schemas.base import load
from factcheck.schemas.publishing.reports import ReportDraftIn, ReportIn, ReportMoveIn
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, listing
from factcheck.web.pages import forms, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other
from factcheck.web.pages.publishing import shown
from factcheck.web.speaking import languages

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
    following = [found[limit - 1][0]] if len(found) > limit else None
    more_at = paging.address(lists.Page([], following))
    return page("reports.html", reports=visible, state=query.get("state"), states=list(ReportState), more_at=more_at)


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
    if form.value("more") or form.value("fetch"):
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
            sent["publish_at"] = _instant(form.value("publish_at"))
        two_person = context.settings().two_person_review
        fields = load(ReportMoveIn(), sent)
        moved = reports.move(session, actor, str(report_id), seen=forms.version_seen(), two_person=two_person, **fields)
        return f"/reports/{report_id}?said={moved['state']}"

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
    values = _values(report) | ({name: typed[name] or "" for name in reports.WORDS} if typed else {})
    return _editor(report, Form("report", values), typed=typed)


@blueprint.post("/<uuid:report_id>/edit")
def save(report_id: Any) -> Response:
    """Save a new version as PATCH /v1/reports/{id} does; or look at it, or for a claim, before."""
    form = forms.sent("report")
    if form.value("more") or form.value("fetch"):
        return _editor(_report(str(report_id)), form)

    def work(session: Session, actor: Actor) -> str:
        patch = {"summary": None, "embargo_until": None} | _words(form)
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
    version = form.value("number", "1")
    typed = {name: form.value(name) or " " for name in ("title", "text")} | {"version": int(version)}
    stored = None
    if all(form.value(name).strip() for name in ("title", "text")):

        def work(session: Session, actor: Actor) -> Json:
            fields = load(
                ReportDraftIn(), typed | ({"summary": form.value("summary")} if form.value("summary") else {})
            )
            return report_drafts.keep(session, actor, str(report_id), seen=ANY, **fields)

        try:
            with context.acting(report_drafts.keep) as (session, actor):
                stored = work(session, actor)
        except Invalid:
            stored = None  # a reference is half typed: the preview says so, and the next letters may end it
    with context.database().reading() as connection:
        others = report_views.writing(connection, str(report_id), context.demand_caller().id)
        parts = shown.parts(connection, form.value("text"))
    return page("report_preview.html", parts=parts, stored=stored, others=others, form=form)


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
        parts = shown.parts(connection, report["text"])
        found = [entry for _, entry in revisions.of_subject(connection, SubjectKind.REPORT, report_id, 0, REVISIONS)]
        entries = masking.masked(connection, viewer, View.REVISION, found[::-1])
        publications = [each for _, each in report_views.publications(connection, report_id, -1, REVISIONS)]
    moves = [each for each in rules.MOVES if each.before == report["state"] and _is_offered(each, report)]
    return page(
        "report.html", status, report=report, etag=_etag(report), parts=parts, entries=entries, moves=moves,
        publications=publications, form=form, blank=Form("report_move"),
        said=request.args.get("said"), Need=rules.Need, zone=_zone_name(),
    )  # fmt: skip


def _is_offered(move: rules.Move, report: Json) -> bool:
    """Say whether a page offers a move: what it can ask for in the form may still be missing."""
    was_published = report["published"] is not None
    ahead = was_published and datetime.fromisoformat(report["published"]["at"]) > now()
    met = {rules.Need.PUBLISHED: was_published, rules.Need.UNPUBLISHED: not was_published, rules.Need.AHEAD: ahead}
    return all(met.get(need, True) for need in move.needs)


def _report(report_id: str) -> Json:
    with context.database().reading() as connection:
        return report_views.get(connection, report_id, context.demand_caller())


def _editor(report: Json | None, form: Form, status: int = 200, *, typed: Json | None = None) -> Response:
    viewer = context.demand_caller()
    viewer.demand(reports.add.role)
    stale = isinstance(form.error, Stale)
    with context.database().reading() as connection:
        parts = shown.parts(connection, form.value("text"))
        others = report_views.writing(connection, report["id"], viewer.id) if report else []
        theirs = report["text"] if stale and report else None
    # After a conflict the form goes on from what is there now: its reader has seen it.
    version = _etag(report) if report and (stale or not form.value("version")) else form.value("version")
    return page(
        "report_edit.html", status, report=report, form=form, parts=parts, etag=version, typed=typed,
        others=others, theirs=shown.compared(form.value("text"), theirs) if theirs is not None else None,
        found=shown.found(form.value("find")) if form.value("fetch") == "claims" else None, zone=_zone_name(),
    )  # fmt: skip


def _words(form: Form) -> Json:
    """Return what the form says as the API's JSON."""
    words = {name: form.value(name) for name in FIELDS if form.value(name)}
    until = form.value("embargo_until")
    return words | ({"embargo_until": _instant(until)} if until else {})


def _values(report: Json) -> dict[str, str]:
    until = report["embargo_until"]
    local = datetime.fromisoformat(until).astimezone(_zone()).strftime("%Y-%m-%dT%H:%M") if until else ""
    return {name: report[name] or "" for name in FIELDS} | {"embargo_until": local}


def _instant(local: str) -> str:
    """Return a time that a form gives in the reader's time zone, in RFC 3339; what is none stays, to be refused."""
    try:
        return datetime.fromisoformat(local).replace(tzinfo=_zone()).isoformat()
    except ValueError:
        return local


def _zone() -> ZoneInfo:
    return ZoneInfo(_zone_name())


def _zone_name() -> str:
    return languages.speech().time_zone or "UTC"


def _etag(report: Json) -> str:
    return documents.etag_of(documents.dumped(report))
