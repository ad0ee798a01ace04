"""ID tokens, keys and documents of providers with anything in them: each is refused as what it is, or harmless."""

import base64
import time
from typing import Any

import orjson
import pytest
from joserfc import jwt

from factcheck.outbound.openid import id_tokens
from factcheck.outbound.openid.id_tokens import BadToken
from factcheck.outbound.openid.metadata import metadata_of
from tests.identity_provider import CLIENT, PATHS, Json, key

ISSUER = "https://id.example"
JUNK: list[Any] = [
    None, True, False, 0, -1, 1e308, 10**30, "", "x", "\0", [], [1], ["x"], [[]], [None], {}, {"a": 1}, "x" * 5000,
]  # fmt: skip
# What says nothing about who somebody is and for whom: Authlib takes an empty value of these for none.
FREE = ("acr", "jti", "name", "amr", "auth_time")


def claims() -> Json:
    moment = int(time.time())
    return {"iss": ISSUER, "aud": CLIENT, "exp": moment + 300, "iat": moment, "nonce": "n", "sub": "s"}


def verified(token: str, keys: list[Any]) -> str:
    """Return `good`, or what is wrong with a token."""
    known = {"issuer": ISSUER, "client_id": CLIENT, "nonce": "n", "access_token": "a"}
    try:
        id_tokens.verified(token, keys, **known, at=int(time.time()))
    except BadToken as error:
        return str(error)
    return "good"


def written(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "nbf", "nonce", "sub", "azp", "at_hash", *FREE])
def test_a_claim_can_be_anything(name: str) -> None:
    outcomes = {}
    for junk in JUNK:
        token = jwt.encode({"alg": "RS256", "kid": "first"}, claims() | {name: junk}, key("first"), ["RS256"])
        outcomes[repr(junk)] = verified(token, [key("first")])
    good = [junk for junk, outcome in outcomes.items() if outcome == "good"]
    if name in ("iss", "aud", "nonce"):
        assert good == []
    elif name == "sub":
        assert set(good) == {repr("x"), repr("\0")}
    elif name in ("azp", "at_hash"):
        assert all(not junk for junk in map(eval, good))
    elif name not in FREE:
        assert all(type(junk) in (int, float) for junk in map(eval, good))


@pytest.mark.parametrize("name", ["alg", "kid", "typ", "crit", "b64", "jwk", "x5c", "zip", "enc"])
def test_a_header_can_be_anything(name: str) -> None:
    for junk in JUNK:
        if junk != 10**30:
            head = written({"alg": "RS256", "kid": "first"} | {name: junk})
            assert verified(f"{head}.{written(claims())}.AAAA", [key("first")]) != "good"


@pytest.mark.parametrize("token", ["", "..", "...", "a.b.c", "é.é.é", "." * 100, "\0", f"{written(1)}.{written(1)}."])
def test_what_is_no_token(token: str) -> None:
    assert verified(token, [key("first")]) == "bad_token"


@pytest.mark.parametrize("kind", ["RS256", "ES256"])
@pytest.mark.parametrize("name", ["kty", "n", "e", "kid", "use", "alg", "key_ops", "x5c", "crv", "x", "y", "d"])
def test_a_key_can_be_anything(name: str, kind: str) -> None:
    token = jwt.encode({"alg": kind, "kid": "first"}, claims(), key("first", kind), [kind])
    public = dict(key("first", kind).as_dict(private=False))
    assert verified(token, id_tokens.keys_of({"keys": [public]})) == "good"
    for junk in JUNK:
        verified(token, id_tokens.keys_of({"keys": [public | {name: junk}]}))


def test_keys_that_are_too_short_or_secret_are_passed_over() -> None:
    short = {"kty": "RSA", "n": "AQAB" * 40, "e": "AQAB", "kid": "short"}
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}
    encrypting = dict(key("first").as_dict(private=False)) | {"use": "enc"}
    assert id_tokens.keys_of({"keys": [short, secret, encrypting, None, 7, []]}) == []
    for junk in (*JUNK, {"keys": None}, {"keys": {}}):
        with pytest.raises(ValueError, match="no list of keys"):
            id_tokens.keys_of(junk)


def test_a_document_can_be_anything() -> None:
    document: Json = {"issuer": ISSUER} | {name: ISSUER + path for name, path in PATHS.items()}
    lists = ("scopes_supported", "token_endpoint_auth_methods_supported")
    assert metadata_of(document, issuer=ISSUER).authentication == "client_secret_basic"
    assert metadata_of(document | {lists[1]: ["client_secret_post"]}, issuer=ISSUER).authentication.endswith("post")
    odd = ["http://[", "https://x?a=\n", "https://x/?é=<>", "https:", "javascript:x", "http://id.example/plain"]
    for name in (*document, *lists):
        for junk in (*JUNK, *odd):
            try:
                found = metadata_of(document | {name: junk}, issuer=ISSUER)
            except ValueError:
                continue
            assert found.token_endpoint.startswith("https:")
            assert found.authorization_endpoint.startswith("https:")
