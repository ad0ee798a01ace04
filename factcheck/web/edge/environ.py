"""The WSGI environment of a request (PEP 3333): it is made of the head of an ASGI request.

It has what is known of a request before Flask has it: its id, and the error with which it failed already.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from uuid_utils import uuid4

from factcheck.errors import FactcheckError
from factcheck.log.actors import Actor

Scope = Mapping[str, Any]
Environ = dict[str, Any]
REQUEST_ID = "factcheck.request_id"  # its place in the WSGI environment
TRIED = "factcheck.tried"  # is there when the request was refused before Flask: see `refuse`
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+=/~-]{0,127}")
_SINGLE = ("CONTENT_TYPE", "CONTENT_LENGTH")
_ALWAYS: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
    "wsgi.input_terminated": True,  # werkzeug's: a body in chunks has an end, too
}


class Tried(NamedTuple):
    """A request that failed before Flask had it, and who sent it, where that was looked up."""

    caller: Actor | None
    error: Exception


def of_scope(scope: Scope) -> Environ:
    """Return the WSGI environment of an ASGI request, but for `wsgi.input`. Each character stands for a byte.

    It holds nothing of the process's own environment, whose `HTTP_…` variables would be taken for headers.
    """
    path: bytes = scope["raw_path"]
    name, port = scope.get("server") or ("", "")
    return _ALWAYS | {
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": name,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.url_scheme": scope["scheme"],
        **_of_headers(scope["headers"]),
    }


def request_id_of(environ: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the id that the client gave the request, or a new one; and whether what it gave, if anything, is good."""
    given = environ.get("HTTP_X_REQUEST_ID")
    if given is None:
        return str(uuid4()), True
    return (given, True) if _REQUEST_ID.fullmatch(given) else (str(uuid4()), False)


def refuse(environ: dict[str, Any], error: FactcheckError) -> None:
    """Have the application answer a request with an error, without working on it."""
    environ[REQUEST_ID] = request_id_of(environ)[0]
    environ[TRIED] = Tried(None, error)


def _of_headers(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by their WSGI names; a header that is there more than once has all its values, in order.

    A name with an underscore is left out: WSGI could not tell it from one with a hyphen, and a proxy that replaces
    X-Forwarded-For passes X_Forwarded_For on.
    """
    found: dict[str, str] = {}
    for raw, value in headers:
        name, text = _name(raw), value.decode("latin-1")
        if name is None:
            continue
        if name not in found:
            found[name] = text
        elif name not in _SINGLE:
            found[name] += ("; " if name == "HTTP_COOKIE" else ",") + text
    return found


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str | None:
    if b"_" in raw:
        return None
    name = raw.decode("latin-1").upper().replace("-", "_")
    return name if name in _SINGLE else f"HTTP_{name}"
