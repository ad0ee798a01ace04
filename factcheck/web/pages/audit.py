"""The audit: what it holds against claims, how far they are traced, what stands against what, and the log's state."""

from typing import Any

from flask import Blueprint, Response, current_app

from factcheck.log import transparency
from factcheck.log.clock import now
from factcheck.queries import audit, conflicts
from factcheck.queries.agreement import agreement
from factcheck.queries.sources import pairs
from factcheck.queries.summary import summary
from factcheck.rules.names.sources import THRESHOLD
from factcheck.rules.status import Question
from factcheck.web import context, listing
from factcheck.web.pages import paging
from factcheck.web.pages.layout import admit, page

blueprint = Blueprint("audit_pages", __name__, url_prefix="/audit")
blueprint.before_request(admit)
NARROWED = ("kind", "article", "source", "status", "claim")
RENAMED = {"kind": "finding_kind"}
BOARD = 10  # conflicts on the audit's own page


@blueprint.get("")
def show() -> Response:
    """Show the desk in numbers, and what is held against claims."""
    query = paging.query(*NARROWED, renamed=RENAMED)
    if isinstance(query, Response):
        return query
    moment, viewer = now(), context.caller()
    with context.reading_audit() as (connection, as_of):
        found = _findings(connection, query)
        if query:
            return page("findings.html", as_of=as_of, findings=found.items, more_at=paging.address(found), query=query)
        board = conflicts.conflicts(connection, None, BOARD, viewer)
        return page(
            "audit.html",
            as_of=as_of,
            summary=summary(connection, moment, None, None, viewer),
            findings=found.items,
            more_at=paging.address(found),
            conflicts=board.items,
            agreements=[(question, agreement(connection, question=question)) for question in Question],
            likely_pairs=pairs.count(connection, {"min_score": THRESHOLD}),
            more_conflicts=board.next is not None,
            log=transparency.state(connection),
            refusal=current_app.extensions["factcheck.publisher"].refusal,
        )


@blueprint.get("/conflicts")
def show_conflicts() -> Response:
    query = paging.query()
    if isinstance(query, Response):
        return query
    after = listing.page_key(query.get("cursor"))
    with context.reading_audit() as (connection, as_of):
        found = conflicts.conflicts(connection, after, query.get("limit", 50), context.caller())
    return page("conflicts.html", as_of=as_of, conflicts=found.items, more_at=paging.address(found))


def _findings(connection: Any, query: dict[str, Any]) -> Any:
    filters = audit.FindingFilters(**{name: query[name] for name in NARROWED if name in query})
    after = listing.page_key(query.get("cursor"))
    return audit.findings(connection, filters, now(), after, query.get("limit", 50), context.caller())
