"""The first page: what needs work first, and lists of claims by filters and search, all of them links to share."""

from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection

from factcheck.desk import articles, people, sources
from factcheck.desk.claim_state import documents
from factcheck.desk.team import assignments
from factcheck.errors import Invalid, Merged
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.queries import audit, lists, queue
from factcheck.queries.lists import Page
from factcheck.queries.narrowing import NOBODY
from factcheck.queries.queue import Need
from factcheck.queries.search import searches
from factcheck.rules.team.assigning import Due, Priority
from factcheck.rules.team.filtering import FILTERS, NARROWED, FilteredList
from factcheck.web import context, listing, problems, searching
from factcheck.web.pages import charts, decisions, forms, home, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.labels import label_of
from factcheck.web.pages.layout import admit, admit_known, page, words
from factcheck.web.pages.team import several, tour, unread
from factcheck.web.pages.team.filters import on_list
from factcheck.web.speaking.languages import said

blueprint = Blueprint("queue", __name__)
OF_VOCABULARIES = ("status", "attribution_status", "kind", "priority")
SHOWN = 8  # claims of each need on the first page
NEEDS = {
    Need.OVERDUE: (message("Overdue"), message("The date for reviewing the verdict again has passed.")),
    Need.INTERESTED: (
        message("Unverified, with a conflict of interest"),
        message("The original source gains if the claim is believed."),
    ),
    Need.IN_REVIEW: (message("In review"), message("Assigned to somebody, the longest ago first.")),
    Need.SECOND_OPINION: (
        message("Waiting for a second opinion"),
        message("Another person decides again without seeing the verdict."),
    ),
    Need.CHECKABLE: (
        message("Unverified and checkable"),
        message("Facts and quantities that nobody has reviewed yet, newest first."),
    ),
}
NARROWED_TO = {
    Need.OVERDUE: message("overdue"),
    Need.INTERESTED: message("interested"),
    Need.IN_REVIEW: message("in review"),
    Need.SECOND_OPINION: message("second opinion"),
    Need.CHECKABLE: message("checkable"),
}
OF_NOBODY = message("nobody")
DUE = {
    Due.OVERDUE: message("overdue"),
    Due.TODAY: message("today or overdue"),
    Due.WEEK: message("within a week or overdue"),
}


@blueprint.get("/")
def first_page() -> Response:
    if not problems.wants_page():
        return home.about()
    return admit() or _shown()


@blueprint.post("/")
def do_to_several() -> Response:
    """Do one thing to several claims of a list, and show the list again with what became of it."""
    if (elsewhere := admit_known()) is not None:
        return elsewhere
    form = forms.sent("several")
    try:
        return _shown(form, several.do(form, decisions.demands()))
    except Invalid as error:
        refused, status = forms.refused(error, "several")
        response = _shown(refused)
        response.status_code = status
        return response


def row_of(document: bytes) -> dict[str, Any]:
    """Return a claim as lists show it: its JSON, and the version that its buttons act on."""
    claim: dict[str, Any] = orjson.loads(document)
    return claim | {"etag": documents.etag_of(document)}


def _shown(chosen: Form | None = None, outcome: several.Outcome | None = None) -> Response:
    """Show the list; with the form that was sent for `chosen` claims, and what became of it."""
    query = paging.query(*FILTERS[FilteredList.CLAIMS])
    if isinstance(query, Response):
        return query
    given = {name: query[name] for name in NARROWED if name in query}
    filters = lists.ClaimFilters(**given)
    form, viewer = Form(), context.caller()
    chosen = chosen or Form("several")
    view = searching.view_for(given.get("q"))
    with context.reading_audit() as (connection, as_of):
        as_of = view.as_of if view is not None and view.as_of.behind else as_of
        counts = charts.bar(queue.counts_by_status(connection, viewer))
        if not query:
            blocks = [(need, *NEEDS[need], _rows(queue.page(connection, need, None, SHOWN, viewer))) for need in Need]
            held = audit.findings(connection, audit.FindingFilters(), now(), None, SHOWN, viewer).items
            assignees = _assignees(connection)
            return page(
                "queue.html", as_of=as_of, blocks=blocks, findings=held, counts=counts, assignees=assignees, form=form,
                Priority=Priority, due=DUE, saving=on_list(connection, FilteredList.CLAIMS),
                tour=tour.offered(connection),
                unseen=unread.of_rows(connection, [row for *_, rows in blocks for row in rows]),
            )  # fmt: skip
        after, limit = listing.page_key(query.get("cursor")), query.get("limit", 50)
        if "need" in query:
            found = queue.page(connection, query["need"], after, limit, viewer, filters)
        else:
            found = lists.claims(connection, filters, query.get("sort"), after, limit, viewer=viewer, view=view)
        saved = on_list(connection, FilteredList.CLAIMS)
        narrowed, rows, assignees = _in_words(connection, query), _rows(found), _assignees(connection)
        unseen = unread.of_rows(connection, rows)
        if "q" in given:
            for row, excerpt in zip(rows, searches.of_claims(connection, found.items, given["q"]), strict=True):
                row["found"] = excerpt
    title, lead = NEEDS[query["need"]] if "need" in query else (message("Claims"), "")
    return page(
        "claims.html",
        as_of=as_of,
        rows_found=rows,
        more_at=paging.address(found),
        narrowed=narrowed,
        title=title,
        lead=lead,
        counts=counts,
        assignees=assignees,
        able={value: told for value, told in assignees if value != NOBODY},
        most=several.MOST,
        chosen=frozenset(request.form.getlist("claim")) if chosen.error else frozenset(),
        several=chosen,
        form=form,
        saving=saved,
        Priority=Priority,
        due=DUE,
        unseen=unseen,
        outcome=outcome,
    )


def _assignees(connection: Connection) -> list[tuple[str, str]]:
    """Return whom a list can be narrowed to, by their values and what they are called; none for strangers."""
    viewer = context.caller()
    if viewer is None:
        return []
    everybody = assignments.able(connection)
    mine = [(each["id"], said(message("you"))) for each in everybody if each["id"] == viewer.id]
    return [
        *mine,
        (NOBODY, said(OF_NOBODY)),
        *((each["id"], each["name"]) for each in everybody if each["id"] != viewer.id),
    ]


def _rows(found: Page) -> list[dict[str, Any]]:
    return [row_of(document) for document in found.items]


def _in_words(connection: Connection, query: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return each filter as its name, what it is narrowed to, and the address without it."""
    told = []
    for name, text in request.args.items():
        if name in ("limit", "cursor", "sort"):
            continue
        rest = urlencode({other: value for other, value in request.args.items() if other not in (name, "cursor")})
        told.append((label_of("list", name), _named(connection, name, query[name], text), f"/?{rest}" if rest else "/"))
    return told


def _named(connection: Connection, name: str, value: Any, text: str) -> str:
    if name == "article":
        return str(articles.get(connection, value)["title"])
    if name in ("source", "origin"):
        try:
            return str(sources.get(connection, value)["name"])
        except Merged as merged:
            return str(sources.get(connection, merged.into)["name"])
    if name in ("reviewed_by", "assigned_to"):
        known = people.name_of(connection, value) if value != NOBODY and context.caller() else None
        return known or str(said(OF_NOBODY if value == NOBODY else message("a person")))
    if name == "due":
        return str(said(DUE[Due(text)]))
    if name == "need":
        return str(said(NARROWED_TO[value]))
    return ",".join(map(words, text.split(","))) if name in OF_VOCABULARIES else text
