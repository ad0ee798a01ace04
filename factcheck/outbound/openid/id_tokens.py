"""ID tokens: whether one is signed by the provider, for this desk, for this login, and not over.

OpenID Connect Core 1.0, section 3.1.3.7. The signature and the times are checked by joserfc, the claims by Authlib.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, Key, RSAKey

SKEW = 60  # seconds by which the provider's clock may differ from ours
LONGEST = 64 * 1024  # characters of an ID token
LONGEST_SUBJECT = 255  # characters, as OpenID Connect Core has it
# Public keys alone: never a shared secret (HS256), and never none.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_KINDS: dict[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
_MODULUS = 342  # characters of the modulus of an RSA key of 2048 bits


class BadToken(ValueError):
    """The token is not what it must be. Its text is one word for what is wrong, such as `wrong_nonce`."""


class UnknownKey(BadToken):
    """The token is signed with a key that is not among those that are known. The provider may have a new one."""


def keys_of(document: Any) -> list[Key]:
    """Return the keys of a JWK set with which tokens may be signed. What is of another kind is passed over.

    Raises ValueError for what is no JWK set.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("It has no list of keys.")
    found: list[Key] = []
    for each in listed:
        kind = _KINDS.get(str(each.get("kty"))) if isinstance(each, dict) else None
        if kind is None or each.get("use", "sig") != "sig" or (kind is RSAKey and len(str(each.get("n"))) < _MODULUS):
            continue
        try:
            found.append(kind.import_key(each))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return found


def verified(
    token: str,
    keys: Sequence[Key],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
    at: int,
) -> dict[str, Any]:
    """Return the claims of an ID token that was asked for with this `nonce`. `at` is now, in seconds since 1970.

    Raises UnknownKey and BadToken.
    """
    header, claims = _read(token, keys)
    options: Any = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
    }
    params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    try:
        CodeIDToken(claims, header, options, params).validate(now=at, leeway=SKEW)
    except ExpiredTokenError as error:
        raise BadToken("expired_token") from error
    except ClaimError as error:
        raise BadToken(f"wrong_{error.claim.partition(',')[0]}") from error
    except (JoseError, TypeError, ValueError) as error:
        raise BadToken("bad_claims") from error
    if len(claims["sub"]) > LONGEST_SUBJECT:
        raise BadToken("wrong_sub")
    return claims


def _read(token: str, keys: Sequence[Key]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the header and the claims of a token, whose signature is good."""
    if len(token) > LONGEST or not token.isascii():
        raise BadToken("bad_token")
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    try:
        header = dict(jws.extract_compact(token.encode(), registry=registry).headers())
    except (JoseError, ValueError, TypeError) as error:
        raise BadToken("bad_token") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise BadToken("wrong_algorithm")
    kind = ECKey if algorithm.startswith("ES") else RSAKey
    fitting = [
        key for key in keys
        if isinstance(key, kind) and kid in (None, key.kid) and key.get("alg") in (None, algorithm)
    ]  # fmt: skip
    for key in fitting:
        try:
            payload = jws.deserialize_compact(token, key, registry=registry).payload
        except BadSignatureError:
            continue
        except (JoseError, ValueError, TypeError) as error:
            raise BadToken("wrong_algorithm") from error
        return header, _claims(payload)
    if kid is None or not fitting:
        raise UnknownKey("unknown_key")
    raise BadToken("bad_signature")


def _claims(payload: bytes | None) -> dict[str, Any]:
    try:
        claims = orjson.loads(payload or b"")
    except ValueError as error:
        raise BadToken("bad_token") from error
    if not isinstance(claims, dict):
        raise BadToken("bad_token")
    return claims
