"""Verify a served log by nothing but its public tiles: what an auditor runs who trusts neither us nor our database."""

import base64
import gzip
import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from orjson import JSONDecodeError, loads

from factcheck import __version__
from factcheck.errors import NotFound, Unavailable
from factcheck.log import keys, leaves, stamps
from factcheck.log.stamps import Roots, Vouched
from factcheck.log.verification import Fault, Progress
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
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NotFound("The URL must begin with http:// or https://, and have a host.")
        self.base = url.rstrip("/").removesuffix("/log")
        self._path = urlsplit(self.base).path
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(parts.hostname, parts.port, timeout=PATIENCE)
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

    def json(self, path: str) -> Any:
        """Return the JSON at a path. Raises NotFound where there is none."""
        try:
            return loads(self.get(path))
        except JSONDecodeError as error:
            raise NotFound(f"{self.base}{path} responds with something other than JSON.") from error

    def items(self, path: str) -> Iterator[Any]:
        """Yield the items of a list, page by page."""
        begun = f"{path}{'&' if '?' in path else '?'}limit=200"
        cursor = ""
        while True:
            page = self.json(f"{begun}&cursor={quote(cursor)}" if cursor else begun)
            yield from page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return


def verified(
    site: Site, verifiers: Sequence[str], saved: Sequence[str], roots: Roots = (), vouched: list[Vouched] | None = None
) -> Iterator[Progress]:
    """Read a log and check it; yield how far it is, with what differs.

    Without `verifiers` the key is the one that the server gives: then the signature shows only that the server is
    consistent with itself. `saved` are notes of checkpoints that must hold too. With `roots`, so must all checkpoints
    that have a time stamp; what the stamps vouch for is added to `vouched`.
    """
    done = Progress()
    known = list(verifiers) or site.get("/log/key").decode().split()
    # Read before the newest checkpoint, so that none of them is newer.
    stamped = list(_stamped(site, roots, [] if vouched is None else vouched, done)) if roots else []
    written = site.get("/log/checkpoint").decode()
    heads: list[Checkpoint] = []
    for name, note in (("checkpoint", written), *(("saved checkpoint", each) for each in saved), *stamped):
        try:
            keys.verified(note, known)
            heads.append(notes.parse_checkpoint(notes.parse(note).text))
        except NoteError as error:
            done.faults.append(Fault(name, f"Its signature or form is not valid: {error}."))
    if not heads or done.faults:
        yield done
        return
    yield from _entries(site, heads, done)


def _stamped(site: Site, roots: Roots, vouched: list[Vouched], done: Progress) -> Iterator[tuple[str, str]]:
    """Check the time stamps that are served, and yield each checkpoint that has one, with its name."""
    for each in site.items("/v1/log/stamps"):
        note = site.get(each["links"]["checkpoint"]).decode()
        response = site.get(each["links"]["stamp"])
        found = stamps.examine(each["size"], response, note, each["stamped_at"], roots)
        if isinstance(found, Vouched):
            vouched.insert(0, found)  # the newest is served first
        else:
            done.faults.append(found)
        yield f"checkpoint of {each['size']} entries", note


def _entries(site: Site, heads: Sequence[Checkpoint], done: Progress) -> Iterator[Progress]:
    """Read every entry up to the first of the heads, and check it, and the root of each head; yield how far it is."""
    size = heads[0].size
    done.total = size
    due = sorted({(head.size, head.root) for head in heads})
    frontier, previous = Frontier(), dict[tuple[str, str], tuple[int, int]]()
    _reached(frontier, due, done)
    for number in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        path = merkle.tile_path(number) + (f".p/{width}" if width < TILE_WIDTH else "")
        hashes = site.get(f"/log/tile/0/{path}")
        for at, entry in enumerate(_bundle(site.get(f"/log/tile/entries/{path}"), width)):
            index, hashed = frontier.size, leaf_hash(entry)
            if hashes[at * 32 : at * 32 + 32] != hashed:
                done.faults.append(Fault("log", "The tile has another hash than the entry.", None, index))
            done.faults += _follows(entry, index, previous)
            frontier.append(hashed)
            frontier.completed.clear()
            _reached(frontier, due, done)
        done.done = done.entries = frontier.size
        yield done
    for wanted, _ in due:
        done.faults.append(Fault("log", f"{wanted} entries were signed; {size} are served: the end is missing."))
    yield done


def _reached(frontier: Frontier, due: list[tuple[int, bytes]], done: Progress) -> None:
    while due and due[0][0] == frontier.size:
        size, root = due.pop(0)
        if root != frontier.root():
            told = base64.b64encode(root).decode()
            done.faults.append(Fault("log", f"The root of {size} entries is not the one that was signed ({told})."))


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
