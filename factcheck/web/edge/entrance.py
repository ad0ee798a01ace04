"""What every request passes before its view: its id, its form, and whether another site made a browser send it."""

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

from flask import Response, current_app, g, request
from werkzeug.routing import RequestRedirect
from werkzeug.sansio.utils import get_host

from factcheck.desk.access import tokens
from factcheck.errors import Forbidden, Unreadable
from factcheck.messages import message
from factcheck.web import context
from factcheck.web.bodies import FORM
from factcheck.web.edge import cors
from factcheck.web.edge.environ import REQUEST_ID, TRIED, Tried, request_id_of

_PATH_SAFE = "/:@!$&'()*+,;=~"
_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def open_request() -> Response | None:
    """Give the request its id, and refuse what no path would take."""
    tried: Tried | None = request.environ.get(TRIED)
    if tried is not None:  # all that follows was looked at
        g.request_id, g.caller = request.environ[REQUEST_ID], tried.caller
        raise tried.error
    request_id, well_formed = request_id_of(request.environ)
    g.request_id = request.environ[REQUEST_ID] = request_id
    if request.endpoint in current_app.extensions["factcheck.negotiating"]:
        request.environ[context.NEGOTIATES] = True
    if cors.PREFLIGHT in request.environ:
        return Response(status=204)
    if not well_formed:
        raise Unreadable(message("X-Request-Id must be 1 to 128 letters, digits and . _ : + = / ~ -"))
    raw = request.query_string
    if raw:
        if raw.count(b"&") >= context.MOST:
            raise Unreadable(message("There are more than {most} parameters.", most=context.MOST))
        try:
            query = unquote_to_bytes(raw).decode("utf-8")
        except UnicodeDecodeError:
            raise Unreadable(message("The query is not UTF-8.")) from None
        if tokens.MARK in query and _asks_with_token():
            raise Unreadable(message("Do not send a token in a URL: use the header Authorization: Bearer."))
    if request.mimetype == FORM and _BROKEN.search(request.get_data()):
        # Taking one apart costs much memory for each percent sign; browsers send none that escapes nothing.
        raise Unreadable(message("The form has a percent sign without two hexadecimal digits behind it."))
    if "//" in request.environ["PATH_INFO"]:
        # werkzeug takes //metrics for /metrics, and a proxy that guards one of them does not know of the other.
        path = re.sub("/{2,}", "/", request.environ["PATH_INFO"]).encode("latin-1")
        return _redirect(308, quote(path, safe=_PATH_SAFE))
    return None if request.routing_exception is None else _sent_on()


def _asks_with_token() -> bool:
    # One cursor in some 400,000 has the mark in its signature by chance.
    given = request.args.items(multi=True)
    sealed = ("cursor", "pageToken", "page_token")
    return any(tokens.MARK in f"{name}={text}" for name, text in given if name not in sealed)


def _sent_on() -> Response | None:
    """Answer with the path that routing sends the client on to.

    Routing's own answer leads to whatever host the client named.
    """
    if not isinstance(request.routing_exception, RequestRedirect):
        return None
    return _redirect(request.routing_exception.code, urlsplit(request.routing_exception.new_url).path)


def _redirect(code: int, path: str) -> Response:
    """Send the client to another path of this desk, with the query that it sent."""
    query = quote(request.query_string, safe=_PATH_SAFE + "?%")
    location = "/" + path.lstrip("/") + (f"?{query}" if query else "")
    return Response(status=code, headers={"Location": location})


def refuse_other_sites() -> None:
    """Refuse what another site makes a browser send, but for reading. Raises Forbidden.

    Beside the CSRF token and SameSite, neither of which knows who asked. Tools send neither header, and in the API no
    cookie counts for writing.
    """
    if request.method in context.SAFE or request.path.startswith(context.API):
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and origin.lower() not in _own_origins()
    if foreign:
        raise Forbidden(message("This form came from another site. Open its page here, then send it again."))


def _own_origins() -> set[str]:
    """Return scheme and host of this desk, as the request was sent to it and as they are set."""
    own = {f"{request.scheme}://{request.host}".lower()}
    base = urlsplit(context.settings().base_url)
    if base.scheme:
        own.add(f"{base.scheme}://{get_host(base.scheme, base.netloc)}".lower())
    return own
