"""Signed notes (C2SP signed-note) and checkpoints (C2SP tlog-checkpoint): their texts, without the signing."""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

ED25519 = 1  # signature types that signed-note assigns
COSIGNATURE = 4
MOST_SIGNATURES = 64
LONGEST = 1_000_000

_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class NoteError(ValueError):
    """The text is not a note, a key or a checkpoint; the message says why."""


@dataclass(frozen=True)
class Signature:
    """One signature line: the key's name, its id of four bytes, and what the key made."""

    name: str
    key_id: bytes
    made: bytes

    def line(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.made).decode()}\n"


@dataclass(frozen=True)
class Note:
    """A text that ends in a newline, and its signatures."""

    text: str
    signatures: tuple[Signature, ...]

    def written(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its origin line, how many leaves it has, and their root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse(written: str) -> Note:
    """Read a signed note. Raises NoteError."""
    if len(written) > LONGEST or any(ord(letter) < 32 and letter != "\n" for letter in written):
        raise NoteError("a note holds no control characters but newlines, and has an end")
    text, gap, lines = written.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signature lines")
    signatures = []
    for line in lines[:-1].split("\n"):
        found = _SIGNATURE.fullmatch(line)
        if found is None:
            raise NoteError("a signature line is — NAME BASE64")
        blob = decoded(found[2])
        if len(blob) < 5:
            raise NoteError("a signature has an id of four bytes and something behind it")
        signatures.append(Signature(found[1], blob[:4], blob[4:]))
    if len(signatures) > MOST_SIGNATURES:
        raise NoteError(f"a note has at most {MOST_SIGNATURES} signatures here")
    return Note(text + "\n", tuple(signatures))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint from the text of a note; extension lines are allowed and ignored. Raises NoteError."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise NoteError("a checkpoint has at least three lines, none of them empty")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size):
        raise NoteError("the second line of a checkpoint is a size")
    hashed = decoded(root)
    if len(hashed) != 32:
        raise NoteError("the third line of a checkpoint is a root of 32 bytes")
    return Checkpoint(origin, int(size), hashed)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def verifier_key(name: str, kind: int, public: bytes) -> str:
    """Write a public key as NAME+ID+BASE64, the form that note tools take."""
    return f"{name}+{key_id(name, kind, public).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"


def parse_verifier_key(written: str) -> tuple[str, int, bytes]:
    """Return name, signature type and public key. Raises NoteError."""
    name, _, rest = written.strip().partition("+")
    hexed, _, encoded = rest.partition("+")
    blob = decoded(encoded)
    if not _NAME.fullmatch(name) or len(blob) != 33 or blob[0] not in (ED25519, COSIGNATURE):
        raise NoteError("a key is NAME+ID+BASE64 of an Ed25519 key")
    if hexed != key_id(name, blob[0], blob[1:]).hex():
        raise NoteError("the key's id is not that of its name and key")
    return name, blob[0], blob[1:]


def good_name(name: str) -> bool:
    """Say whether a key may have this name."""
    return _NAME.fullmatch(name) is not None and name.isprintable()


def decoded(encoded: str) -> bytes:
    """Decode standard base64 strictly: what is not written in the one right way is refused."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("not base64") from None
    if base64.b64encode(blob).decode() != encoded:
        raise NoteError("not canonical base64")
    return blob
