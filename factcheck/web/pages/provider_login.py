"""Login at the identity provider: there and back."""

from typing import Any

import structlog
from flask import Blueprint, Response, request, session

from factcheck.desk.access import browser_sessions
from factcheck.desk.team import provider_logins
from factcheck.desk.team.provider_logins import Login
from factcheck.errors import FactcheckError, LoginFailed, LoginRefused, NotFound, ProviderUnavailable
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.outbound.openid.provider import Identity, Pending, Provider
from factcheck.rules.web import claimed_roles
from factcheck.web import context, logins, problems
from factcheck.web.pages.layout import local_path, page, seen_other

blueprint = Blueprint("provider_login", __name__)
BACK = "/login/openid/return"
BEGUN = "login"  # the place in the cookie of a login that this browser has begun
LASTS = 600  # seconds that somebody has to log in at the provider
NO_ROLE = message("The identity provider gives you no role at this desk. Ask whoever manages your account there.")

log = structlog.get_logger("factcheck.web")


@blueprint.get("/login/openid")
def begin() -> Response:
    """Send the browser to the provider, and remember in its cookie what must come back."""
    provider, there = _provider(), local_path(request.args.get("next"))
    try:
        url, pending = provider.begin(_back())
    except ProviderUnavailable as error:
        return _told(error, there)
    session[BEGUN] = [pending.state, pending.nonce, pending.verifier, there, int(now().timestamp())]
    return seen_other(url)


@blueprint.get(BACK)
def finish() -> Response:
    """Log in whoever comes back from the provider. Each login that was begun can come back once."""
    provider = _provider()
    pending, there = _begun(session.pop(BEGUN, None))
    try:
        identity = provider.finish(_sent(), pending, _back())
        secret = _enter(identity)
    except (LoginFailed, LoginRefused, ProviderUnavailable) as error:
        return _told(error, there)
    session.clear()
    session["secret"] = secret
    session.permanent = True
    return seen_other(there)


def _enter(identity: Identity) -> str:
    """Begin a new browser session, and end the one that this browser had."""
    settings, before = context.settings(), session.get("secret")
    takes_role = bool(settings.oidc_role_claim)
    role = claimed_roles.highest(claimed_roles.parse(settings.oidc_roles), identity.claimed or ())
    login = Login(identity.issuer, identity.subject, identity.names, takes_role, role, identity.id_token)
    agent = request.user_agent.string or None
    with context.database().writing() as transaction:
        fresh = provider_logins.enter(transaction, login, add_people=settings.oidc_add_people, user_agent=agent)
        if before:
            browser_sessions.leave(transaction, before)
    if fresh is None:
        session.clear()
        raise LoginRefused(NO_ROLE, reason="no_role")
    return fresh


def _provider() -> Provider:
    found = logins.provider()
    if found is None:
        raise NotFound(message("This desk has no identity provider."))
    return found


def _back() -> str:
    return f"{context.settings().base_url}{BACK}"


def _begun(kept: Any) -> tuple[Pending | None, str]:
    """Return the login that this browser has begun, None if there is none or it is too old, and where it leads."""
    if not isinstance(kept, list) or len(kept) != 5:
        return None, "/"
    state, nonce, verifier, there, at = kept
    return Pending(state, nonce, verifier) if at + LASTS > now().timestamp() else None, local_path(there)


def _sent() -> dict[str, str]:
    """Return the parameters that the provider has sent. Raises LoginFailed when one comes twice."""
    sent = request.args.to_dict(flat=False)
    if any(len(values) > 1 for values in sent.values()):
        raise LoginFailed(
            message("The answer of the identity provider cannot be read. Start the login again."), reason="twice"
        )
    return {name: values[0] for name, values in sent.items()}


def _told(error: FactcheckError, there: str) -> Response:
    """Say on the login page what is wrong, and in one log line why."""
    log.warning("login_not_completed", cause=str(error.__cause__ or ""), **error.extra)
    status = problems.TABLE[type(error)].status
    return page("login.html", status, next=there, detail=error.detail)
