"""From errors to answers: one table from class to status code, RFC 9457 problem+json for tools, a page for people.

A problem's `type` is a path of this desk that says in words what it means.
"""

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from factcheck import errors
from factcheck.errors import FactcheckError, Flaw, Refused
from factcheck.logs import masked
from factcheck.messages import message
from factcheck.web import context, google
from factcheck.web.speaking import languages
from factcheck.web.speaking.languages import said

log = structlog.get_logger("factcheck.web")
RETRY_AFTER = 2  # seconds


@dataclass(frozen=True)
class Problem:
    status: int
    slug: str
    title: str


TABLE: Mapping[type[FactcheckError], Problem] = {
    errors.Unreadable: Problem(400, "unreadable", message("The request cannot be read")),
    errors.Unauthenticated: Problem(401, "unauthenticated", message("A valid token is required")),
    errors.LoginFailed: Problem(400, "login-failed", message("The login cannot be completed")),
    errors.LoginRefused: Problem(403, "login-refused", message("This desk does not let you in")),
    errors.ProviderUnavailable: Problem(503, "provider-unavailable", message("The identity provider is not available")),
    errors.MailUnavailable: Problem(503, "mail-unavailable", message("The mail server is not available")),
    errors.Forbidden: Problem(403, "forbidden", message("Your role does not allow this")),
    errors.NotFound: Problem(404, "not-found", message("The resource does not exist")),
    errors.WrongMethod: Problem(405, "wrong-method", message("This path does not support this method")),
    errors.NotAcceptable: Problem(406, "not-acceptable", message("No acceptable format")),
    errors.TooSlow: Problem(408, "too-slow", message("The body took too long")),
    errors.Clash: Problem(409, "against-a-rule", message("The request violates a rule in the current state")),
    errors.Exists: Problem(409, "exists", message("The desk has this article already")),
    errors.CheckedBefore: Problem(409, "checked-before", message("The desk has this claim already")),
    errors.SimilarSource: Problem(409, "similar-source", message("The desk has this source already")),
    errors.Withdrawn: Problem(410, "withdrawn", message("The claim was withdrawn")),
    errors.Retracted: Problem(410, "retracted", message("The report was retracted")),
    errors.Redacted: Problem(410, "redacted", message("What the request was about was redacted")),
    errors.LengthMissing: Problem(411, "length-missing", message("Content-Length is needed")),
    errors.Stale: Problem(412, "stale", message("Somebody changed it since you read it")),
    errors.Versionless: Problem(412, "versionless", message("If-Match does not fit this path")),
    errors.TooLarge: Problem(413, "too-large", message("The body is too large")),
    errors.WrongMediaType: Problem(415, "wrong-media-type", message("The media type is not supported")),
    errors.RangeNotSatisfiable: Problem(416, "range-not-satisfiable", message("The file has no such range")),
    errors.Invalid: Problem(422, "not-allowed", message("The request is not allowed")),
    errors.NotCaptured: Problem(422, "not-captured", message("The page cannot be captured")),
    errors.RuleUnmet: Problem(422, "rule-unmet", message("A requirement of the decision is not met")),
    errors.PreconditionMissing: Problem(428, "precondition-missing", message("If-Match is needed")),
    errors.TooMany: Problem(429, "too-many", message("Too many requests")),
    errors.HeadTooLarge: Problem(431, "head-too-large", message("The path, query and headers are too large")),
    errors.Merged: Problem(301, "merged", message("The source is shown as another one")),
    errors.Unavailable: Problem(503, "unavailable", message("The database is not available now")),
    errors.Unconfirmed: Problem(503, "unconfirmed", message("The outcome is not known")),
    errors.Misconfigured: Problem(503, "misconfigured", message("This desk is not configured")),
    Refused: Problem(503, "log-refused", message("The log cannot be signed")),
    errors.SchemaOutdated: Problem(503, "schema-outdated", message("The database has the schema of another version")),
}
ACCIDENT = Problem(500, "accident", message("Something went wrong"))
BY_SLUG = {problem.slug: (problem, error) for error, problem in TABLE.items()}
# What werkzeug raises by itself, in our nouns.
FROM_HTTP: Mapping[int, type[FactcheckError]] = {
    400: errors.Unreadable,
    404: errors.NotFound,
    405: errors.WrongMethod,
    413: errors.TooLarge,
    415: errors.WrongMediaType,
    416: errors.RangeNotSatisfiable,
}
IN_WORDS = {
    404: message("Nothing exists at this path."),
    405: message("This path does not support this method."),
    413: message("The body is larger than this desk allows."),
    416: message("The header Range must name bytes of this file, such as bytes=0-99."),
}


_MERGED = re.compile(r"/v1/sources/[0-9a-f-]{36}(/record|/candidates)?$")


def register(app: Flask) -> None:
    app.register_error_handler(FactcheckError, answer)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _accident)


def answer(error: FactcheckError) -> Response:
    """Turn an error into its answer."""
    problem = TABLE[type(error)]
    response = _written(problem, error.detail, error.flaws, error.extra)
    if isinstance(error, errors.Unauthenticated):
        response.headers["WWW-Authenticate"] = 'Bearer realm="factcheck"'
    elif isinstance(error, errors.Stale) and error.current is not None:
        response.headers["ETag"] = f'"{error.current}"'
    elif isinstance(error, errors.CheckedBefore | errors.SimilarSource) and request.path.startswith("/v1"):
        response.headers["Preference-Applied"] = "handling=strict"
    elif isinstance(error, errors.Merged):
        # What was asked for of the one is to be had of the other: its record leads to the other's record.
        of_source = _MERGED.match(request.path)
        response.headers["Location"] = f"/v1/sources/{error.into}{(of_source and of_source[1]) or ''}"
    elif isinstance(error, errors.TooMany):
        response.headers["Retry-After"] = str(max(1, ceil(error.wait)))
    elif problem.status == 408:
        response.headers["Connection"] = "close"
    elif problem.status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def problem_of(error: FactcheckError) -> Problem:
    """Return what an error is to whoever asked."""
    return TABLE[type(error)]


def help_text(slug: str) -> str | None:
    """Return what a problem type means, None when there is no such type."""
    if slug == ACCIDENT.slug:
        return "An unexpected error. Search the desk's log lines for the request id."
    if slug not in BY_SLUG:
        return None
    return inspect.cleandoc(BY_SLUG[slug][1].__doc__ or "")


def _from_http(error: HTTPException) -> Response:
    if error.response is not None:  # a redirect that routing makes
        return Response(status=error.response.status_code, headers=dict(error.response.headers))
    code = error.code or 500
    if code >= 500:
        return _accident(error)
    # What else a library finds wrong with a request is the client's mistake as well.
    noun = FROM_HTTP.get(code, errors.Unreadable)
    response = answer(noun(IN_WORDS.get(code, message("The request cannot be read."))))
    for name, value in error.get_headers():
        if name in ("Allow", "Content-Range", "Retry-After"):
            response.headers[name] = value
    return response


def _accident(error: Exception) -> Response:
    log.error("accident", exc_info=error)
    detail = message(
        "An unexpected error. Its request id in the log is {request_id}.", request_id=g.get("request_id", "unknown")
    )
    return _written(ACCIDENT, detail, [], {})


def _written(problem: Problem, detail: str, flaws: Sequence[Flaw], extra: Mapping[str, Any]) -> Response:
    document: dict[str, Any] = {
        "type": f"/problems/{problem.slug}",
        "title": said(problem.title),
        "status": problem.status,
        "detail": said(detail),
        "instance": request.path,
        "request_id": g.get("request_id"),
        **extra,
    }
    if flaws:
        document["errors"] = [masked(None, "", flaw.as_json() | {"detail": said(flaw.detail)}) for flaw in flaws]
    # A client that puts a token where none belongs must not find it in the problem, which it may well log.
    document = dict(masked(None, "", document))
    if request.path.startswith(google.PREFIX):
        return google.error(document)
    if wants_page():
        page = render_template("problem.html", problem=document, flaws=flaws)
        response = Response(page, problem.status, mimetype="text/html")
    else:
        # A path may hold what JSON cannot: halves of surrogate pairs that stand for bytes that are not UTF-8.
        document["instance"] = document["instance"].encode("utf-8", "replace").decode()
        response = Response(orjson.dumps(document), problem.status, content_type="application/problem+json")
    response.content_language.add(languages.tag())
    if not request.path.startswith(context.API):  # under it `app.py` knows by what each path varies
        response.vary.update(("Accept", "HX-Request"))
    return response


def wants_page() -> bool:
    """Say whether a browser asks: HTML is accepted, and liked at least as much as JSON; never where programs ask.

    htmx asks for parts of pages, and accepts anything.
    """
    if request.headers.get("HX-Request") == "true":
        return not request.path.startswith(context.API)
    if request.path.startswith(context.API) or "text/html" not in request.headers.get("Accept", ""):
        return False
    return request.accept_mimetypes["text/html"] >= request.accept_mimetypes["application/json"]
