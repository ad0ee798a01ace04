"""Convert the head of an ASGI request to a WSGI environment (PEP 3333)."""

import sys
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

Scope = Mapping[str, Any]
Environ = dict[str, Any]
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
