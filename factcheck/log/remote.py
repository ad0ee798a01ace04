"""Verify a served log by nothing but its public tiles: what an auditor runs who trusts neither us nor our database."""

import base64
import gzip
import http.client
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from orjson import JSONDecodeError, loads

from factcheck import __version__
from factcheck.errors import NotFound, Unavailable
from factcheck.log import keys, leaves
from factcheck.log.verification import Fault, Progress
from factcheck.log.vouching import stamps
from factcheck.log.vouching.stamps import Roots, Vouched
from factcheck.rules import merkle, notes
from factcheck.rules.merkle import TILE_WIDTH, Frontier, leaf_hash
from factcheck.rules.notes import Checkpoint, NoteError

PATIENCE = 30.0
LARGEST = 64 * 1024 * 1024
LONGEST_WAIT = 120  # seconds that a server may ask for
WAITS = 10  # times in a row that a request is refused with Retry-After, or finds the connection closed


class Site:
    """A desk that is read from outside: over one connection, one request at a time, and no faster than it allows."""

    def __init__(self, url: str, token: str | None = None, wait: Callable[[float], None] = time.sleep) -> None:
        self.base = url.rstrip("/").removesuffix("/log")
        try:
            parts = urlsplit(self.base)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in ("http", "https"):
            raise NotFound("The URL must begin with http:// or https://, and have a host.")
        self._path = parts.path
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(host, port, timeout=PATIENCE)
        self._headers = {"Accept-Encoding": "gzip, identity", "User-Agent": f"factcheck/{__version__} log verify"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._wait = wait

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> bytes:
        """Return what is at a path. Raises NotFound for any status but 200, and Unavailable without a response."""
        status, body = self.ask(path)
        if status != http.client.OK:
            raise NotFound(f"{self.base}{path} responds with {status}.")
        return body

    def ask(self, path: str) -> tuple[int, bytes]:
        """Return the status and the body of a path. Waits where the server says so (Retry-After)."""
        for left in reversed(range(WAITS)):
            try:
                self._connection.request("GET", self._path + path, headers=self._headers)
                with self._connection.getresponse() as response:
                    body = response.read(LARGEST)
                    pause = response.getheader("Retry-After", "")
                    if not (left and response.status in (429, 503) and pause.isascii() and pause.isdigit()):
                        packed = response.getheader("Content-Encoding") == "gzip"
                        return response.status, gzip.decompress(body) if packed else body
                self._wait(min(int(pause), LONGEST_WAIT))
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                self._connection.close()  # the server may close a connection between two requests
                if not left:
                    raise Unavailable(f"{self.base}{path} does not respond: {error}.") from error
            except (OSError, http.client.HTTPException, EOFError) as error:
                self._connection.close()
                raise Unavailable(f"{self.base}{path} does not respond: {error}.") from error
        raise AssertionError

    def look(self, path: str) -> tuple[int, Any]:
        """Return the status of a path, and its JSON, None unless the status is 200. Raises NotFound for no JSON."""
        status, body = self.ask(path)
        try:
            return status, loads(body) if status == http.client.OK else None
        except JSONDecodeError as error:
            raise NotFound(f"{self.base}{path} responds with something other than JSON.") from error

    def json(self, path: str) -> Any:
        """Return the JSON at a path. Raises NotFound where there is none."""
        status, found = self.look(path)
        if status != http.client.OK:
            raise NotFound(f"{self.base}{path} responds with {status}.")
        return found

    def pages(self, path: str) -> Iterator[list[Any]]:
        """Yield the pages of a list. A cursor has the place to continue, so it takes the place of `after`."""
        where, _, query = path.partition("?")
        asked = {**dict(parse_qsl(query)), "limit": "200"}
        while True:
            page = self.json(f"{where}?{urlencode(asked)}")
            yield page["items"]
            if not page["next_cursor"]:
                return
            asked.pop("after", None)
            asked["cursor"] = page["next_cursor"]

    def items(self, path: str) -> Iterator[Any]:
        """Yield the items of a list."""
        for page in self.pages(path):
            yield from page


class ServedLog:
    """The log of a desk, as it is read and checked from outside: every entry that was signed, in its order.

    Without `verifiers` the key is the one that the server gives: then the signature shows only that the server is
    consistent with itself. `take` is given the entries, some at a time. What is wrong is in `faults`.
    """

    def __init__(
        self, site: Site, verifiers: Sequence[str] = (), take: Callable[[list[bytes]], None] = lambda _entries: None
    ) -> None:
        self.site, self.faults, self._take = site, list[Fault](), take
        self._verifiers = list(verifiers) or site.get("/log/key").decode().split()
        self._frontier = Frontier()
        self._previous: dict[tuple[str, str], tuple[int, int]] = {}  # a thing's last number and index

    @property
    def size(self) -> int:
        """How many entries were read."""
        return self._frontier.size

    def head(self, name: str, note: str) -> list[Checkpoint]:
        """Return the head that a note signs; where its signature is not valid, none, and there is a fault."""
        try:
            keys.verified(note, self._verifiers)
            return [notes.parse_checkpoint(notes.parse(note).text)]
        except NoteError as error:
            self.faults.append(Fault(name, f"Its signature or form is not valid: {error}."))
            return []

    def newest(self) -> list[Checkpoint]:
        """Return the newest head that is served, as `head` does."""
        return self.head("checkpoint", self.site.get("/log/checkpoint").decode())

    def stamped(self, roots: Roots, vouched: list[Vouched]) -> list[Checkpoint]:
        """Check the time stamps that are served, and return the heads that have one.

        What the stamps vouch for is added to `vouched`.
        """
        heads = []
        for each in self.site.items("/v1/log/stamps"):
            note = self.site.get(each["links"]["checkpoint"]).decode()
            response = self.site.get(each["links"]["stamp"])
            found = stamps.examine(each["size"], response, note, each["stamped_at"], roots)
            if isinstance(found, Vouched):
                vouched.insert(0, found)  # the newest is served first
            else:
                self.faults.append(found)
            heads += self.head(f"checkpoint of {each['size']} entries", note)
        return heads

    def read(self, end: Checkpoint, also: Sequence[Checkpoint] = ()) -> Iterator[int]:
        """Read on to a head, and check each entry, and the roots of that head and others; yield the size so far."""
        due = deque(sorted({(head.size, head.root) for head in (end, *also)}))
        self._reach(due)
        for number in range(self.size // TILE_WIDTH, -(-end.size // TILE_WIDTH)):
            width = min(TILE_WIDTH, end.size - number * TILE_WIDTH)
            path = merkle.tile_path(number) + (f".p/{width}" if width < TILE_WIDTH else "")
            hashes = self.site.get(f"/log/tile/0/{path}")
            entries = list(_bundle(self.site.get(f"/log/tile/entries/{path}"), width))
            known = self.size - number * TILE_WIDTH  # of a tile that was shorter before
            for at in range(known, width):
                self._append(entries[at], hashes[at * 32 : at * 32 + 32])
                self._reach(due)
            self._take(entries[known:])
            yield self.size
        for size, _ in due:
            detail = f"{size} entries were signed; {self.size} are served: the end is missing."
            self.faults.append(Fault("log", detail))

    def _append(self, entry: bytes, told: bytes) -> None:
        hashed = leaf_hash(entry)
        if told != hashed:
            self.faults.append(Fault("log", "The tile has another hash than the entry.", None, self.size))
        self.faults += _follows(entry, self.size, self._previous)
        self._frontier.append(hashed)
        self._frontier.completed.clear()

    def _reach(self, due: deque[tuple[int, bytes]]) -> None:
        while due and due[0][0] <= self.size:
            size, root = due.popleft()
            if size < self.size or root != self._frontier.root():
                told = base64.b64encode(root).decode()
                detail = f"The root of {size} entries is not the one that was signed ({told})."
                self.faults.append(Fault("log", detail))


def verified(
    log: ServedLog, saved: Sequence[str] = (), roots: Roots = (), vouched: list[Vouched] | None = None
) -> Iterator[Progress]:
    """Read a log up to its newest checkpoint, and check it; yield how far it is, with what differs.

    `saved` are notes of checkpoints that must hold too. With `roots`, so must all checkpoints that have a time stamp;
    what the stamps vouch for is added to `vouched`.
    """
    done = Progress(faults=log.faults)
    # Read before the newest checkpoint, so that none of them is newer.
    also = log.stamped(roots, [] if vouched is None else vouched) if roots else []
    end = log.newest()
    also += [head for note in saved for head in log.head("saved checkpoint", note)]
    if end:
        done.total = end[0].size
        for size in log.read(end[0], also):
            done.done = done.entries = size
            yield done
    yield done


def _follows(entry: bytes, index: int, previous: dict[tuple[str, str], tuple[int, int]]) -> list[Fault]:
    """Check that an entry continues the thing that it is about."""
    try:
        leaf = leaves.read(entry)
    except ValueError as error:
        return [Fault("log", f"The entry is {error}.", None, index)]
    thing = (leaf.subject_kind, leaf.subject_id)
    number, at = previous.get(thing, (0, None))
    previous[thing] = (leaf.number, index)
    if (leaf.number, leaf.previous) == (number + 1, at):
        return []
    return [Fault(" ".join(thing), f"It does not follow on revision {number} (index {at}).", leaf.number, index)]


def _bundle(raw: bytes, width: int) -> Iterator[bytes]:
    at = 0
    for _ in range(width):
        length = int.from_bytes(raw[at : at + 2], "big")
        yield raw[at + 2 : at + 2 + length]
        at += 2 + length
