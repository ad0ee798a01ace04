"""What the desk is, its documentation, and what machines ask of a server."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, current_app
from prometheus_client import Gauge, generate_latest

from factcheck import __version__
from factcheck.desk.capturing import checks, feeds
from factcheck.errors import NotFound, SchemaOutdated, Unavailable
from factcheck.followers import positions
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.web import context, problems
from factcheck.web.pages.layout import dress, page

blueprint = Blueprint("home", __name__, template_folder="templates")
dress(blueprint)
LINKS = {
    "claims": "/v1/claims",
    "articles": "/v1/articles",
    "sources": "/v1/sources",
    "changes": "/v1/changes",
    "log": "/log/checkpoint",
    "me": "/v1/me",
    "openapi": "/openapi.json",
    "docs": "/docs",
    "health": "/healthz",
    "ready": "/readyz",
}


def about() -> Response:
    """Say what this is and who you are, for tools."""
    caller = context.caller()
    you = {"id": caller.id, "name": caller.name, "role": str(caller.role)} if caller else None
    return _json({"name": "factcheck", "version": __version__, "links": LINKS, "you": you})


@blueprint.get("/keys")
def keys() -> Response:
    return page("keys.html")


@blueprint.get("/openapi.json")
def openapi() -> Response:
    document: bytes = current_app.extensions["factcheck.openapi"]
    return Response(document, mimetype="application/json")


@blueprint.get("/docs")
def docs() -> Response:
    return page("docs.html")


@blueprint.get("/problems/<slug>")
def problem_help(slug: str) -> Response:
    text = problems.help_text(slug)
    if text is None:
        raise NotFound(message("This type of problem does not exist."))
    problem = problems.BY_SLUG[slug][0] if slug in problems.BY_SLUG else problems.ACCIDENT
    if problems.wants_page():
        return page("problem_help.html", slug=slug, title=problem.title, text=text)
    return _json({"type": f"/problems/{slug}", "title": problem.title, "help": text})


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer that the process is there."""
    return _json({"status": "ok"})


@blueprint.get("/readyz")
def readyz() -> Response:
    """Answer whether the database can be reached and has this version's schema, or the next one's.

    And whether the replica, if one is set, is one: not whether it can be reached, since the primary answers then. If
    the archive of captures cannot be reached, the answer says so, and the desk is ready all the same. While a worker of
    this server is being started again, the answer also says how many serve.
    """
    database: Database = current_app.extensions["factcheck.database"]
    try:
        with database.reading_primary() as connection:
            schema.demand_usable(connection)
        replica = database.replica_refusal()
    except (Unavailable, SchemaOutdated) as error:
        response = _json({"status": "unready", "detail": error.detail})
        response.status_code = 503
        response.headers["Retry-After"] = str(problems.RETRY_AFTER)
        return response
    if replica:
        # The primary answers meanwhile. Whoever set the replica must look.
        response = _json({"status": "unready", "detail": replica})
        response.status_code = 503
        return response
    refusal = current_app.extensions["factcheck.publisher"].refusal
    if refusal:
        # Reading and writing go on; what is signed does not, and somebody must look.
        response = _json({"status": "unready", "detail": refusal})
        response.status_code = 503
        return response
    found: dict[str, Any] = {"status": "ready"}
    if trouble := current_app.extensions["factcheck.camera"].archive.trouble():
        found["archive"] = trouble  # everything but captures goes on
    serving, expected = current_app.extensions["factcheck.workers"]()
    if serving < expected:  # this one answers, and the others are being started again
        found["workers"] = {"serving": serving, "expected": expected}
    return _json(found)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Give the metrics of this process, how far the followers of the log are, and how watching goes."""
    lag: Gauge = current_app.extensions["factcheck.lag"]
    watches: Gauge = current_app.extensions["factcheck.watches"]
    read: Gauge = current_app.extensions["factcheck.feeds"]
    try:
        with context.database().reading_primary() as connection:
            for each in positions.progress(connection, current_app.extensions["factcheck.followers"]):
                lag.labels(each.name).set(each.lag)
            for state, number in checks.counts(connection, now()).items():
                watches.labels(state).set(number)
            for state, number in feeds.counts(connection, now()).items():
                read.labels(state).set(number)
    except Unavailable:
        lag.clear()  # how far they are is not known
        watches.clear()
        read.clear()
    registry: Any = current_app.extensions["factcheck.metrics"]
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


@blueprint.get("/.well-known/security.txt")
def security_txt() -> Response:
    """Say where to report a hole (RFC 9116)."""
    host = urlsplit(context.settings().base_url).hostname or "localhost"
    expires = (now() + timedelta(days=365)).strftime("%Y-%m-%dT00:00:00Z")
    return Response(f"Contact: mailto:security@{host}\nExpires: {expires}\n", mimetype="text/plain")


def _json(value: dict[str, Any]) -> Response:
    return Response(orjson.dumps(value), mimetype="application/json")
