"""A new article: its page is fetched from its URL, or its text is pasted, and a person checks it before it is saved."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk import articles
from factcheck.desk.capturing import captures, made_of
from factcheck.errors import Clash, Exists, Invalid, Stale
from factcheck.log.actors import Actor
from factcheck.queries.articles import copies
from factcheck.schemas.articles import NewArticleIn
from factcheck.schemas.base import load, safe_url
from factcheck.schemas.captures import CaptureIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.capturing.performing import of_form, perform_form
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page, seen_other
from factcheck.web.pages.names import Names

blueprint = Blueprint("new_articles_pages", __name__, url_prefix="/articles")
blueprint.before_request(admit)
REFUSALS = (Invalid, Stale, Clash)
LONGEST_SHARED = 10_000  # characters in which a URL is looked for
CLEARED = ("url", "outlet_id", "author", "published_on", "language")  # what an empty field of the form clears


@blueprint.get("/new")
def new() -> Response:
    """Show the form; with a capture, its fields hold what was extracted.

    What another application shares (the manifest's `share_target`) is the URL of the page to fetch.
    """
    capture = of_form(request.args.get("capture", ""))
    return _shown(Form("article", _extracted(capture)), capture, shared=_shared())


@blueprint.get("/captures")
def back() -> Response:
    """Lead back from the address of the form that was sent."""
    return seen_other("/articles/new")


@blueprint.post("/captures")
def capture() -> Response:
    """Capture a page as POST /v1/captures does, and go on to the form of the article."""
    try:
        url = load(CaptureIn(), forms.body(forms.sent("capture")))["url"]
        return perform_form(captures.add, url, lambda page: lambda *_: f"/articles/new?capture={page.id}")
    except REFUSALS as error:
        again, status = forms.refused(error, "capture")
        return _shown(Form("article"), None, status, again)


@blueprint.post("")
def add() -> Response:
    """Add an article as POST /v1/articles does. An outlet that is not there yet is made, as any source is."""
    form = forms.sent("article")

    def work(session: Session, actor: Actor) -> str:
        fields = forms.body(form)
        names = Names(session, actor)
        names.resolve(fields, "outlet")
        if "capture_id" in fields:
            for name in CLEARED:
                fields.setdefault(name, None)
        names.settle(lambda: load(NewArticleIn(), fields))
        body = made_of.article_fields(session.connection(), load(NewArticleIn(), fields))
        if not form.value("anyway"):
            copies.demand_new(session.connection(), body)
        return f"/articles/{articles.add(session, actor, **body)['id']}"

    try:
        return forms.perform(articles.add, work)
    except REFUSALS as error:
        again, status = forms.refused(error, "article")
        return _shown(again, of_form(form.value("capture_id")), status)


def _shown(
    form: Form, capture: dict[str, Any] | None, status: int = 200, fetching: Form | None = None, shared: str = ""
) -> Response:
    known = form.error.extra["articles"] if isinstance(form.error, Exists) else []
    if capture is not None and form.error is None:
        with context.database().reading() as connection:
            known = copies.of_capture(connection, capture)
    fetching = fetching or Form("capture")
    return page("article_new.html", status, form=form, capture=capture, fetching=fetching, known=known, shared=shared)


def _shared() -> str:
    """Return the URL that was shared, empty if there is none: some applications share it inside a text."""
    for name in ("url", "text", "title"):
        for each in request.args.get(name, "")[:LONGEST_SHARED].split():
            if safe_url(each):
                return each
    return ""


def _extracted(capture: dict[str, Any] | None) -> dict[str, str]:
    """Return the values of the form's fields."""
    if capture is None:
        return {}
    if capture["extracted"] is None:
        return {"url": capture["url"]}
    told = capture["extracted"] | {"url": capture["canonical_url"] or capture["url"], "capture_id": capture["id"]}
    return {name: value for name, value in told.items() if value}
