"""Fetch one page: every redirect is judged again, and size, time and inflation are limited."""

import http.client
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from factcheck import __version__
from factcheck.messages import message
from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import NAMES_USER, NO_URL, AddressRefused
from factcheck.rules.web.codings import TooMuch, inflated
from factcheck.rules.web.fetches import LARGEST, MOST_REDIRECTS, Exchange, Failure, Fetched, Validators

May = Callable[[str], str | None]

SECONDS = 15.0  # for a page with all of its redirects
REDIRECTS = (301, 302, 303, 307, 308)
HEAD = 256 * 1024  # bytes of a response beside its body: its head and the marks of its chunks
MOST_TOLD = 170  # characters of what a system says is wrong
ACCEPT = "text/html, application/xhtml+xml, application/pdf, text/plain;q=0.9, */*;q=0.5"
IN_WORDS = {
    Failure.UNRESOLVED: message("The host's name cannot be resolved."),
    Failure.TIMEOUT: message("The page did not arrive in time."),
    Failure.INCOMPLETE: message("The response ended before its end."),
    Failure.TOO_LARGE: message("The page has more than {most} MB.", most=LARGEST // 2**20),
    Failure.TOO_MANY_REDIRECTS: message("The page leads on more than {most} times.", most=MOST_REDIRECTS),
    Failure.DAMAGED: message("The response cannot be inflated."),
}


class Fetcher:
    """Fetches pages. `agent` says who asks; `now` is the clock."""

    def __init__(
        self, outbound: Outbound, base_url: str, now: Callable[[], datetime], seconds: float = SECONDS
    ) -> None:
        self.outbound, self.now, self.seconds = outbound, now, seconds
        self.agent = f"factcheck/{__version__}" + (f" (+{base_url})" if base_url else "")

    def fetch(
        self, url: str, *, known: Validators | None = None, may: May = lambda _url: None, method: str = "GET"
    ) -> Fetched:
        """Fetch a page. Whatever goes wrong is in the result, with the exchanges that there were.

        `may` is asked before each request, and says why it is not sent. A page that is as it was `known` has the
        failure `http_304`. With the method `HEAD`, pages have no body.
        """
        end = time.monotonic() + self.seconds
        exchanges: list[Exchange] = []
        there = url
        while True:
            try:
                there = in_ascii(there)
                if (refused := may(there)) is not None:
                    return Fetched(tuple(exchanges), refused)
                exchange = self._exchange(there, max(end - time.monotonic(), 0.001), known, method)
            except (AddressRefused, TooMuch, OSError, http.client.HTTPException, ValueError, zlib.error) as error:
                failure, detail = _why(error)
                return Fetched(tuple(exchanges), failure, detail)
            exchanges.append(exchange)
            further = exchange.header("location") if exchange.status in REDIRECTS else None
            if further is None:
                return self._ended(tuple(exchanges))
            if len(exchanges) > MOST_REDIRECTS:
                failure = Failure.TOO_MANY_REDIRECTS
                return Fetched(tuple(exchanges), failure, IN_WORDS[failure])
            there = _joined(there, further)

    @staticmethod
    def _ended(exchanges: tuple[Exchange, ...]) -> Fetched:
        status = exchanges[-1].status
        if status == 200:
            return Fetched(exchanges)
        return Fetched(
            exchanges, f"http_{status}", message("The server responded with the status {status}.", status=status)
        )

    def _exchange(self, url: str, seconds: float, known: Validators | None, method: str) -> Exchange:
        at = self.now()
        headers = {"User-Agent": self.agent, "Accept": ACCEPT, "Accept-Encoding": "gzip"}
        if known is not None and known.url == url:
            asked = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
            headers |= {name: value for name, value in asked.items() if value is not None}
        raw = self.outbound.get(url, headers, LARGEST + HEAD, seconds, method=method)
        if len(raw.body) > LARGEST:
            raise TooMuch
        return Exchange(
            url, raw.ip, at, raw.request, raw.response, raw.status, raw.headers, inflated(raw.headers, raw.body)
        )


def in_ascii(url: str) -> str:
    """Return an address as it is sent: the host in its xn-- form, other letters as percent signs, no fragment.

    Raises AddressRefused.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        written = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        raise AddressRefused(NO_URL) from None
    if host.isascii():
        authority = parts.netloc  # with whatever else it has, for the guard to refuse
    else:
        if "@" in parts.netloc:
            raise AddressRefused(NAMES_USER)
        authority = written + (f":{port}" if port is not None else "")
    safe = "/%!$&'()*+,;=:@~?"
    return urlunsplit((parts.scheme, authority, quote(parts.path, safe), quote(parts.query, safe + "[]|"), ""))


def _joined(here: str, further: str) -> str:
    # http.client reads header fields as latin-1; what they hold beyond ASCII is UTF-8.
    try:
        further = further.encode("latin-1").decode("utf-8")
    except UnicodeError:
        further = quote(further.encode("latin-1", "replace"), safe="/%!$&'()*+,;=:@~?#[]")
    return urljoin(here, further.strip())


def _why(error: Exception) -> tuple[Failure, str]:
    match error:
        case AddressRefused():
            return Failure.REFUSED_ADDRESS, error.detail
        case TooMuch():
            failure = Failure.TOO_LARGE
        case TimeoutError():
            failure = Failure.TIMEOUT
        case socket.gaierror():
            failure = Failure.UNRESOLVED
        case ssl.SSLError():
            reason = str(error.reason or error)[:MOST_TOLD]
            return Failure.UNREACHABLE, message("The secure connection failed: {reason}", reason=reason)
        case ConnectionResetError() | http.client.HTTPException():
            failure = Failure.INCOMPLETE
        case OSError():
            reason = str(error.strerror or error)[:MOST_TOLD]
            return Failure.UNREACHABLE, message("The server cannot be reached: {reason}", reason=reason)
        case _:
            failure = Failure.DAMAGED
    return failure, IN_WORDS[failure]
