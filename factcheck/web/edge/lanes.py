"""Where a request is worked on: on the event loop itself, or in a lane of a few threads.

All of them share one interpreter lock, so more threads make nothing faster, and each one more makes the others wait
longer for that lock. And as long as the event loop works on a request, nothing else is received or sent. So:

- What is answered at once, without ever waiting for anything, is answered on the event loop: nothing is faster.
- Everything else has a lane, in which so many requests are worked on at a time, in the order in which they came. Reads
  keep no writes waiting, nor the other way round, and neither waits for an import, or for a page to be fetched. Reads
  that may wait for the audit or the search index to follow the log, two seconds at most, keep no other reads waiting.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from factcheck.errors import FactcheckError, Unavailable
from factcheck.messages import message
from factcheck.storage.engine.connections import Share
from factcheck.web import context
from factcheck.web.edge import asking, hot
from factcheck.web.edge.environ import Environ

FETCHES = 4  # pages that a process fetches at a time
PATIENCE = 10.0  # seconds that a request waits for its place: longer than what holds one may take


class Kind(Enum):
    """What a request is, where its method alone does not say it: those of SAFE read, all others write."""

    AT_ONCE = auto()
    READ = auto()
    LONG = auto()
    FETCH = auto()


KINDS = {
    ("GET", "/healthz"): Kind.AT_ONCE,  # whether the process lives, not whether it has a place free
    ("POST", "/v1/imports"): Kind.LONG,  # seconds, for its 2,000 lines
    ("POST", "/v1/captures"): Kind.FETCH,  # seconds, for another server to respond
    ("POST", "/v1/images"): Kind.FETCH,
    ("POST", "/articles/captures"): Kind.FETCH,
    ("POST", "/captures/handover"): Kind.FETCH,  # fetches nothing, but a process reads the page
    ("GET", "/login/openid"): Kind.FETCH,  # for the identity provider to respond
    ("GET", "/login/openid/return"): Kind.FETCH,
    ("POST", "/v1/claims/match"): Kind.READ,
    ("POST", "/v1alpha1/claims:search"): Kind.READ,
    ("POST", "/similar"): Kind.READ,
    ("POST", "/reconcile"): Kind.READ,
}

# The paths whose answers wait for the audit or for the search for pairs, and the queries that wait for the search
# index. One that is left out here takes a place of the other reads while it waits.
AUDIT = re.compile(
    r"/|/audit(/conflicts)?|/(claims|sources)/[^/]+|/v1/audit/(findings|summary|conflicts)|/v1/sources/[^/]+/(record|candidates)"
    r"|(/v1)?/(statistics|duplicates(/settled/.+)?|sources/pairs(/judged/.+)?)|/reconcile/suggest/entity"
    r"|/v1/statistics/[^/]+|/v1/me/notifications|/notifications|/v1/corrections"
)
# The paths that may fetch a page before they write, or that wait for the mail server.
FETCHING = re.compile(
    r"(/v1)?/(articles/[^/]+/(snapshots|images)|claims/[^/]+/evidence/[^/]+/capture|people/[^/]+/login-(link|mail))"
)
# The paths that wait for the archive of captures, which may be another server's.
ARCHIVED = re.compile(
    r"/v1/captures/[^/]+/(warc|redaction)|/captures/[^/]+/original|/v1/articles/[^/]+/redaction"
    r"|/v1/images/[^/]+/(file|redaction)|/images/[^/]+/file"
)
# The paths that do so if the body asks for it.
CITING = re.compile(r"(/v1)?/claims/[^/]+/(evidence|reviews)")
SEARCH = re.compile(r"(^|&)(q|query|queries|find)=")


@dataclass(frozen=True)
class Places:
    """How many requests of each kind a process works on at a time.

    Without places for long ones, or for those that fetch a page, they are writes; without places for those that wait
    for the audit, they are reads.
    `hot`: whether hot reads are answered on the event loop, because they never wait for their database.
    """

    reads: int
    writes: int
    long: int = 0
    audit: int = 0
    fetch: int = 0
    hot: bool = False


def of_share(share: Share, *, embedded: bool) -> Places:
    """Return the places of a process that has so many connections: each that writes takes one.

    Beside SQLite one writes at a time all the same; the others wait for their turn, take no work, and share its commit.
    A request that fetches a page has no connection meanwhile, and then waits for one like any other, for one short
    transaction.
    A database server has one set of places for all reads: there is a connection for each, and one more by which the
    token of a write is read.
    """
    long = min(2, share.writers // 3)
    if embedded:
        return Places(2, share.writers - long, long, audit=2, fetch=FETCHES, hot=True)
    return Places(max(1, min(4, share.reading - 1)), share.writers - long, long, fetch=FETCHES)


OF_WITNESS = Places(reads=1, writes=1)  # it knows of one request at a time


class Lane:
    """Lets so many requests be worked on at a time, in the order in which they came."""

    def __init__(self, places: int, patience: float) -> None:
        self.places, self.patience = places, patience
        self._free = asyncio.Semaphore(places)

    async def enter(self) -> "Place":
        """Wait for a place. Raises Unavailable when there is none in time."""
        if self._free.locked():
            try:
                async with asyncio.timeout(self.patience):
                    await self._free.acquire()
            except TimeoutError:
                raise Unavailable(
                    message("Too many requests wait for their turn. Nothing was changed; try again.")
                ) from None
        else:
            await self._free.acquire()  # which there is no waiting for
        return Place(self._free)


class Place:
    """One request's place in a lane."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free: asyncio.Semaphore | None = free

    def leave(self) -> None:
        """Give the place to whoever has waited for the longest time, unless it was given up before."""
        if self._free is not None:
            self._free.release()
            self._free = None


class Lanes:
    """The lanes of one process."""

    def __init__(
        self, places: Places, patience: float = PATIENCE, kept: Callable[[Environ], bool] = lambda _: False
    ) -> None:
        """`kept` says whether there is an answer to a request already (`edge/shared.py`)."""
        self.hot, self._kept = places.hot, kept
        self.places = places.reads + places.writes + places.long + places.audit + places.fetch
        self.read, self.write = Lane(places.reads, patience), Lane(places.writes, patience)
        self.long = Lane(places.long, patience) if places.long else self.write
        self.fetch = Lane(places.fetch, patience) if places.fetch else self.write
        self.audit = Lane(places.audit, patience) if places.audit else self.read

    def of(self, environ: Environ) -> Lane | None:
        """Return a request's lane, None for one that is answered at once."""
        if (self.hot and hot.is_hot(environ)) or self._kept(environ):
            return None
        kind = KINDS.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if kind is Kind.AT_ONCE:
            return None
        if kind is Kind.LONG:
            return self.long
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if kind is Kind.FETCH or ARCHIVED.fullmatch(path) or (method == "POST" and _fetches(path, environ)):
            return self.fetch
        if kind is Kind.READ:  # all of them look for claims like a text
            return self.audit
        if method not in context.SAFE:
            return self.write
        waits = AUDIT.fullmatch(path) or SEARCH.search(environ.get("QUERY_STRING", ""))
        return self.audit if waits else self.read


def _fetches(path: str, environ: Environ) -> bool:
    if FETCHING.fullmatch(path):
        return True
    if not CITING.fullmatch(path):
        return False
    asks_for_capture = asking.of_json if path.startswith("/v1/") else asking.of_form
    body = environ["wsgi.input"]
    try:
        asks = asks_for_capture(body.read())
    except FactcheckError:  # the body did not arrive, as whoever reads it says
        return False
    body.seek(0)
    return asks
