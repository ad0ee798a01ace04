"""Webhooks: the list, a webhook's page with its attempts, and the buttons to test, change and remove it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk import webhook_views as views
from factcheck.desk import webhooks
from factcheck.errors import Clash, FactcheckError, Invalid, Stale
from factcheck.log.actors import Action, Actor
from factcheck.rules.webhooks import EVENTS, FILTERS, WHY
from factcheck.schemas.base import load
from factcheck.schemas.webhooks import WebhookIn
from factcheck.web import context
from factcheck.web.api.webhooks import deliverer, of_desk
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page, seen_other

blueprint = Blueprint("webhooks_pages", __name__, url_prefix="/webhooks")
blueprint.before_request(admit)
SHOWN = 50  # attempts on a webhook's page
REFUSALS = (Invalid, Stale, Clash)


@blueprint.get("")
def show_list() -> Response:
    return _listed(Form("webhook"))


@blueprint.post("")
def add() -> Response:
    def work(session: Session, actor: Actor) -> dict[str, Any]:
        return webhooks.add(session, actor, desk=of_desk(), **load(WebhookIn(), _body()))

    try:
        return _with_secret(webhooks.add, work)
    except REFUSALS as error:
        return _listed(*forms.refused(error, "webhook"))


@blueprint.get("/<uuid:webhook_id>")
def show(webhook_id: Any) -> Response:
    return _shown(str(webhook_id))


@blueprint.get("/<uuid:webhook_id>/<any(amendments, test, secret, removal):_form>")
def back(webhook_id: Any, _form: str) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/webhooks/{webhook_id}")


@blueprint.post("/<uuid:webhook_id>/amendments")
def amend(webhook_id: Any) -> Response:
    """Amend, or turn on or off: a form that has no address changes that alone."""

    def work(session: Session, actor: Actor) -> str:
        sent = _body()
        empty: dict[str, Any] = {"description": None, **{name: [] for name in FILTERS}} if "url" in sent else {}
        webhooks.amend(session, actor, str(webhook_id), patch=empty | sent, seen=forms.version_seen(), desk=of_desk())
        return f"/webhooks/{webhook_id}?said=amended"

    try:
        return forms.perform(webhooks.amend, work)
    except REFUSALS as error:
        return _again(webhook_id, error)


@blueprint.post("/<uuid:webhook_id>/test")
def test(webhook_id: Any) -> Response:
    actor = context.demand_caller()
    actor.demand(webhooks.amend.role)
    attempt = deliverer().test(actor, str(webhook_id))
    return seen_other(f"/webhooks/{webhook_id}?said={'arrived' if attempt['succeeded'] else 'failed'}")


@blueprint.post("/<uuid:webhook_id>/secret")
def change_secret(webhook_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> dict[str, Any]:
        return webhooks.rotate(session, actor, str(webhook_id), desk=of_desk())

    return _with_secret(webhooks.rotate, work)


@blueprint.post("/<uuid:webhook_id>/removal")
def remove(webhook_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        webhooks.remove(session, actor, str(webhook_id))
        return "/webhooks?said=removed"

    return forms.perform(webhooks.remove, work)


def _body() -> dict[str, Any]:
    """Return the form as the API's JSON. Articles and sources are given by the URLs of their pages, or by their ids."""
    fields = forms.body(forms.sent())
    for name in ("articles", "sources"):
        fields[name] = [each.rstrip("/").rpartition("/")[2] for each in fields.get(name, [])]
    return fields


def _with_secret(action: Action[..., Any], work: Callable[[Session, Actor], dict[str, Any]]) -> Response:
    """Do an action that makes a secret, and show it: in this answer alone, not where the browser would be sent on to.

    A form that was sent twice leads to the webhook's page, without it.
    """
    made: list[dict[str, Any]] = []

    def keeping(session: Session, actor: Actor) -> str:
        made.append(work(session, actor))
        return f"/webhooks/{made[0]['id']}"

    answer = forms.perform(action, keeping)
    return _shown(made[0]["id"], secret=made[0]["secret"]) if made else answer


def _listed(form: Form, status: int = 200) -> Response:
    actor = _reader()
    with context.database().reading() as connection:
        found = [webhook for _, webhook in views.listed(connection, actor, -1, webhooks.MOST)]
        states = views.states(connection, actor)
    return page(
        "webhooks.html",
        status,
        webhooks=found,
        states=states,
        form=form,
        EVENTS=EVENTS,
        WHY=WHY,
        said=request.args.get("said"),
    )


def _again(webhook_id: Any, error: FactcheckError) -> Response:
    form, status = forms.refused(error, "webhook")
    return _shown(str(webhook_id), form=form, status=status)


def _shown(webhook_id: str, *, form: Form | None = None, status: int = 200, secret: str | None = None) -> Response:
    actor = _reader()
    with context.database().reading() as connection:
        webhook = views.get(connection, actor, webhook_id)
        state = views.state(connection, actor, webhook_id)
        attempts = [attempt for _, attempt in views.deliveries(connection, actor, webhook_id, 0, SHOWN)]
    return page(
        "webhook.html",
        status,
        webhook=webhook | {"etag": views.etag(webhook)},
        state=state,
        attempts=attempts,
        form=form or Form("webhook"),
        secret=secret,
        EVENTS=EVENTS,
        WHY=WHY,
        said=request.args.get("said"),
    )


def _reader() -> Actor:
    actor = context.demand_caller()
    actor.demand(webhooks.add.role)
    return actor
