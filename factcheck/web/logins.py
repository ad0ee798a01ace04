"""The ways in of browsers: which of them this desk has."""

from urllib.parse import urlsplit

from flask import current_app

from factcheck.errors import Clash
from factcheck.messages import message
from factcheck.outbound.openid.provider import Provider
from factcheck.web import context


def provider() -> Provider | None:
    """Return the identity provider of this desk, if it has one."""
    found: Provider | None = current_app.extensions["factcheck.provider"]
    return found


def provider_name() -> str | None:
    """Return the host of the identity provider, by which people know it; None where there is no provider."""
    there = context.settings().oidc_issuer
    return urlsplit(there).netloc if there else None


def demand_issuer() -> str:
    """Return the URL of the identity provider. Raises Clash where the desk has none."""
    if not context.settings().oidc_issuer:
        raise Clash(message("This desk has no identity provider. Whoever runs it can set FACTCHECK_OIDC_ISSUER."))
    return context.settings().oidc_issuer


def demand_links() -> None:
    """Raise Clash where the desk lets browsers in by the identity provider alone."""
    if not context.settings().login_links:
        raise Clash(
            message(
                "Login links and tokens are switched off for browsers. People log in with {provider}; in an"
                " emergency, whoever runs the desk makes a link in the shell.",
                provider=provider_name(),
            )
        )
