"""Go to a claim, a source, an article or a page of the desk by some letters: a page, and the window of Ctrl+K."""

from typing import NamedTuple

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection

from factcheck.desk.team import filters as saved_filters
from factcheck.errors import Unavailable
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.queries import lists
from factcheck.queries.sources import namesakes
from factcheck.rules.roles import Role
from factcheck.rules.team.filtering import FilteredList
from factcheck.rules.text.queries import all_words
from factcheck.rules.text.words import fold
from factcheck.web import context, searching
from factcheck.web.pages.layout import admit, page
from factcheck.web.speaking.languages import said

blueprint = Blueprint("palette_pages", __name__, url_prefix="/go")
blueprint.before_request(admit)
LONGEST = 200  # code points of what is typed
EACH = 5  # of each kind
SAVED = {
    FilteredList.CLAIMS: message("saved filter of claims"),
    FilteredList.ARTICLES: message("saved filter of articles"),
    FilteredList.SOURCES: message("saved filter of sources"),
}
# The pages of the desk, with the least role that sees them; None for readers without a token.
PAGES: tuple[tuple[str, str, Role | None], ...] = (
    ("/", message("Queue"), None),
    ("/work", message("My work"), Role.READER),
    ("/notifications", message("Notifications"), Role.READER),
    ("/articles", message("Articles"), None),
    ("/articles/new", message("New article"), Role.CONTRIBUTOR),
    ("/inbox", message("Inbox"), Role.READER),
    ("/feeds", message("Feeds"), Role.READER),
    ("/sources", message("Sources"), None),
    ("/sources/pairs", message("Sources that may be one"), None),
    ("/duplicates", message("Likely duplicates"), None),
    ("/find", message("Find claims like a text"), None),
    ("/audit", message("Audit"), None),
    ("/statistics", message("Statistics"), Role.READER),
    ("/reports", message("Reports"), Role.READER),
    ("/reports/new", message("New report"), Role.ANALYST),
    ("/correction-requests", message("Requests of readers"), Role.READER),
    ("/rating-scales", message("Rating scales"), None),
    ("/site-pages", message("Pages about us"), Role.READER),
    ("/people", message("People"), Role.ADMIN),
    ("/webhooks", message("Webhooks"), Role.ADMIN),
    ("/settings", message("Settings"), Role.ADMIN),
    ("/keys", message("Keyboard shortcuts"), None),
    ("/filters", message("Saved filters"), Role.READER),
    ("/tour/1", message("Tour of the desk"), Role.READER),
)


class Target(NamedTuple):
    """Where somebody may go: the address, what it is called, and what it is."""

    path: str
    name: str
    kind: str


@blueprint.get("")
def show() -> Response:
    """List what the typed letters may mean: pages and saved filters first, then claims, sources and articles."""
    typed, viewer = request.args.get("find", "")[:LONGEST], context.caller()
    found = _pages(fold(typed), viewer) + _saved(fold(typed), viewer)
    words = all_words(typed, opened=typed[-1:].isalnum())
    trouble = None
    if words is not None:
        try:
            view = searching.view()
            with searching.reading(view) as connection:
                found += _things(connection, view, typed, lists.ClaimFilters(q=words), viewer)
        except Unavailable as error:  # pages need no index
            trouble = error.detail
    return page("go.html", typed=typed, found=found, trouble=trouble)


def _pages(typed: str, viewer: Actor | None) -> list[Target]:
    """Return the pages whose names have what was typed; all, if that is nothing."""
    return [
        Target(path, said(name), message("page"))
        for path, name, role in PAGES
        if typed in fold(said(name)) and (role is None or (viewer is not None and viewer.role.includes(role)))
    ]


def _saved(typed: str, viewer: Actor | None) -> list[Target]:
    """Return the reader's saved filters whose names have what was typed; all, if that is nothing."""
    if viewer is None:
        return []
    with context.database().reading() as connection:
        saved = saved_filters.listed(connection, viewer.id)
    return [
        Target(each["links"]["page"], each["name"], SAVED[each["list"]])
        for each in saved
        if typed in fold(each["name"])
    ]


def _things(
    connection: Connection, view: View, typed: str, filters: lists.ClaimFilters, viewer: Actor | None
) -> list[Target]:
    claims = lists.claims(connection, filters, None, None, EACH, viewer=viewer, view=view).items
    sources = namesakes.beginning_with(connection, view, typed, EACH)
    articles = lists.list_articles(connection, q=filters.q, outlet=None, after=None, limit=EACH, view=view).items
    read = [orjson.loads(each) for each in claims]
    return [
        *(Target(f"/claims/{each['id']}", each["text"], message("claim")) for each in read),
        *(Target(f"/sources/{each['id']}", each["name"], message("source")) for each in sources),
        *(Target(f"/articles/{each['id']}", each["title"], message("article")) for each in articles),
    ]
