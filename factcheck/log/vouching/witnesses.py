"""Witnesses (C2SP tlog-witness): somebody else who signs that a log only ever grew.

Both sides: asking witnesses to cosign a new checkpoint, and being one.
"""

import base64
import fcntl
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import structlog
from sqlalchemy.engine import Connection

from factcheck.errors import Misconfigured
from factcheck.log import keys, transparency
from factcheck.log.clock import now
from factcheck.log.files import replace_durably
from factcheck.log.keys import SigningKey
from factcheck.rules import merkle, notes
from factcheck.rules.notes import NoteError
from factcheck.storage.engine.database import Database

log = structlog.get_logger("factcheck.witnesses")
PATIENCE = 2.0  # seconds; a checkpoint does not wait longer for anybody
MOST_HASHES = 63


@dataclass(frozen=True)
class Witness:
    """A witness to ask: its public key (NAME+ID+BASE64) and the address before /add-checkpoint."""

    key: str
    url: str


def parse(setting: str) -> list[Witness]:
    """Read `KEY URL, KEY URL`. Raises Misconfigured."""
    found = []
    for part in filter(None, (part.strip() for part in setting.split(","))):
        key, _, url = part.partition(" ")
        try:
            notes.parse_verifier_key(key)
        except NoteError as error:
            raise Misconfigured(f"FACTCHECK_WITNESSES: {error}.") from error
        if not url.strip().startswith(("http://", "https://")):
            raise Misconfigured("FACTCHECK_WITNESSES must be KEY URL, KEY URL, …")
        found.append(Witness(key, url.strip().rstrip("/")))
    return found


def cosigned(written: str, witnesses: Sequence[Witness], database: Database) -> str:
    """Return a checkpoint's note with the cosignatures of those witnesses who answered in time.

    One that does not answer, or answers wrongly, is left out and logged: a checkpoint is published all the same.
    """
    note = notes.parse(written)
    signatures = list(note.signatures)
    for witness in witnesses:
        try:
            signatures += _ask(witness, note, written, database)
        except (OSError, NoteError, ValueError) as error:
            log.warning("no_cosignature", witness=witness.key.partition("+")[0], error=str(error))
    return notes.Note(note.text, tuple(signatures)).written()


def _ask(witness: Witness, note: notes.Note, written: str, database: Database) -> list[notes.Signature]:
    checkpoint = notes.parse_checkpoint(note.text)
    old = 0
    for _ in range(2):  # the first answer tells the size that the witness knows
        with database.reading_one_moment() as connection:
            proof = _proof(connection, old, checkpoint.size)
        body = "".join([f"old {old}\n", *(f"{hashed}\n" for hashed in proof), "\n", written])
        status, answer = _post(f"{witness.url}/add-checkpoint", body.encode())
        if status != 409 or not answer.strip().isdigit() or int(answer) > checkpoint.size:
            break
        old = int(answer)
    if status != 200:
        raise ValueError(f"answered {status}")
    note_of_theirs, _ = keys.verified(f"{note.text}\n{answer}", [witness.key])
    known = {signature.line() for signature in note.signatures}
    return [signature for signature in note_of_theirs.signatures if signature.line() not in known][:1]


def _proof(connection: Connection, old: int, size: int) -> list[str]:
    if not old:
        return []  # as the protocol has it for a witness that knows nothing of the log
    tree = transparency.Tree(connection, size)
    return [base64.b64encode(hashed).decode() for hashed in merkle.consistency_proof(old, size, tree.node)]


def _post(url: str, body: bytes) -> tuple[int, str]:
    request = urllib.request.Request(url, data=body, method="POST", headers={"Content-Type": "text/plain"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return int(answer.status), answer.read(100_000).decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(1000).decode("utf-8", "replace")


class WitnessDesk:
    """What a witness is: a key, the logs that it watches, and a file with the last checkpoint of each."""

    def __init__(self, key: SigningKey, logs: Sequence[str], file: Path) -> None:
        self.key, self.file = key, file
        self.logs: dict[str, list[str]] = {}
        for verifier in logs:
            name, _, _ = notes.parse_verifier_key(verifier)
            self.logs.setdefault(name, []).append(verifier)

    def add_checkpoint(self, body: bytes) -> tuple[int, str, str]:
        """Answer the call add-checkpoint: status, media type, body. Cosigns what continues what it knows."""
        try:
            old, proof, written = _parsed(body)
            note = notes.parse(written)
            checkpoint = notes.parse_checkpoint(note.text)
        except (NoteError, ValueError) as error:
            return 400, "text/plain", f"{error}\n"
        verifiers = self.logs.get(checkpoint.origin)
        if verifiers is None:
            return 404, "text/plain", "this witness does not know that log\n"
        try:
            keys.verified(written, verifiers)
        except NoteError as error:
            return 403, "text/plain", f"{error}\n"
        if old > checkpoint.size:
            return 400, "text/plain", "the old size is above the checkpoint's\n"
        with self._held() as known:
            size, root = known.get(checkpoint.origin, (0, base64.b64encode(merkle.EMPTY).decode()))
            before = base64.b64decode(root)
            if old != size or (old == checkpoint.size and before != checkpoint.root):
                return 409, "text/x.tlog.size", f"{size}\n"
            # The first checkpoint of a log is taken as it is: nothing earlier is known that it could contradict.
            first = not old and not proof
            if not first and not merkle.consistent(old, before, checkpoint.size, checkpoint.root, proof):
                return 422, "text/plain", "the consistency proof does not verify\n"
            self._write({**known, checkpoint.origin: (checkpoint.size, base64.b64encode(checkpoint.root).decode())})
        return 200, "text/plain; charset=utf-8", self.key.cosign(note.text, int(now().timestamp())).line()

    @contextmanager
    def _held(self) -> Iterator[Mapping[str, tuple[int, str]]]:
        """Hold the file against other processes, and yield what it says."""
        handle = os.open(self.file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            known = orjson.loads(self.file.read_bytes()) if self.file.exists() else {}
            yield {origin: (int(size), str(root)) for origin, (size, root) in known.items()}
        finally:
            os.close(handle)

    def _write(self, known: Mapping[str, tuple[int, str]]) -> None:
        replace_durably(self.file, json.dumps(known))


def _parsed(body: bytes) -> tuple[int, list[bytes], str]:
    text = body.decode("utf-8")
    head, gap, written = text.partition("\n\n")
    first, *lines = head.split("\n")
    size = first.removeprefix("old ")
    if not gap or not first.startswith("old ") or not size.isascii() or not size.isdigit() or str(int(size)) != size:
        raise ValueError("the body is: old SIZE, hashes, an empty line, a checkpoint")
    if len(lines) > MOST_HASHES:
        raise ValueError(f"a proof has at most {MOST_HASHES} hashes")
    hashes = [notes.decoded(line) for line in lines]
    if any(len(hashed) != merkle.HASH for hashed in hashes):
        raise ValueError("a hash has 32 bytes")
    return int(size), hashes, written
