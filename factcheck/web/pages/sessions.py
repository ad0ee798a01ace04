"""The way in and out of a browser: one-time links, pasted tokens, logging out."""

from collections.abc import Callable

from flask import Blueprint, Response, request, session
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import browser_sessions, callers
from factcheck.errors import Clash, ProviderUnavailable, Unauthenticated
from factcheck.web import context, logins, problems
from factcheck.web.pages.layout import local_path, page, seen_other

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/login")
def ask() -> Response:
    """Ask for a token. A login link needs no asking."""
    return page("login.html", next=local_path(request.args.get("next")), detail=None)


@blueprint.post("/login")
def by_token() -> Response:
    """Log in with a pasted token, which goes into the body: an address is kept in too many places."""
    there = local_path(request.form.get("next"))
    try:
        logins.demand_links()
        _enter(request.form.get("token", "").strip(), callers.demand_token, browser_sessions.enter_by_token)
    except (Clash, Unauthenticated) as error:
        return page("login.html", problems.TABLE[type(error)].status, next=there, detail=error.detail)
    return seen_other(there)


@blueprint.get("/login/<secret>")
def ask_before_link(secret: str) -> Response:
    """Ask before the link is used up: programs that look at links ahead of people only get this far."""
    return page("login_link.html", secret=secret)


@blueprint.post("/login/<secret>")
def by_link(secret: str) -> Response:
    _enter(secret, browser_sessions.demand_link, browser_sessions.enter_by_link)
    return seen_other("/")


@blueprint.post("/logout")
def log_out() -> Response:
    secret, began = session.get("secret"), None
    if secret:
        with context.database().writing() as transaction:
            began = browser_sessions.leave(transaction, secret)
    session.clear()
    there = None if began is None else _end_at_provider(began)
    return seen_other("/") if there is None else page("logged_out.html", there=there)


def _end_at_provider(id_token: str) -> str | None:
    """Return the address at which somebody logs out of the identity provider too, if it has one.

    It is a link and no redirect: the pages' content policy lets no form lead to another site.
    """
    provider = logins.provider()
    if provider is None:
        return None
    try:
        return provider.log_out(id_token, f"{context.settings().base_url}/login")
    except ProviderUnavailable:
        return None


def _enter(
    secret: str, demand: Callable[[Connection, str], object], enter: Callable[[Session, str, str | None], str]
) -> None:
    """Begin a new browser session, and end the one that this browser had: nothing known before counts afterwards.

    Whoever guesses is refused by a read: no guess waits for the lock of those who write, or takes it.
    """
    before = session.get("secret")
    with context.database().reading_primary() as connection:
        demand(connection, secret)
    with context.database().writing() as transaction:
        fresh = enter(transaction, secret, request.user_agent.string or None)
        if before:
            browser_sessions.leave(transaction, before)
    session.clear()
    session["secret"] = fresh
    session.permanent = True
