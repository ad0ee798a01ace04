"""What every answer carries: its request id, what browsers must not do with it, and how long it may be kept."""

from collections.abc import Callable, Iterable
from typing import Any

import orjson
import structlog

from factcheck.web import context
from factcheck.web.edge.cors import OWN, PREVIEW, Cors
from factcheck.web.edge.environ import REQUEST_ID, request_id_of
from factcheck.web.edge.limits import FIELDS

SECURITY = [
    (
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]
# The page that a bookmarklet opens from other sites keeps its opener, which hands it what it shows.
OPENED = "/captures/handover"
OF_OPENED = [*SECURITY[:-1], ("Cross-Origin-Opener-Policy", "unsafe-none")]
# Of the one page that is made for frames on other sites' pages. It has no script, no form and no style.
FRAMED = [
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors *"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
]
OF_PAGES = {OPENED: OF_OPENED, PREVIEW: FRAMED}
STRICT = [("Strict-Transport-Security", "max-age=31536000; includeSubDomains")]  # where the desk's address is https

ACCIDENT = "500 INTERNAL SERVER ERROR"

log = structlog.get_logger("factcheck.web")
Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def finished(application: Application, *, secure: bool = False, origins: str = "", public: bool = False) -> Application:
    """Complete the headers of every answer of an application: a header that an answer has itself stays as it is.

    Here, where headers are a plain list, this costs a tenth of what it does on Flask's response.
    """
    strict = STRICT if secure else []
    always, of_pages = [*SECURITY, *strict], {path: [*own, *strict] for path, own in OF_PAGES.items()}
    cors = Cors(origins, public=public)

    def complete(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            has = dict(headers)
            if "Cache-Control" not in has:
                headers = _uncached(environ, headers)
            request_id = environ.get(REQUEST_ID) or request_id_of(environ)[0]
            missing = [each for each in of_pages.get(environ["PATH_INFO"], always) if each[0] not in has]
            headers = [*headers, ("X-Request-Id", request_id), *missing]
            if cors.may_allow(environ["PATH_INFO"]):
                headers = [*_varying(headers, "Origin"), *cors.headers(environ)]
            else:
                headers.append(OWN)
            if FIELDS in environ:
                headers += environ[FIELDS]
            return start_response(status, headers, exc_info)

        if environ["REQUEST_METHOD"] == "OPTIONS":
            cors.look(environ)
        try:
            return application(environ, start)
        except Exception:  # an accident outside Flask: the server's own answer would carry nothing of this
            log.error("accident", exc_info=True)
            start(ACCIDENT, [("Content-Type", "application/problem+json")])
            return [orjson.dumps({"type": "/problems/accident", "title": "Something went wrong", "status": 500})]

    return complete


def _uncached(environ: dict[str, Any], headers: Headers) -> Headers:
    """Complete the headers of an answer that says nothing about keeping it: of the API by what it varies with, too."""
    if not environ["PATH_INFO"].startswith(context.API):
        return [*headers, ("Cache-Control", "no-store")]
    varies = "Accept, Authorization, Cookie" if context.NEGOTIATES in environ else "Authorization, Cookie"
    kept = [each for each in headers if each[0] != "Vary"]
    return [*kept, ("Vary", varies), ("Cache-Control", "private, no-cache")]


def _varying(headers: Headers, name: str) -> Headers:
    """Add to what an answer varies with."""
    names = [value for header, value in headers if header == "Vary"]
    return [*(each for each in headers if each[0] != "Vary"), ("Vary", ", ".join([*names, name]))]
