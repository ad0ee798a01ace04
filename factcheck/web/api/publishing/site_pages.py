"""/v1/site-pages"""

from typing import Any

from flask import Response

from factcheck.desk.access import masking
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import site_pages
from factcheck.log import revisions
from factcheck.schemas.parts import ReasonIn
from factcheck.schemas.publishing.site_pages import SitePageIn, SitePageOut
from factcheck.schemas.revisions import RevisionOut
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.api.publishing.published import admit_readers
from factcheck.web.bodies import read_object

blueprint = Blueprint("site-pages", "What the house says of itself on its public site.", admitted_by=admit_readers)
HERE = "/site-pages/<uuid:page_id>"
PAGED = ("limit", "cursor")


@blueprint.route("/site-pages")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(SitePageOut))
def list_pages() -> Response:
    """List the pages in the order in which they were added, withdrawn ones too."""
    return listing.paged(site_pages.listed, first=-1)


@blueprint.route("/site-pages", methods=["POST"])
@does(site_pages.add)
@blueprint.arguments(SitePageIn)
@blueprint.response(201, SitePageOut)
def add_page(body: dict[str, Any]) -> Response:
    """Add a page in one language. Readers see it at once."""

    def work(session: Any, actor: Any) -> Answer:
        made = site_pages.add(session, actor, **body)
        return context.made(made["links"]["self"], made)

    return context.perform(site_pages.add, work)


@blueprint.route(HERE)
@blueprint.response(200, SitePageOut)
def get_page(page_id: Any) -> Response:
    """Get a page, a withdrawn one too."""
    with context.database().reading() as connection:
        return context.one_thing(site_pages.get(connection, str(page_id)))


@blueprint.route(HERE, methods=["PATCH"])
@does(site_pages.amend)
@blueprint.doc(**patched_with(SitePageIn))
@blueprint.response(200, SitePageOut)
def amend_page(page_id: Any) -> Response:
    """Change the title or the text of a page. Readers see it at once, and the log has what it was before."""
    patch = read_object(patched)

    def work(session: Any, actor: Any) -> Answer:
        return _changed(site_pages.amend(session, actor, str(page_id), patch=patch, seen=preconditions.seen()))

    return context.perform(site_pages.amend, work)


@blueprint.route(f"{HERE}/withdrawal", methods=["POST"])
@does(site_pages.withdraw)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, SitePageOut)
def withdraw_page(body: dict[str, Any], page_id: Any) -> Response:
    """Take a page off the site."""

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        return _changed(site_pages.withdraw(session, actor, str(page_id), seen=seen, **body))

    return context.perform(site_pages.withdraw, work)


@blueprint.route(f"{HERE}/history")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(RevisionOut))
def get_page_history(page_id: Any) -> Response:
    """List a page's revisions, oldest first: each has the words before and after."""

    def read(connection: Any, after: int, limit: int) -> Any:
        site_pages.get(connection, str(page_id))
        return revisions.of_subject(connection, SubjectKind.SITE_PAGE, str(page_id), after, limit)

    return listing.paged(read, first=0, shown=masking.masking(View.REVISION))


def _changed(page: dict[str, Any]) -> Answer:
    body = documents.dumped(page)
    return context.changed(body, documents.etag_of(body))
