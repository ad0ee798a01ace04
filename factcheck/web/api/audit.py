"""/v1/audit: what the audit of attribution holds against claims, and what stands against what."""

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.errors import Flaw, Invalid
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.queries import audit, conflicts
from factcheck.queries.summary import summary
from factcheck.schemas.audit import ConflictOut, FindingOut, SummaryOut
from factcheck.web import context, listing, queries
from factcheck.web.api import Blueprint
from factcheck.web.api.documented import listed

blueprint = Blueprint(
    "audit", "Whether claims are traced to original sources, to how many, and whether they fit together."
)
NARROWED = ("kind", "article", "source", "status", "claim")
FILTERS = (*NARROWED, "limit", "cursor", "count")
RENAMED = {"kind": "finding_kind"}


@blueprint.route("/audit/findings")
@blueprint.doc(parameters=queries.documented(*FILTERS, renamed=RENAMED))
@blueprint.response(200, listed(FindingOut, derived=True))
def list_findings() -> Response:
    """List findings, newest first. You can combine all filters."""
    query = queries.read(*FILTERS, renamed=RENAMED)
    filters = audit.FindingFilters(**{name: query[name] for name in NARROWED if name in query})
    after, at, viewer = listing.page_key(query.get("cursor")), now(), context.caller()
    with context.reading_audit() as (connection, as_of):
        page = audit.findings(connection, filters, at, after, query.get("limit", 50), viewer)
        total = audit.count_findings(connection, filters, at, viewer) if query.get("count") else None
    return listing.listed([documents.dumped(item) for item in page.items], page.next, total, as_of=as_of)


@blueprint.route("/audit/summary")
@blueprint.doc(parameters=queries.documented("from", "to"))
@blueprint.response(200, SummaryOut)
def get_summary() -> Response:
    """Get the desk's figures: findings, coverage, and the changes of verdicts between two times, by person."""
    query = queries.read("from", "to")
    since, until = query.get("from"), query.get("to")
    if since and until and since > until:
        flaw = Flaw(message("Must not be before `from`."), parameter="to")
        raise Invalid(message("Some parameters of the request are not allowed."), flaws=[flaw])
    with context.reading_audit() as (connection, as_of):
        found = summary(connection, now(), since, until, context.caller())
    return context.one_thing(found | as_of.told())


@blueprint.route("/audit/conflicts")
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(ConflictOut, derived=True))
def list_conflicts() -> Response:
    """List groups of claims that contradict each other or are in tension, with figures, origins and verdicts."""
    query = queries.read("limit", "cursor")
    after = listing.page_key(query.get("cursor"))
    with context.reading_audit() as (connection, as_of):
        page = conflicts.conflicts(connection, after, query.get("limit", 50), context.caller())
    return listing.listed([documents.dumped(item) for item in page.items], page.next, as_of=as_of)
