"""Ed25519 keys that sign notes (C2SP signed-note, types 0x01 and, for witnesses, 0x04 of tlog-cosignature)."""

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from factcheck.errors import Misconfigured
from factcheck.log.files import create_durably
from factcheck.messages import message
from factcheck.rules import notes
from factcheck.rules.notes import Note, NoteError, Signature


@dataclass(frozen=True)
class SigningKey:
    """A private key with the name that it signs under."""

    name: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def verifier(self, kind: int = notes.ED25519) -> str:
        """Return the public key in the form that note tools take: NAME+ID+BASE64."""
        return notes.verifier_key(self.name, kind, self.public)

    def sign(self, text: str) -> Signature:
        """Sign a note's text. Ed25519 gives the same text the same signature, always."""
        made = self.private.sign(text.encode())
        return Signature(self.name, notes.key_id(self.name, notes.ED25519, self.public), made)

    def cosign(self, text: str, seconds: int) -> Signature:
        """Sign a checkpoint as a witness that saw it at this POSIX time (cosignature/v1)."""
        made = struct.pack(">Q", seconds) + self.private.sign(_cosigned(text, seconds))
        return Signature(self.name, notes.key_id(self.name, notes.COSIGNATURE, self.public), made)


def make(file: Path) -> None:
    """Write a new private key that only its owner can read; the file must not be there yet."""
    seed = Ed25519PrivateKey.generate().private_bytes_raw()
    create_durably(file, base64.b64encode(seed).decode() + "\n")


def load(file: Path, name: str) -> SigningKey:
    """Read a private key. Raises Misconfigured."""
    try:
        seed = base64.b64decode(file.read_bytes().strip(), validate=True)
        return SigningKey(name, Ed25519PrivateKey.from_private_bytes(seed))
    except (OSError, ValueError) as error:
        raise Misconfigured(message("{file} has no readable key.", file=file)) from error


def verified(written: str, keys: Sequence[str]) -> tuple[Note, list[str]]:
    """Read a note and verify it against public keys (NAME+ID+BASE64).

    Returns the note and the keys that signed it: one at least. Signatures of unknown keys are passed over; one of a
    known key that does not verify spoils the note. Raises NoteError.
    """
    note = notes.parse(written)
    known = {}
    for key in keys:
        name, kind, public = notes.parse_verifier_key(key)
        known[name, notes.key_id(name, kind, public)] = (key, kind, public)
    signed = []
    for signature in note.signatures:
        found = known.get((signature.name, signature.key_id))
        if found is None:
            continue
        key, kind, public = found
        if not _verifies(note.text, signature, kind, public):
            raise NoteError(f"the signature of {signature.name} is not good")
        signed.append(key)
    if not signed:
        raise NoteError("no known key signed it")
    return note, signed


def _verifies(text: str, signature: Signature, kind: int, public: bytes) -> bool:
    message, made = text.encode(), signature.made
    if kind == notes.COSIGNATURE:
        if len(made) != 72:
            return False
        (seconds,) = struct.unpack(">Q", made[:8])
        message, made = _cosigned(text, seconds), made[8:]
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(made, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
