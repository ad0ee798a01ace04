"""/v1/reports"""

from typing import Any

from flask import Response

from factcheck.desk.access import masking
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import report_drafts, report_views, reports
from factcheck.desk.redactions import reports as redactions
from factcheck.errors import NotFound
from factcheck.log import revisions
from factcheck.messages import message
from factcheck.schemas.parts import RedactionIn
from factcheck.schemas.publishing.reports import (
    PublicationOut,
    ReportDraftIn,
    ReportDraftOut,
    ReportIn,
    ReportListed,
    ReportMoveIn,
    ReportOut,
    ReportVersionOut,
)
from factcheck.schemas.revisions import RevisionOut
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.bodies import read_object
from factcheck.web.redacting import redacted

blueprint = Blueprint("reports", "Reports: what is published about claims.")
PAGED = ("limit", "cursor")
FILTERS = ("claim", "state", *PAGED)
RENAMED = {"state": "report_state"}
HERE = "/reports/<uuid:report_id>"


@blueprint.route("/reports")
@blueprint.doc(parameters=queries.documented(*FILTERS, renamed=RENAMED))
@blueprint.response(200, listed(ReportListed))
def list_reports() -> Response:
    """List reports, the last changed first. Needs a token.

    Reports that refer to a claim whose verdict is hidden from you are left out.
    """
    context.demand_caller()
    query = queries.read(*FILTERS, renamed=RENAMED)

    def read(connection: Any, before: int | None, limit: int) -> Any:
        return report_views.listed(connection, query.get("state"), query.get("claim"), before, limit)

    return listing.paged(read, first=None, also=("claim", "state"), renamed=RENAMED, shown=masking.masking(View.REPORT))


@blueprint.route("/reports", methods=["POST"])
@does(reports.add)
@blueprint.arguments(ReportIn)
@blueprint.response(201, ReportOut)
def add_report(body: dict[str, Any]) -> Response:
    """Add a report, as a draft."""

    def work(session: Any, actor: Any) -> Answer:
        report = reports.add(session, actor, **body)
        return context.made(report["links"]["self"], report)

    return context.perform(reports.add, work)


@blueprint.route(HERE)
@blueprint.response(200, ReportOut)
def get_report(report_id: Any) -> Response:
    """Get a report with the words of its newest version. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(report_views.get(connection, str(report_id), viewer))


@blueprint.route(HERE, methods=["PATCH"])
@does(reports.save)
@blueprint.doc(**patched_with(ReportIn))
@blueprint.response(200, ReportOut)
def save_report(report_id: Any) -> Response:
    """Save other words of a report, by a merge patch, as a new version. The report is a draft again.

    Readers see the version that was published last until the new one is published.
    """
    patch = read_object(patched)

    def work(session: Any, actor: Any) -> Answer:
        return _changed(reports.save(session, actor, str(report_id), patch=patch, seen=preconditions.seen()))

    return context.perform(reports.save, work)


@blueprint.route(f"{HERE}/moves", methods=["POST"])
@does(reports.move)
@blueprint.arguments(ReportMoveIn)
@blueprint.response(200, ReportOut)
def move_report(body: dict[str, Any], report_id: Any) -> Response:
    """Move a report to another state: submit, return, approve, publish, retract or withdraw it.

    From `published` to `approved` takes a publication back whose time has not come.
    """
    two_person = context.settings().two_person_review

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen()
        return _changed(reports.move(session, actor, str(report_id), seen=seen, two_person=two_person, **body))

    return context.perform(reports.move, work)


@blueprint.route(f"{HERE}/redaction", methods=["POST"])
@does(redactions.redact)
@blueprint.arguments(RedactionIn)
@blueprint.response(204)
def redact_report(body: dict[str, Any], report_id: Any) -> Response:
    """Remove the words of a report everywhere. Its place stays, the log records it, and proofs remain valid."""
    return redacted(redactions.redact, report_id, body=body)


@blueprint.route(f"{HERE}/versions")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(ReportVersionOut))
def list_versions(report_id: Any) -> Response:
    """List the versions of a report, oldest first. Needs a token."""
    viewer = context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        report_views.get(connection, str(report_id), viewer)  # is it there, and not hidden?
        return report_views.versions(connection, str(report_id), after, limit)

    return listing.paged(read, first=0)


@blueprint.route(f"{HERE}/versions/<int(max=2147483647):number>")
@blueprint.response(200, ReportVersionOut)
def get_version(report_id: Any, number: int) -> Response:
    """Get one version of a report. Needs a token."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        report_views.get(connection, str(report_id), viewer)
        return context.one_thing(report_views.version(connection, str(report_id), number))


@blueprint.route(f"{HERE}/publications")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(PublicationOut))
def list_publications(report_id: Any) -> Response:
    """List the publications of a report, oldest first. Needs a token."""
    viewer = context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        report_views.get(connection, str(report_id), viewer)
        return report_views.publications(connection, str(report_id), after, limit)

    return listing.paged(read, first=-1)


@blueprint.route(f"{HERE}/history")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(RevisionOut))
def get_report_history(report_id: Any) -> Response:
    """List a report's revisions, oldest first. Needs a token."""
    viewer = context.demand_caller()

    def read(connection: Any, after: int, limit: int) -> Any:
        report_views.get(connection, str(report_id), viewer)
        return revisions.of_subject(connection, SubjectKind.REPORT, str(report_id), after, limit)

    return listing.paged(read, first=0, shown=masking.masking(View.REVISION))


@blueprint.route(f"{HERE}/draft")
@blueprint.response(200, ReportDraftOut)
def get_draft(report_id: Any) -> Response:
    """Get what you typed into a report and did not save yet."""
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        report_views.get(connection, str(report_id), viewer)
        draft = report_views.draft(connection, str(report_id), viewer.id)
    if draft is None:
        raise NotFound(message("You have nothing in this report that is not saved."))
    return context.one_thing(draft)


@blueprint.route(f"{HERE}/draft", methods=["PUT"])
@does(report_drafts.keep)
@blueprint.arguments(ReportDraftIn)
@blueprint.response(200, ReportDraftOut)
def keep_draft(body: dict[str, Any], report_id: Any) -> Response:
    """Keep what you typed into a report, without saving it. Nobody else sees it; saving the report ends it."""

    def work(session: Any, actor: Any) -> Answer:
        return _changed(report_drafts.keep(session, actor, str(report_id), seen=preconditions.seen_if_given(), **body))

    return context.perform(report_drafts.keep, work)


@blueprint.route(f"{HERE}/draft", methods=["DELETE"])
@does(report_drafts.discard)
@blueprint.response(204)
def discard_draft(report_id: Any) -> Response:
    """Discard what you typed into a report and did not save."""

    def work(session: Any, actor: Any) -> Answer:
        report_drafts.discard(session, actor, str(report_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(report_drafts.discard, work)


def _changed(thing: dict[str, Any]) -> Answer:
    body = documents.dumped(thing)
    return context.changed(body, documents.etag_of(body))
