"""Links that end all mail to somebody. Whoever has one can do that, and nothing else, without logging in."""

import hashlib

from itsdangerous import BadSignature, URLSafeSerializer

LONGEST = 300


def token_of(secret_key: str, person_id: str) -> str:
    """Return what stands for a person in their link. It is the same in each mail, and good for as long as the key."""
    return str(_serializer(secret_key).dumps(person_id))


def person_of(secret_key: str, token: str) -> str | None:
    """Return the id of the person for whom a token was made, None if this desk did not make it."""
    if len(token) > LONGEST or not token.isascii():
        return None
    try:
        return str(_serializer(secret_key).loads(token))
    except BadSignature:
        return None


def _serializer(secret_key: str) -> URLSafeSerializer:
    signing = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(secret_key, salt="unsubscribe", signer_kwargs=signing)
