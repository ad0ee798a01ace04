"""Cursors: where the next page begins, signed and bound to the list and filters that they were made for."""

import hashlib
from functools import lru_cache
from typing import Any

import orjson
from itsdangerous import BadSignature, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from factcheck.messages import message

LONGEST = 1000


class Cursors:
    """Seals keys of pages into texts and opens them again.

    A cursor is the base64url of a JSON array (the print of what it is bound to, then the key), a dot, and the
    signature, an HMAC with SHA-256.
    """

    def __init__(self, secret_key: str) -> None:
        named = Signer(secret_key, salt="cursor", key_derivation="hmac", digest_method=hashlib.sha256)
        # Derived once: each signer derives its key anew for every signature.
        self._signer = Signer(named.derive_key(), key_derivation="none", digest_method=hashlib.sha256)

    def seal(self, key: list[Any], bound_to: str) -> str:
        return self._signer.sign(base64_encode(orjson.dumps([_print_of(bound_to), *key]))).decode()

    def open(self, cursor: str, bound_to: str) -> list[Any]:
        """Return the key. Raises ValueError with words for the client; the signature is checked first."""
        if len(cursor) > LONGEST or not cursor.isascii():
            raise ValueError(message("This desk did not create this cursor."))
        try:
            fingerprint, *key = orjson.loads(base64_decode(self._signer.unsign(cursor)))
        except BadSignature:
            raise ValueError(message("This desk did not create this cursor.")) from None
        if fingerprint != _print_of(bound_to):
            raise ValueError(message("This cursor belongs to another list or other filters."))
        return list(key)


@lru_cache(maxsize=1024)
def _print_of(bound_to: str) -> str:
    return hashlib.sha256(bound_to.encode()).hexdigest()[:16]
