"""Verify a served log by nothing but its public tiles: what an auditor runs who trusts neither us nor our database."""

import base64
import gzip
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence

from factcheck.errors import NotFound, Unavailable
from factcheck.log import keys, leaves
from factcheck.log.verification import Fault, Progress
from factcheck.rules import merkle, notes
from factcheck.rules.merkle import TILE_WIDTH, Frontier, leaf_hash
from factcheck.rules.notes import Checkpoint, NoteError

PATIENCE = 30.0
LARGEST = 64 * 1024 * 1024


def verified(url: str, verifiers: Sequence[str], saved: Sequence[str]) -> Iterator[Progress]:
    """Read a log from `url` (the address before /log) and check it; yield how far it is, with what differs.

    Without `verifiers` the key is the one that the server gives: then the signature shows only that the server is
    consistent with itself. `saved` are notes of checkpoints that must hold too.
    """
    base = url.rstrip("/").removesuffix("/log") + "/log"
    done = Progress()
    known = list(verifiers) or _get(f"{base}/key").decode().split()
    written = _get(f"{base}/checkpoint").decode()
    heads: list[Checkpoint] = []
    for name, note in (("checkpoint", written), *(("saved checkpoint", each) for each in saved)):
        try:
            keys.verified(note, known)
            heads.append(notes.parse_checkpoint(notes.parse(note).text))
        except NoteError as error:
            done.faults.append(Fault(name, f"Its signature or form is not valid: {error}."))
    if not heads or done.faults:
        yield done
        return
    size = heads[0].size
    done.total = size
    due = sorted({(head.size, head.root) for head in heads})
    frontier, previous = Frontier(), dict[tuple[str, str], tuple[int, int]]()
    _reached(frontier, due, done)
    for number in range(-(-size // TILE_WIDTH)):
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        path = merkle.tile_path(number) + (f".p/{width}" if width < TILE_WIDTH else "")
        hashes = _get(f"{base}/tile/0/{path}")
        for at, entry in enumerate(_bundle(_get(f"{base}/tile/entries/{path}"), width)):
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


def _get(address: str) -> bytes:
    if not address.startswith(("http://", "https://")):
        raise NotFound("The URL must begin with http:// or https://.")
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip, identity"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            raw: bytes = answer.read(LARGEST)
            return gzip.decompress(raw) if answer.headers.get("Content-Encoding") == "gzip" else raw
    except urllib.error.HTTPError as error:
        with error:
            raise NotFound(f"{address} responds with {error.code}.") from error
    except OSError as error:
        raise Unavailable(f"{address} does not respond: {error}.") from error
