"""Where a request comes from and what it was sent to: decided here once, before anything else looks at it.

Whatever comes later takes these from the WSGI environment: limits and log lines the client's address (`REMOTE_ADDR`),
links, the Origin check and the cookie the scheme and the host (`wsgi.url_scheme`, `HTTP_HOST`).
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from factcheck.errors import Unreadable
from factcheck.messages import message
from factcheck.rules.hosts import is_host
from factcheck.rules.web import forwarded
from factcheck.rules.web.forwarded import Element
from factcheck.web.edge.environ import refuse

SCHEMES = ("http", "https")
NO_HOST = message("Send the header Host once, with this desk's host name.")


class Arrivals:
    """A WSGI application that passes on each request as it was sent to the outermost trusted proxy.

    `trusted` are the networks of the setting, separated by commas. Headers that others send are left alone: whoever
    is not a trusted proxy can write anything into them.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], trusted: str) -> None:
        self.application = application
        self.networks = [ip_network(each) for each in trusted.split(",") if each]
        self._trusts = lru_cache(maxsize=1024)(self._look_up)
        self._read = lru_cache(maxsize=1024)(forwarded.address)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not is_host(environ.get("HTTP_HOST") or ""):
            self._replace_host(environ)
        peer = self._read(environ.get("REMOTE_ADDR") or "")
        if peer is not None:
            environ["REMOTE_ADDR"] = peer
            if self.networks and self._trusts(peer):
                self._believe(environ, peer)
        return self.application(environ, start_response)

    def _look_up(self, address: str) -> bool:
        parsed = ip_address(address)
        return any(parsed in network for network in self.networks)

    def _believe(self, environ: dict[str, Any], peer: str) -> None:
        """Take the client's address, the scheme and the host from what the proxies say."""
        lists = []
        if environ.get("HTTP_FORWARDED"):
            lists.append(forwarded.of_forwarded(environ["HTTP_FORWARDED"]) or [])
        if environ.get("HTTP_X_FORWARDED_FOR"):
            lists.append(forwarded.of_x_forwarded_for(environ["HTTP_X_FORWARDED_FOR"]))
        senders = [forwarded.sender(peer, elements, self._trusts) for elements in lists]
        if len({each.address for each in senders}) > 1:
            # The proxy wrote one of the two and passed on the other as the client sent it. Which is which is not known.
            return
        told = senders[0] if senders else Element(peer)
        scheme = (told.scheme or _last(environ, "HTTP_X_FORWARDED_PROTO")).lower()
        environ["REMOTE_ADDR"] = told.address
        if scheme in SCHEMES:
            environ["wsgi.url_scheme"] = scheme
        host = told.host or _last(environ, "HTTP_X_FORWARDED_HOST")
        if is_host(host):
            environ["HTTP_HOST"] = host

    def _replace_host(self, environ: dict[str, Any]) -> None:
        """Put the server's own address in the place of a host that is missing, invalid or there twice, and refuse it.

        HTTP/1.0 knows requests without a host. Two are passed on as one, with a comma between them.
        """
        given = environ.get("HTTP_HOST")
        name, port = environ.get("SERVER_NAME") or "localhost", environ.get("SERVER_PORT") or "80"
        environ["HTTP_HOST"] = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        if given or environ.get("SERVER_PROTOCOL") not in ("HTTP/1", "HTTP/1.0"):
            refuse(environ, Unreadable(NO_HOST))


def _last(environ: dict[str, Any], name: str) -> str:
    """Return the last of a header's values, which the nearest proxy wrote."""
    value: str = environ.get(name) or ""
    return value.rpartition(",")[2].strip(" \t")
