"""Pages of the public site about the house: add, edit and withdraw them."""

from typing import Any

from flask import Blueprint, Response, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import site_pages
from factcheck.errors import Clash, Invalid, Stale
from factcheck.formats import report_text
from factcheck.log.actors import Actor
from factcheck.rules.publishing.site_pages import SitePageName
from factcheck.schemas.base import load
from factcheck.schemas.parts import ReasonIn
from factcheck.schemas.publishing.site_pages import SitePageIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other

blueprint = Blueprint("site_pages_pages", __name__, url_prefix="/site-pages")
blueprint.before_request(admit_known)
SHOWN = 200  # pages on their page
REFUSALS = (Invalid, Stale, Clash)
Json = dict[str, Any]


@blueprint.get("")
def show() -> Response:
    return _all(Form("site_page"))


@blueprint.post("")
def add() -> Response:
    """Add a page as POST /v1/site-pages does."""
    form = forms.sent("site_page")

    def work(session: Session, actor: Actor) -> str:
        made = site_pages.add(session, actor, **load(SitePageIn(), forms.body(form)))
        return f"/site-pages/{made['id']}?said=added"

    try:
        return forms.perform(site_pages.add, work)
    except REFUSALS as error:
        return _all(*forms.refused(error, "site_page"))


@blueprint.get("/<uuid:page_id>")
def show_one(page_id: Any) -> Response:
    return _one(str(page_id), {})


@blueprint.post("/<uuid:page_id>/amendments")
def amend(page_id: Any) -> Response:
    """Save other words as PATCH /v1/site-pages/{id} does."""
    form = forms.sent("site_page")

    def work(session: Session, actor: Actor) -> str:
        patch = {name: form.value(name) for name in site_pages.WORDS}
        site_pages.amend(session, actor, str(page_id), patch=patch, seen=forms.version_seen())
        return f"/site-pages/{page_id}?said=saved"

    try:
        return forms.perform(site_pages.amend, work)
    except REFUSALS as error:
        refused, status = forms.refused(error, "site_page")
        return _one(str(page_id), {"site_page": refused}, status)


@blueprint.post("/<uuid:page_id>/withdrawal")
def withdraw(page_id: Any) -> Response:
    """Take a page off the site, as POST /v1/site-pages/{id}/withdrawal does."""

    def work(session: Session, actor: Actor) -> str:
        fields = load(ReasonIn(), forms.body(forms.sent("withdrawal")))
        site_pages.withdraw(session, actor, str(page_id), **fields)
        return f"/site-pages/{page_id}?said=withdrawn"

    try:
        return forms.perform(site_pages.withdraw, work)
    except REFUSALS as error:
        refused, status = forms.refused(error, "withdrawal")
        return _one(str(page_id), {"withdrawal": refused}, status)


@blueprint.get("/<uuid:page_id>/<any(amendments, withdrawal):_form>")
def back(page_id: Any, _form: str) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/site-pages/{page_id}")


def _all(form: Form, status: int = 200) -> Response:
    with context.database().reading() as connection:
        found = [each for _, each in site_pages.listed(connection, -1, SHOWN)]
    return page("site_pages.html", status, pages=found, names=list(SitePageName), form=form)


def _one(page_id: str, sent: dict[str, Form], status: int = 200) -> Response:
    with context.database().reading() as connection:
        found = site_pages.get(connection, page_id)
    text = Markup(report_text.html(found["text"], report_text.definitions(found["text"])))  # noqa: S704 - sanitized
    return page(
        "site_page.html", status, shown=found, text=text, etag=documents.etag_of(documents.dumped(found)),
        said=request.args.get("said"), form_of=lambda part: sent.get(part) or Form(part),
    )  # fmt: skip
