"""Cursors: where the next page begins, signed and bound to the list and filters that they were made for."""

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

LONGEST = 1000


class Cursors:
    """Seals keys of pages into texts and opens them again."""

    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeSerializer(
            secret_key, salt="cursor", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def seal(self, key: list[Any], bound_to: str) -> str:
        text = self._serializer.dumps([_print_of(bound_to), *key])
        assert isinstance(text, str)
        return text

    def open(self, cursor: str, bound_to: str) -> list[Any]:
        """Return the key. Raises ValueError with words for the client; the signature is checked first."""
        if len(cursor) > LONGEST or not cursor.isascii():
            raise ValueError("This is not a cursor of this desk.")
        try:
            fingerprint, *key = self._serializer.loads(cursor)
        except BadData:
            raise ValueError("This is not a cursor of this desk.") from None
        if fingerprint != _print_of(bound_to):
            raise ValueError("This cursor was made for another list or other filters.")
        return list(key)


def _print_of(bound_to: str) -> str:
    return hashlib.sha256(bound_to.encode()).hexdigest()[:16]
