"""The roof: put the house together."""

import time
from datetime import timedelta
from typing import Any

import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFError, CSRFProtect
from prometheus_client import CollectorRegistry, Counter, Histogram
from werkzeug.routing import IntegerConverter

from factcheck import errors
from factcheck.desk import people, witnesses
from factcheck.desk.publisher import Publisher
from factcheck.logs import configure
from factcheck.settings import Settings, log_folder
from factcheck.storage.database import Database
from factcheck.web import context, negotiation, problems
from factcheck.web import log as log_pages
from factcheck.web.api import openapi
from factcheck.web.cursors import Cursors
from factcheck.web.pages import BLUEPRINTS, LOGINS

log = structlog.get_logger("factcheck.access")
GUESSES = "10/minute"  # of login links and tokens, by address
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(settings: Settings) -> Flask:
    """Make the WSGI application. It starts without its database too, and says so at /readyz."""
    configure()
    app = Flask("factcheck", static_folder="web/static", template_folder="web/pages/templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        PERMANENT_SESSION_LIFETIME=people.SESSION_LASTS,
        SESSION_COOKIE_NAME="factcheck",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # context.refuse_other_sites looks at more than the referrer
    )
    app.url_map.strict_slashes = True
    app.url_map.converters["int"] = _Number
    app.extensions["factcheck.settings"] = settings
    app.extensions["factcheck.database"] = Database(settings.database_url)
    app.extensions["factcheck.publisher"] = Publisher(
        app.extensions["factcheck.database"],
        log_folder(settings),
        settings.base_url,
        witnesses.parse(settings.witnesses),
    )
    app.extensions["factcheck.cursors"] = Cursors(settings.secret_key)
    _watch(app)
    app.before_request(context.open_request)
    app.before_request(context.refuse_other_sites)
    app.after_request(_finish)
    problems.register(app)
    app.extensions["factcheck.openapi"] = orjson.dumps(openapi.register(app))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(log_pages.blueprint)
    app.extensions["factcheck.negotiating"] = negotiation.negotiating(app)
    _guard(app, settings)
    return app


class _Number(IntegerConverter):
    """Digits of ASCII alone: werkzeug's own takes those of every script."""

    regex = "[0-9]+"


def _guard(app: Flask, settings: Settings) -> None:
    """Ask for CSRF tokens where the cookie counts, and count requests."""
    csrf = CSRFProtect(app)
    for blueprint in openapi.BLUEPRINTS:
        csrf.exempt(blueprint)  # the API takes no cookie for writing

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> Response:
        return problems.answer(errors.Forbidden("The form was not sent from its page, or is too old: open it again."))

    limiter = Limiter(
        _who_counts,
        app=app,
        storage_uri="memory://",
        headers_enabled=False,
        default_limits=[settings.rate_limit] if settings.rate_limit else [],
    )
    # What failed counts, so that a desk behind one address can log in; and the wrapped view is the one that is limited.
    guess = limiter.limit(GUESSES, deduct_when=lambda response: response.status_code == 401)
    views: dict[str, Any] = app.view_functions
    for endpoint in LOGINS:
        views[endpoint] = guess(views[endpoint])


def _who_counts() -> str:
    """Count by person where a good token shows one, by address otherwise: who guesses tokens is one address."""
    try:
        caller = context.caller()
    except errors.FactcheckError:
        caller = None
    return caller.id if caller else request.remote_addr or "unknown"


def _watch(app: Flask) -> None:
    registry = CollectorRegistry()
    answered = Counter(
        "factcheck_requests_total", "Requests answered.", ["method", "route", "status"], registry=registry
    )
    took = Histogram("factcheck_request_seconds", "Time to answer.", ["route"], registry=registry)
    app.extensions["factcheck.metrics"] = registry

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        # The route and not the path: a path may hold a secret, or be one of endlessly many.
        route = request.url_rule.rule if request.url_rule else "(none)"
        method = request.method if request.method in _METHODS else "(other)"
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        answered.labels(method, route, response.status_code).inc()
        took.labels(route).observe(seconds)
        caller: Any = g.get("caller")
        log.info(
            "request",
            method=method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 2),
            request_id=g.get("request_id"),
            person=caller.id if caller else None,
        )
        return response


_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    for name, value in SECURITY.items():
        response.headers[name] = value
    if request.path.startswith("/v1") and "Cache-Control" not in response.headers:
        # A header that is only written costs less than one that is read and added to.
        varies = request.endpoint in current_app.extensions["factcheck.negotiating"]
        response.headers["Vary"] = "Accept, Authorization, Cookie" if varies else "Authorization, Cookie"
        response.headers["Cache-Control"] = "private, no-cache"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
