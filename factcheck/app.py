"""The roof: put the house together."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from flask import Flask, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from prometheus_client import Gauge
from werkzeug.routing import IntegerConverter, UUIDConverter

from factcheck import errors
from factcheck.desk.access import browser_sessions
from factcheck.desk.access.callers import Callers
from factcheck.desk.access.uses import Uses
from factcheck.desk.capturing.pages import Camera
from factcheck.exchange.dumps import maker as dumps
from factcheck.followers import stamper
from factcheck.followers.embeddings.setting import meanings
from factcheck.followers.publisher import Publisher
from factcheck.followers.publishing.corrections import CorrectionsFollower
from factcheck.followers.registry import followings
from factcheck.log.clock import now
from factcheck.log.vouching import witnesses
from factcheck.logs import configure
from factcheck.messages import message
from factcheck.outbound.openid.provider import provider_of
from factcheck.settings import Settings, index_folder, log_folder
from factcheck.storage.engine.connections import Share, of_each_worker
from factcheck.storage.engine.database import Database
from factcheck.web import exports, negotiation, problems, site
from factcheck.web import log as log_pages
from factcheck.web.api import blueprints, openapi
from factcheck.web.cursors import Cursors
from factcheck.web.edge import entrance, heads, shared
from factcheck.web.edge.arrivals import Arrivals
from factcheck.web.edge.headers import finished
from factcheck.web.edge.hot import HotReads
from factcheck.web.edge.limits import Limits, of_guesses, refuse_too_many
from factcheck.web.edge.watch import Watch
from factcheck.web.pages import BLUEPRINTS, LOGINS, UNGUARDED
from factcheck.web.speaking import languages


def create_app(settings: Settings, connections: int = 0) -> Flask:
    """Make the WSGI application. It starts without its database too, and says so at /readyz.

    `connections` is how many it may open to a database server, where it is one of several workers; otherwise the
    settings say so.
    """
    configure()
    secure = settings.base_url.startswith("https://")
    app = _Desk("factcheck", static_folder="web/static", template_folder="web/pages/templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        PERMANENT_SESSION_LIFETIME=browser_sessions.SESSION_LASTS,
        # The prefix has browsers take the cookie from this host alone, over TLS alone.
        SESSION_COOKIE_NAME="__Host-factcheck" if secure else "factcheck",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=secure,
        SESSION_REFRESH_EACH_REQUEST=False,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # entrance.refuse_other_sites looks at more than the referrer
    )
    app.url_map.strict_slashes = True
    app.url_map.converters["int"] = _Number
    app.url_map.converters["uuid"] = _Id
    connect(app, settings, connections)
    languages.register(app)  # before whatever may refuse a request, and say why
    watch = Watch()
    watch.register(app)
    if settings.read_database_url:
        lag = Gauge(
            "factcheck_replica_lag_seconds",
            "For how long the replica has not had what the primary has.",
            registry=watch.registry,
        )
        lag.set_function(lambda: app.extensions["factcheck.database"].replica_lag())
    app.before_request(entrance.open_request)
    app.before_request(entrance.refuse_other_sites)
    app.before_request(heads.look)
    arrivals = Arrivals(shared.ForReaders(app, HotReads(app, watch), watch), settings.trusted_proxies)
    app.wsgi_app = finished(arrivals, secure=secure, origins=settings.cors_origins, public=settings.public_read)  # type: ignore[assignment,method-assign]
    problems.register(app)
    app.extensions["factcheck.openapi"] = orjson.dumps(openapi.register(app))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for blueprint in (*site.BLUEPRINTS, log_pages.blueprint):
        app.register_blueprint(blueprint)
    app.extensions["factcheck.workers"] = lambda: (1, 1)  # unless the server that runs it says otherwise
    app.extensions["factcheck.negotiating"] = negotiation.negotiating(app)
    _guard(app, settings)
    return app


def connect(app: Flask, settings: Settings, connections: int = 0) -> None:
    """Give an application the desk that it serves: its database, its log, and what is remembered of them.

    An application may be given another one later, whose settings differ in where the desk is alone.
    """
    share = Share.of_worker(connections or of_each_worker(settings.database_connections, 1, None))
    database = Database(settings.database_url, settings.read_database_url, share=share, max_lag=settings.read_max_lag)
    app.extensions["factcheck.settings"] = settings
    app.extensions[shared.NAME] = shared.Answers()
    app.extensions["factcheck.database"] = database
    app.extensions["factcheck.publisher"] = Publisher(
        database, log_folder(settings), settings.base_url, witnesses.parse(settings.witnesses)
    )
    app.extensions["factcheck.stamper"] = stamper.of_settings(
        settings, database, lambda outcome: app.extensions["factcheck.time_stamps"].labels(outcome).inc()
    )
    app.extensions["factcheck.followers"] = followings(database, index_folder(settings))
    app.extensions["factcheck.dumps"] = dumps.of_settings(
        settings, database, app.extensions["factcheck.followers"][CorrectionsFollower.name],
        app.extensions["factcheck.publisher"].publish,
        lambda outcome: app.extensions["factcheck.dumps_made"].labels(outcome).inc(), exports.place,
    )  # fmt: skip
    app.extensions["factcheck.meanings"] = meanings(
        settings, lambda used: app.extensions["factcheck.model_matches"].labels(used).inc()
    )
    app.extensions["factcheck.camera"] = Camera.of(settings)
    app.extensions["factcheck.uses"] = uses = Uses(database)
    app.extensions["factcheck.callers"] = Callers(uses.note)
    app.extensions["factcheck.provider"] = provider_of(settings, now)
    app.extensions["factcheck.cursors"] = Cursors(settings.secret_key)
    app.extensions["factcheck.limits"] = Limits(settings.rate_limit)


class _Sessions(SecureCookieSessionInterface):
    """Flask's, but for requests without a cookie: making their signer costs as much as reading a claim."""

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession | None:
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Keep the cookie to TLS where the desk's address is https, and where a trusted proxy says that this was."""
        return super().get_cookie_secure(app) or request.is_secure

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if session.accessed or session.modified:
            super().save_session(app, session, response)


class _Desk(Flask):
    session_interface = _Sessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: no view here is a coroutine, and Flask would look a dozen times in each request."""
        return func


class _Number(IntegerConverter):
    """Digits of ASCII alone: werkzeug's own takes those of every script."""

    regex = "[0-9]+"


class _Id(UUIDConverter):
    """An id as text, in lower case: what is made of it at once."""

    def to_python(self, value: str) -> Any:
        return value.lower()


def _guard(app: Flask, settings: Settings) -> None:
    """Ask for CSRF tokens where the cookie counts, and count requests."""
    csrf = CSRFProtect(app)
    for blueprint in blueprints.BLUEPRINTS:
        csrf.exempt(blueprint)  # the API takes no cookie for writing
    for unguarded in (*UNGUARDED, *site.UNGUARDED):
        csrf.exempt(unguarded)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> Response:
        return problems.answer(
            errors.Forbidden(message("The form was not sent from its page, or it is too old. Open its page again."))
        )

    if settings.rate_limit:
        app.before_request(refuse_too_many)
    views: dict[str, Any] = app.view_functions
    for endpoint in LOGINS:
        views[endpoint] = of_guesses(views[endpoint])
