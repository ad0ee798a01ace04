"""Which scripts of other sites may read the API in a browser (CORS). Pages are never among what they may read.

On a desk that anybody may read, any site may read the reconciliation service, as its specification demands.

No answer allows credentials: a script sends a token in `Authorization`, and the cookie of the review desk stays out.
"""

from typing import Any

API = ("/v1/", "/v1alpha1/", "/log/")
RECONCILE, PREVIEW = "/reconcile", "/reconcile/preview"
PREFLIGHT = "factcheck.preflight"  # is there when a browser only asks whether it may send what it is going to send
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
MAY_SEND = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer, X-Request-Id"
MAY_READ = (
    "ETag, Link, Location, Log-Index, Preference-Applied, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate,"
    " X-Request-Id"
)
LASTS = "600"  # seconds for which a browser may remember the answer to a preflight
OWN = ("Cross-Origin-Resource-Policy", "same-origin")


class Cors:
    """The origins of the setting, separated by commas. `null`, which any sandboxed page sends, can be none of them."""

    def __init__(self, origins: str, *, public: bool = False) -> None:
        self.origins = frozenset(filter(None, origins.split(",")))
        self.public = public

    def may_allow(self, path: str) -> bool:
        """Say whether any other site may read what a path responds."""
        return bool(self.origins and is_api(path)) or self._is_everybodys(path)

    def _is_everybodys(self, path: str) -> bool:
        """Say whether every site may read a path: reconciliation, which the specification wants open to all."""
        return self.public and of_reconciliation(path)

    def look(self, environ: dict[str, Any]) -> None:
        """Note whether an OPTIONS request is a preflight of an origin that may read."""
        if "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ and self._allows(environ):
            environ[PREFLIGHT] = True

    def headers(self, environ: dict[str, Any]) -> list[tuple[str, str]]:
        """Return what the answer to a request of the API says about other sites."""
        if not self._allows(environ):
            return [OWN]
        everybody = self._is_everybodys(environ["PATH_INFO"])
        allowed = [
            ("Access-Control-Allow-Origin", "*" if everybody else environ["HTTP_ORIGIN"]),
            ("Access-Control-Expose-Headers", MAY_READ),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
        ]
        if PREFLIGHT in environ:
            allowed += [
                ("Access-Control-Allow-Methods", METHODS),
                ("Access-Control-Allow-Headers", MAY_SEND),
                ("Access-Control-Max-Age", LASTS),
            ]
        return allowed

    def _allows(self, environ: dict[str, Any]) -> bool:
        path = environ["PATH_INFO"]
        if self._is_everybodys(path):
            return "HTTP_ORIGIN" in environ
        return environ.get("HTTP_ORIGIN") in self.origins and is_api(path)


def is_api(path: str) -> bool:
    """Say whether a path is one that tools use, and not a page."""
    return path == "/openapi.json" or path.startswith(API) or of_reconciliation(path)


def of_reconciliation(path: str) -> bool:
    return path == RECONCILE or path.startswith(f"{RECONCILE}/")
