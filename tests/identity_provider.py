"""An identity provider for tests: OpenID Connect over real HTTP with real keys, which lies as a test wants it to."""

import base64
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import orjson
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

Json = dict[str, Any]
CLIENT, SECRET = "the desk", "a secret: 50% & more"
PATHS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "jwks_uri": "/keys",
    "userinfo_endpoint": "/user",
    "end_session_endpoint": "/end",
}
WELL_KNOWN = "/.well-known/openid-configuration"
# In Chromium, somebody says there who they are; a test's own browser has said so before.
ASKING = """<!doctype html><html lang="en"><title>Provider</title><h1>Provider</h1>
<p><a href="{there}">Continue as {name}</a></p></html>"""


@cache
def key(kid: str, kind: str = "RS256") -> Key:
    """Return a key, which takes a while to make."""
    if kind.startswith("ES"):
        return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": kind}, private=True)
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}, private=True)


@dataclass
class IdentityProvider:
    """What it says of `user`, with which key it signs, and which keys it publishes.

    `changed` makes the claims of ID tokens what a test needs, and `signed` the token itself. `answers` take the place
    of its own answers, by path: a status and a body.
    """

    issuer: str = ""
    user: Json = field(default_factory=lambda: {"sub": "4711", "name": "Ama Mensah", "groups": ["checkers"]})
    algorithm: str = "RS256"
    kid: str = "first"
    published: list[str] = field(default_factory=lambda: ["first"])
    metadata: Json = field(default_factory=dict)
    in_token: tuple[str, ...] = ("name", "groups")
    asks: bool = False
    changed: Callable[[Json], Json] = lambda claims: claims
    signed: Callable[["IdentityProvider", Json], str] | None = None
    sent: Callable[[Json], Json] = lambda answer: answer
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    during: Callable[[str], None] = lambda _path: None
    requests: Counter[str] = field(default_factory=Counter)
    codes: dict[str, Json] = field(default_factory=dict)
    logged_out: list[Json] = field(default_factory=list)

    def document(self) -> Json:
        return {"issuer": self.issuer, **{name: self.issuer + path for name, path in PATHS.items()}} | self.metadata

    def id_token(self, nonce: str) -> str:
        moment = int(time.time())
        told = {name: value for name, value in self.user.items() if name == "sub" or name in self.in_token}
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": moment + 300, "iat": moment, "nonce": nonce, **told}
        claims = self.changed(claims)
        return self.signed(self, claims) if self.signed else self.sign(claims)

    def sign(self, claims: Json, kid: str | None = None, *, unnamed: bool = False) -> str:
        """Sign claims with the present key, or with another one; `unnamed` does not say with which."""
        kid = kid or self.kid
        head = {"alg": self.algorithm} | ({} if unnamed else {"kid": kid})
        return jwt.encode(head, claims, key(kid, self.algorithm), [self.algorithm])

    # --- its answers: a status, headers and a body

    def answer(self, path: str, sent: dict[str, str], headers: dict[str, str]) -> tuple[int, Json, bytes]:
        self.requests[path] += 1
        self.during(path)
        if path in self.answers:
            status, body = self.answers[path]
            return status, {}, body
        match path:
            case "/.well-known/openid-configuration":
                return 200, {}, orjson.dumps(self.document())
            case "/keys":
                keys = [key(kid, self.algorithm).as_dict(private=False) for kid in self.published]
                strange = [{"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}, {"kty": "new"}, "no key"]
                return 200, {}, orjson.dumps({"keys": [*strange, *keys]})
            case "/authorize":
                return self._authorize(sent)
            case "/token":
                return self._token(sent, headers)
            case "/user":
                known = headers.get("authorization") == "Bearer an access token"
                return (200, {}, orjson.dumps(self.user)) if known else (401, {}, b"{}")
            case "/end":
                self.logged_out.append(sent)
                return 302, {"Location": sent["post_logout_redirect_uri"]}, b""
        return 404, {}, b"{}"

    def _authorize(self, sent: dict[str, str]) -> tuple[int, Json, bytes]:
        assert (sent["client_id"], sent["response_type"], sent["code_challenge_method"]) == (CLIENT, "code", "S256")
        assert sent["scope"].split()[:2] == ["openid", "profile"]
        code = f"code-{len(self.codes)}"
        self.codes[code] = sent
        back = self.sent({"code": code, "state": sent["state"]})
        there = f"{sent['redirect_uri']}?{urlencode(back)}"
        if self.asks:
            return 200, {"Content-Type": "text/html"}, ASKING.format(there=there, name=self.user["name"]).encode()
        return 302, {"Location": there}, b""

    def _token(self, sent: dict[str, str], headers: dict[str, str]) -> tuple[int, Json, bytes]:
        kind, _, given = headers.get("authorization", "").partition(" ")
        user, _, password = base64.b64decode(given).decode().partition(":") if kind == "Basic" else ("", "", "")
        if (unquote_plus(user), unquote_plus(password)) != (CLIENT, SECRET):
            return 401, {}, b'{"error": "invalid_client"}'
        asked = self.codes.pop(sent["code"], None)
        good = asked is not None and (
            asked["redirect_uri"] == sent["redirect_uri"]
            and create_s256_code_challenge(sent["code_verifier"]) == asked["code_challenge"]
        )
        if not good or asked is None:
            return 400, {}, b'{"error": "invalid_grant"}'
        token = self.id_token(asked["nonce"])
        told = {"access_token": "an access token", "token_type": "Bearer", "id_token": token}
        return 200, {}, orjson.dumps(told)


@contextmanager
def providing(host: str = "127.0.0.1") -> Iterator[Callable[[], IdentityProvider]]:
    """Run a provider, whose issuer names `host`. Each call makes it like new."""
    provider = IdentityProvider()

    def like_new() -> IdentityProvider:
        nonlocal provider
        provider = IdentityProvider(issuer)
        return provider

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, form: str) -> None:
            sent = {name: values[0] for name, values in parse_qs(form).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, body = provider.answer(urlsplit(self.path).path, sent, headers)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = f"http://{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield like_new
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
