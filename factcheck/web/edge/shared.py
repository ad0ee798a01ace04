"""Answers of the public site, given to everybody who asks for the same within a second.

Such an answer depends on the address and the language alone (`web/site/answers.py`), and caches in front may keep it
for a minute. So what thousands of people read at once is made a few times a second in each process, and a change is
seen a second later. A reload in a browser asks for an answer that was not kept (RFC 9111, section 5.2.1), and gets one.
"""

import re
import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from cachetools import TTLCache
from flask import Flask

from factcheck.errors import FactcheckError
from factcheck.rules.web import forwarded
from factcheck.web import context
from factcheck.web.edge.environ import REQUEST_ID, TRIED, refuse, request_id_of
from factcheck.web.edge.watch import Watch

NAME = "factcheck.shared"  # its place among the application's extensions
SECONDS = 1.0
MOST_BYTES, LARGEST = 32 * 1024 * 1024, 1024 * 1024  # of all answers that are kept, and of one
LONGEST = 300  # characters of a query or of a language header; a longer one is answered by itself
PATHS = re.compile(
    r"/(r|c|s)(/.*|\.atom|\.json)?|/corrections(\.atom|\.json)?|/(news-)?sitemap\.xml|/sitemaps/.*|/robots\.txt"
    r"|/data(/(manifest|croissant)\.json)?"
)
KNOWN = ("cursor", "lang")  # what these paths look at of a query; other sites add their own parameters to links
KEPT = ("200", "410")
ROUTE = "(public site)"  # in metrics and log lines
Headers = list[tuple[str, str]]
Environ = dict[str, Any]


class Kept(NamedTuple):
    status: str
    headers: Headers
    body: bytes


class Answers:
    """The answers of one desk that are kept, for all threads."""

    def __init__(self) -> None:
        self._kept: TTLCache[Any, Kept] = TTLCache(MOST_BYTES, SECONDS, getsizeof=lambda kept: len(kept.body) + 2000)
        self._lock = Lock()

    def has(self, environ: Environ) -> bool:
        """Say whether there is an answer to this request already."""
        key = _key(environ)
        return key is not None and self.find(key, environ) is not None

    def find(self, key: tuple[str, ...], environ: Environ) -> Kept | None:
        """Return the answer that is kept, None for somebody who asks for a new one."""
        asked = str(environ.get("HTTP_CACHE_CONTROL") or "").lower()
        if "no-cache" in asked or "max-age=0" in asked:
            return None
        with self._lock:
            found: Kept | None = self._kept.get(key)
        return found

    def keep(self, key: tuple[str, ...], made: Kept) -> None:
        """Keep an answer, if it may be given to others."""
        named = dict(made.headers)
        is_public = named.get("Cache-Control", "").startswith("public") and "Set-Cookie" not in named
        if made.status[:3] in KEPT and is_public and len(made.body) <= LARGEST:
            with self._lock:
                self._kept[key] = made


class ForReaders:
    """A WSGI application that gives kept answers, and leaves all other requests to another application."""

    def __init__(self, app: Flask, application: Callable[..., Iterable[bytes]], watch: Watch) -> None:
        self.app, self.application, self.watch = app, application, watch

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        key = _key(environ)
        if key is None or TRIED in environ:
            return self.application(environ, start_response)
        environ["QUERY_STRING"] = _known(environ["QUERY_STRING"])
        began = time.perf_counter()
        answers: Answers = self.app.extensions[NAME]
        kept = answers.find(key, environ)
        if kept is None:
            made = self._made(environ)
            answers.keep(key, made)
            return _given(made, environ, start_response)
        try:
            self.app.extensions["factcheck.limits"].count(environ, forwarded.counted_as(environ.get("REMOTE_ADDR")))
        except FactcheckError as error:
            refuse(environ, error)
            return self.application(environ, start_response)
        request_id = environ[REQUEST_ID] = request_id_of(environ)[0]
        status = "304" if _holds(kept, environ) else kept.status[:3]
        self.watch.told("GET", ROUTE, int(status), began, request_id, None, None)
        return _given(kept, environ, start_response)

    def _made(self, environ: Environ) -> Kept:
        """Have an answer made, whole even for somebody who has it already: others do not."""
        told: list[Any] = []
        held = environ.pop("HTTP_IF_NONE_MATCH", None)
        try:
            body = b"".join(self.application(environ, lambda status, headers, _=None: told.extend((status, headers))))
        finally:
            if held is not None:
                environ["HTTP_IF_NONE_MATCH"] = held
        return Kept(told[0], told[1], body)


def _key(environ: Environ) -> tuple[str, ...] | None:
    """Return what an answer depends on; None for a request that is not plainly one for the public site."""
    if environ["REQUEST_METHOD"] != "GET" or not PATHS.fullmatch(environ["PATH_INFO"]):
        return None
    names = ("wsgi.url_scheme", "HTTP_HOST", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT_LANGUAGE")
    found = [str(environ.get(name) or "") for name in names]
    if max(map(len, found)) > LONGEST:
        return None
    found[3] = _known(found[3])
    return tuple(found)


def _known(query: str) -> str:
    """Return a query without the parameters that the site does not know, in one order."""
    if not query or len(query) > LONGEST:
        return query
    return urlencode(sorted((name, text) for name, text in parse_qsl(query) if name in KNOWN))


def _holds(kept: Kept, environ: Environ) -> bool:
    """Say whether the client has this answer already."""
    etag = dict(kept.headers).get("ETag", "").strip('"')
    return kept.status[:3] == "200" and bool(etag) and context.holds(environ, etag)


def _given(kept: Kept, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    if _holds(kept, environ):
        headers = [each for each in kept.headers if each[0] not in ("Content-Type", "Content-Length")]
        start_response("304 NOT MODIFIED", headers)
        return [b""]
    start_response(kept.status, kept.headers)
    return [kept.body]
