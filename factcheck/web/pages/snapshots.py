"""An article's newer texts: add one, compare two, and confirm the words of quotes that have changed."""

from typing import Any

import orjson
from flask import Blueprint, Response, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from factcheck.desk import articles, claims, snapshots
from factcheck.desk.capturing import made_of
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.errors import Clash, Invalid, Stale
from factcheck.log.actors import Actor
from factcheck.queries.articles import differences
from factcheck.schemas.articles import SnapshotIn
from factcheck.schemas.base import load
from factcheck.schemas.parts import ConfirmationIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.capturing.performing import Done, of_form, perform_form
from factcheck.web.pages.claims import again
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, exactly, page, seen_other

blueprint = Blueprint("snapshots_pages", __name__)
blueprint.before_request(admit)
REFUSALS = (Invalid, Stale, Clash)


@blueprint.get("/articles/<uuid:article_id>/snapshots/new")
def new(article_id: Any) -> Response:
    """Show the form; with a capture, it holds the text that was extracted."""
    capture = of_form(request.args.get("capture", ""))
    extracted = capture["extracted"] if capture is not None else None
    values = {"text": extracted["text"], "capture_id": capture["id"]} if capture and extracted else {}
    return _form(str(article_id), Form("snapshot", values))


@blueprint.get("/articles/<uuid:article_id>/snapshots")
def back(article_id: Any) -> Response:
    """Lead back from the address of the form that was sent."""
    return seen_other(f"/articles/{article_id}/snapshots/new")


@blueprint.post("/articles/<uuid:article_id>/snapshots")
def add(article_id: Any) -> Response:
    """Add a newer text as POST /v1/articles/{id}/snapshots does, and show what differs."""
    form = forms.sent("snapshot")
    here = f"/articles/{article_id}"
    if form.value("fetch"):
        return _fetched(str(article_id), here)
    try:
        fields = load(SnapshotIn(), forms.body(form) | {"text": form.value("text")})
        with context.database().reading() as connection:
            text, capture = made_of.text(connection, fields["capture_id"], fields["text"])
            newest = articles.get(connection, str(article_id))["text"]
            # A form has one kind of line ends: the same text with other ones is the same text.
            same = newest.replace("\r\n", "\n").replace("\r", "\n") == text
            found = snapshots.NewText(str(article_id), newest if same else text, capture)
            found.look_for_all(connection)

        return forms.perform(snapshots.add, lambda session, actor: _added(session, actor, found, here))
    except REFUSALS as error:
        return _form(str(article_id), *forms.refused(error, "snapshot"))


def _added(session: Session, actor: Actor, found: snapshots.NewText, here: str) -> str:
    snapshot, is_new = snapshots.add(session, actor, found)
    number = snapshot["number"]
    return f"{here}/compare/{number - 1}/{number}" if is_new else f"{here}?said=same"


def _fetched(article_id: str, here: str) -> Response:
    """Fetch the article's page again; one that cannot be captured is shown with the reason."""

    def prepare(page: CapturedPage) -> Done:
        if page.extract.failure is not None:
            return lambda *_: f"/captures/{page.id}"
        with context.database().reading() as connection:
            new = snapshots.NewText.captured(connection, article_id, page)
        return lambda session, actor, _: _added(session, actor, new, here)

    try:
        with context.database().reading() as connection:
            url = articles.url_of(connection, article_id)
        return perform_form(snapshots.add, url, prepare, lambda session: snapshots.lock(session, article_id))
    except REFUSALS as error:
        return _form(article_id, *forms.refused(error, "snapshot"))


@blueprint.get("/articles/<uuid:article_id>/compare/<int(max=2147483647):old>/<int(max=2147483647):new>")
def compare(article_id: Any, old: int, new: int) -> Response:
    """Show one snapshot's text with what is not in it struck out and what it adds, and the claims that this touches."""
    with context.database().reading() as connection:
        article = articles.get(connection, str(article_id))
        text = articles.snapshot(connection, str(article_id), new)["text"]
        found = differences.between(connection, str(article_id), old, new)
        touched = claims.get_many(connection, [claim["id"] for claim in found["claims"]], context.caller())
    return page(
        "compare.html",
        article=article,
        old=old,
        new=new,
        same=not found["changes"],
        text=_compared(text, found["changes"]),
        claims=[orjson.loads(touched[claim["id"]]) for claim in found["claims"] if claim["id"] in touched],
    )


@blueprint.get("/claims/<uuid:claim_id>/confirmation")
def back_to_claim(claim_id: Any) -> Response:
    """Lead back from the address of the form that was sent."""
    return seen_other(f"/claims/{claim_id}")


@blueprint.post("/claims/<uuid:claim_id>/confirmation")
def confirm(claim_id: Any) -> Response:
    """Confirm all changed quotes of a claim, as POST /v1/claims/{id}/confirmation does."""
    form = forms.sent()

    def work(session: Session, actor: Actor) -> str:
        fields = load(ConfirmationIn(), forms.body(form))
        snapshots.confirm(session, actor, str(claim_id), seen=forms.version_seen(), **fields)
        return f"/claims/{claim_id}?said=confirmed"

    try:
        return forms.perform(snapshots.confirm, work)
    except REFUSALS as error:
        return again(claim_id, "confirmation", error)


def _form(article_id: str, form: Form, status: int = 200) -> Response:
    with context.database().reading() as connection:
        article = articles.get(connection, article_id)
    capture = of_form(form.value("capture_id"))
    return page("snapshot_new.html", status, article=article, form=form, capture=capture)


def _compared(text: str, changes: list[dict[str, Any]]) -> Markup:
    pieces: list[Markup] = []
    at = 0
    for change in changes:
        before, after = change["before"], change["after"]
        pieces.append(exactly(text[at : after["start"]]))
        if before["text"]:
            pieces.append(Markup("<del>{}</del>").format(exactly(before["text"])))
        if after["text"]:
            pieces.append(Markup("<ins>{}</ins>").format(exactly(after["text"])))
        at = after["end"]
    pieces.append(exactly(text[at:]))
    return Markup("").join(pieces)
