"""A person's page: their role and access for admins, and their tokens and browsers for themselves too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request
from flask import session as cookie
from sqlalchemy.orm import Session

from factcheck.catalogues import available
from factcheck.desk.access.callers import digest
from factcheck.desk.team import accounts, browsers, links, profiles, tokens
from factcheck.errors import Clash, FactcheckError, Forbidden, Invalid, Stale
from factcheck.log.actors import Action, Actor
from factcheck.rules.roles import Role
from factcheck.schemas.base import load
from factcheck.schemas.team.accounts import AccountIn
from factcheck.schemas.team.people import PersonChangesIn, TokenIn, time_zones
from factcheck.web import context, logins, mailing
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other

blueprint = Blueprint("person_pages", __name__, url_prefix="/people/<uuid:person_id>")
blueprint.before_request(admit_known)
SHOWN = 50  # tokens and browsers, the newest
REFUSALS = (Invalid, Stale, Clash, Forbidden)


@blueprint.get("")
def show(person_id: Any) -> Response:
    return _shown(str(person_id))


@blueprint.get("/<any(changes, preferences, tokens, accounts, 'login-link'):_form>")
@blueprint.get("/<any(tokens, accounts, sessions):_form>/<uuid:_thing>/end")
def back(person_id: Any, _form: str, _thing: Any = None) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/people/{person_id}")


@blueprint.post("/changes")
def amend(person_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        sent = forms.body(forms.sent())
        if "display_name" in request.form:
            sent.setdefault("display_name", None)
        changes = load(PersonChangesIn(), sent)
        profiles.amend(session, actor, str(person_id), changes=changes, seen=forms.version_seen())
        return f"/people/{person_id}?said=changed"

    try:
        return forms.perform(profiles.amend, work, long="name" in request.form)
    except REFUSALS as error:
        return again(person_id, error)


@blueprint.post("/preferences")
def choose(person_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        sent = forms.body(forms.sent())
        chosen = load(PersonChangesIn(), {name: sent.get(name) for name in ("language", "time_zone")})
        profiles.choose(session, actor, str(person_id), chosen=chosen, seen=forms.version_seen())
        return f"/people/{person_id}?said=changed"

    try:
        return forms.perform(profiles.choose, work)
    except REFUSALS as error:
        return again(person_id, error)


@blueprint.post("/tokens")
def issue_token(person_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(TokenIn(), forms.body(forms.sent()))
        lasts = timedelta(days=fields["days"]) if fields["days"] is not None else None
        made = tokens.issue(session, actor, str(person_id), label=fields["label"], lasts=lasts)
        return str(made["token"])

    return _with_secret(tokens.issue, person_id, "token", work)


@blueprint.post("/login-link")
def make_login_link(person_id: Any) -> Response:
    base = context.here().base

    def work(session: Session, actor: Actor) -> str:
        logins.demand_links()
        return f"{base}/login/{links.issue(session, actor, str(person_id))[0]}"

    return _with_secret(links.issue, person_id, "link", work)


@blueprint.post("/tokens/<uuid:token_id>/end")
def revoke_token(person_id: Any, token_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        tokens.revoke(session, actor, str(person_id), str(token_id))
        return f"/people/{person_id}?said=revoked"

    try:
        return forms.perform(tokens.revoke, work)
    except REFUSALS as error:
        return again(person_id, error)


@blueprint.post("/accounts")
def bind_account(person_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(AccountIn(), forms.body(forms.sent()))
        accounts.bind(session, actor, str(person_id), issuer=logins.demand_issuer(), **fields)
        return f"/people/{person_id}?said=bound"

    try:
        return forms.perform(accounts.bind, work)
    except REFUSALS as error:
        return again(person_id, error)


@blueprint.post("/accounts/<uuid:account_id>/end")
def unbind_account(person_id: Any, account_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        accounts.unbind(session, actor, str(person_id), str(account_id))
        return f"/people/{person_id}?said=unbound"

    return forms.perform(accounts.unbind, work)


@blueprint.post("/sessions/<uuid:session_id>/end")
def end_session(person_id: Any, session_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        browsers.end(session, actor, str(person_id), str(session_id))
        return f"/people/{person_id}?said=ended"

    return forms.perform(browsers.end, work)


def _with_secret(
    action: Action[..., Any], person_id: Any, kind: str, work: Callable[[Session, Actor], str]
) -> Response:
    """Do an action that makes a secret, and show it: in this response alone, so that no URL has it.

    A form that was sent twice leads to the person's page, without it.
    """
    made: list[str] = []

    def keeping(session: Session, actor: Actor) -> str:
        made.append(work(session, actor))
        return f"/people/{person_id}"

    try:
        answer = forms.perform(action, keeping)
    except REFUSALS as error:
        return again(person_id, error)
    return _shown(str(person_id), secret=(kind, made[0])) if made else answer


def again(person_id: Any, error: FactcheckError) -> Response:
    """Show a person's page again, with the form that was refused."""
    form, status = forms.refused(error, "person")
    return _shown(str(person_id), form=form, status=status)


def _shown(
    person_id: str, *, form: Form | None = None, status: int = 200, secret: tuple[str, str] | None = None
) -> Response:
    actor = context.demand_caller()
    current = digest(cookie["secret"]) if "secret" in cookie else None
    with context.database().reading() as connection:
        person = profiles.get(connection, actor, person_id)
        of_person = tokens.listed(connection, actor, person_id, None, SHOWN)
        bound = accounts.listed(connection, actor, person_id, None, accounts.MOST)
        logged_in = browsers.listed(connection, actor, person_id, None, SHOWN, current)
    return page(
        "person.html",
        status,
        person=person | {"etag": profiles.etag(person)},
        tokens_of=[token for _, token in of_person],
        accounts=[account for _, account in bound],
        browsers=[browser for _, browser in logged_in],
        form=form or Form("person"),
        secret=secret,
        mine=actor.id == person_id,
        mails=mailing.sends(),
        Role=Role,
        languages=available(),
        time_zones=time_zones(),
        said=request.args.get("said"),
    )
