"""The reads that tools make by the thousand, answered before Flask makes a request of them: that costs more than they.

A claim by its id and a page of the list, asked for by a token that was good a moment ago, or by anybody where anybody
may read, and with nothing out of the ordinary. All else goes on to Flask, whose routes give the same answers: nothing
is to be had here alone (`tests/test_hot.py` compares the two).
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote_to_bytes

from flask import Flask
from werkzeug.wrappers import Request

from factcheck.desk import claims
from factcheck.desk.access import tokens
from factcheck.errors import FactcheckError
from factcheck.log.actors import Actor
from factcheck.queries import lists
from factcheck.rules.web import forwarded
from factcheck.settings import Settings
from factcheck.web import context, listing, queries
from factcheck.web.edge import heads
from factcheck.web.edge.environ import REQUEST_ID, TRIED, Tried, request_id_of
from factcheck.web.edge.watch import Watch

Answer = tuple[str, list[tuple[str, str]], bytes]  # a status, headers, a body
LIST = "/v1/claims"
FILTERS = tuple(each.name for each in fields(lists.ClaimFilters) if each.name != "q")
LONGEST = 2000  # characters of a query
_ONE = re.compile(LIST + "/([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})")
_ACCEPTED = (None, "*/*", context.JSON)


class HotReads:
    """A WSGI application that answers the hot reads, and leaves the others to Flask."""

    def __init__(self, app: Flask, watch: Watch) -> None:
        self.app, self.flask, self.watch = app, app.wsgi_app, watch

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if TRIED in environ:  # it is refused already
            return self.flask(environ, start_response)
        began = time.perf_counter()
        read = admitted = None
        with suppress(FactcheckError):  # Flask refuses it in the same way, and answers
            read = _read_of(environ)
            admitted = self._admitted(environ) if read else None
        if read is None or admitted is None:
            return self.flask(environ, start_response)
        environ[context.NEGOTIATES] = True
        environ[REQUEST_ID] = admitted.request_id
        try:
            self.app.extensions["factcheck.limits"].count(environ, admitted.counts_as)
            status, headers, body = read.answer(self.app, environ, admitted.caller)
        except Exception as error:  # noqa: BLE001 - an accident too: Flask answers it, and writes its line
            environ[TRIED] = Tried(admitted.caller, error)
            return self.flask(environ, start_response)
        self.watch.told("GET", read.route, int(status[:3]), began, admitted.request_id, admitted.caller, None)
        start_response(status, headers)
        return [body]

    def _admitted(self, environ: Mapping[str, Any]) -> "_Admitted | None":
        """Return who asks; None where that is still to be found out. Raises what Flask's hooks would raise."""
        header = environ.get("HTTP_AUTHORIZATION")
        if header is None:
            settings: Settings = self.app.extensions["factcheck.settings"]
            caller, known = None, settings.public_read and "HTTP_COOKIE" not in environ
        else:
            caller = self.app.extensions["factcheck.callers"].recall(context.bearer(header))
            known = caller is not None
        request_id, well_formed = request_id_of(environ)
        heads.demand_small(environ)
        if not known or not well_formed:
            return None
        counts_as = caller.id if caller else forwarded.counted_as(environ.get("REMOTE_ADDR"))
        return _Admitted(caller, counts_as, request_id)


class _Admitted(NamedTuple):
    caller: Actor | None
    counts_as: str
    request_id: str


@dataclass(frozen=True)
class _One:
    """A claim by its id."""

    claim_id: str
    route: ClassVar = LIST + "/<uuid:claim_id>"

    def answer(self, app: Flask, environ: Mapping[str, Any], caller: Actor | None) -> Answer:
        with app.extensions["factcheck.database"].reading() as connection:
            document, etag = claims.get(connection, self.claim_id, caller)
        tag = ("ETag", f'"{etag}"')
        if context.holds(environ, etag):
            return "304 NOT MODIFIED", [tag], b""
        return "200 OK", [*_of_json(document), tag], document


@dataclass(frozen=True)
class _Page:
    """A page of the list."""

    filters: lists.ClaimFilters
    sort: lists.Sort | None
    cursor: str | None
    limit: int
    place: listing.Asked
    route: ClassVar = LIST

    def answer(self, app: Flask, _environ: Mapping[str, Any], caller: Actor | None) -> Answer:
        cursors = app.extensions["factcheck.cursors"]
        after = None if self.cursor is None else listing.key_of(self.cursor, self.place, cursors)
        with app.extensions["factcheck.database"].reading() as connection:
            page = lists.claims(connection, self.filters, self.sort, after, self.limit, viewer=caller)
        body, link = listing.written(self.place, cursors, page.items, page.next)
        headers = _of_json(body)
        return "200 OK", [*headers, ("Link", link)] if link else headers, body


def is_hot(environ: Mapping[str, Any]) -> bool:
    """Say whether a request asks for a hot read, which takes a fraction of a millisecond."""
    try:
        return _read_of(environ) is not None
    except FactcheckError:
        return False


def _of_json(body: bytes) -> list[tuple[str, str]]:
    return [("Content-Type", context.JSON), ("Content-Length", str(len(body)))]


def _read_of(environ: Mapping[str, Any]) -> _One | _Page | None:
    """Return the read that is asked for, None for all that is not plainly one. Raises Invalid."""
    path: str = environ["PATH_INFO"]
    if (
        not path.startswith(LIST)
        or environ["REQUEST_METHOD"] != "GET"
        or environ.get("HTTP_ACCEPT") not in _ACCEPTED
        or "HTTP_TRANSFER_ENCODING" in environ
    ):
        return None
    query: str = environ.get("QUERY_STRING") or ""
    if path == LIST:
        return _page_of(query) if len(query) <= LONGEST else None
    found = None if query else _ONE.fullmatch(path)
    return _One(found[1].lower()) if found else None


@lru_cache(maxsize=1024)
def _page_of(query: str) -> _Page | None:
    """Return the page that a query string asks for. Raises Invalid. Clients ask the same few queries all day."""
    try:
        # As PEP 3333 has it, each character stands for a byte.
        unusual = tokens.MARK in unquote_to_bytes(query.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return None
    if unusual or query.count("&") >= context.MOST:
        return None
    given = Request({"QUERY_STRING": query}).args
    if "q" in given or "count" in given:
        return None
    values = queries.understood(given, *FILTERS, "sort", "limit", "cursor")
    filters = lists.ClaimFilters(**{name: values[name] for name in FILTERS if name in values})
    return _Page(filters, values.get("sort"), values.get("cursor"), values.get("limit", 50), listing.place(LIST, given))
