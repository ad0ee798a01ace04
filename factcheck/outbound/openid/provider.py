"""The identity provider: where people log in, and who somebody is that comes back from there.

The authorization code flow with PKCE. Requests to the provider have a short time and a largest size, follow no
redirect, and go to private networks as well: the operator names the issuer, and the issuer its addresses.
"""

import http.client
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote_plus

import orjson
from authlib.common.security import generate_token
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import get_well_known_url
from joserfc.jwk import Key

from factcheck.errors import LoginFailed, ProviderUnavailable
from factcheck.messages import message
from factcheck.outbound.openid import id_tokens
from factcheck.outbound.openid.metadata import Metadata, metadata_of
from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import AddressRefused, Guard, networks
from factcheck.rules.web.claimed_roles import claimed
from factcheck.rules.web.codings import TooMuch
from factcheck.settings import Settings

SECONDS = 5.0  # for one request
LARGEST = 256 * 1024  # bytes of a response
FRESH = 3600  # seconds for which the provider's metadata and keys are used
AGAIN = 60  # seconds between two requests for keys, whatever keys tokens name
DOWN = message(
    "The identity provider does not respond as it must. Try again in a minute; if this stays, tell whoever runs it."
)
AGAIN_PLEASE = message("The login cannot be completed. Start it again.")


@dataclass(frozen=True)
class Client:
    """What this desk is at the provider."""

    issuer: str
    id: str
    secret: str
    role_claim: str


@dataclass(frozen=True)
class Pending:
    """A login that a browser has begun: what must come back, and what proves that it is the same browser."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the provider. `claimed` are the values of the role claim, None if there is no such claim."""

    issuer: str
    subject: str
    names: tuple[str, ...]
    claimed: tuple[str, ...] | None
    id_token: str


class Provider:
    """One issuer. Its metadata and keys are remembered, by each process for itself."""

    def __init__(self, client: Client, outbound: Outbound, now: Callable[[], datetime]) -> None:
        self.client = client
        self._outbound, self._now = outbound, now
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, list[Key]] | None = None

    def begin(self, redirect_uri: str) -> tuple[str, Pending]:
        """Return the address at which somebody logs in, and what to remember until they are back."""
        metadata = self._known()
        pending = Pending(*(generate_token(48) for _ in range(3)))
        scopes = ["openid", "profile"]
        if self.client.role_claim in metadata.scopes:  # some providers tell groups only to who asks for them
            scopes.append(self.client.role_claim)
        url = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self.client.id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=scopes,
            state=pending.state,
            nonce=pending.nonce,
            code_challenge=create_s256_code_challenge(pending.verifier),
            code_challenge_method="S256",
        )
        return str(url), pending

    def finish(self, sent: Mapping[str, str], pending: Pending | None, redirect_uri: str) -> Identity:
        """Return who has come back with the parameters that were `sent`.

        Raises LoginFailed, whose `reason` says in one word what is wrong, and ProviderUnavailable.
        """
        if pending is None or sent.get("state") != pending.state:
            raise _failed(
                "wrong_state", message("This browser has not begun this login, or has completed it. Start it again.")
            )
        metadata = self._known()
        if sent.get("iss", self.client.issuer) != self.client.issuer or (metadata.names_itself and "iss" not in sent):
            raise _failed(
                "wrong_issuer", message("The answer is from another identity provider. Start the login again.")
            )
        if "error" in sent:
            raise _error_of(sent["error"])
        if not sent.get("code"):
            raise _failed("no_code", AGAIN_PLEASE)
        tokens = self._exchange(metadata, sent["code"], pending.verifier, redirect_uri)
        token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(token, str) or not isinstance(access_token, str):
            raise ProviderUnavailable(DOWN, reason="no_id_token")
        claims = self._verified(metadata, token, pending.nonce, access_token)
        claims = {**self._user_info(metadata, claims, access_token), **claims}
        names = [claims.get(each) for each in ("name", "preferred_username")]
        return Identity(
            self.client.issuer,
            claims["sub"],
            tuple(each for each in names if isinstance(each, str)),
            claimed(claims, self.client.role_claim),
            token,
        )

    def log_out(self, id_token: str, back: str) -> str | None:
        """Return the address at which somebody logs out of the provider and comes back; None where it has none."""
        end = self._known().end_session_endpoint
        if end is None:
            return None
        told = {"client_id": self.client.id, "post_logout_redirect_uri": back}
        if id_token:
            told["id_token_hint"] = id_token
        return Metadata.with_parameters(end, told)

    # --- what the provider is asked for

    def _known(self) -> Metadata:
        with self._lock:
            if self._metadata is None or self._metadata[0] + FRESH <= self._seconds():
                url = get_well_known_url(self.client.issuer, external=True)
                self._metadata = (self._seconds(), self._read(partial(metadata_of, issuer=self.client.issuer), url))
            return self._metadata[1]

    def _signing_keys(self, metadata: Metadata, *, lacking: bool = False) -> list[Key]:
        """Return the provider's keys; ask for them again if one is `lacking`, but not twice a minute."""
        with self._lock:
            fresh = AGAIN if lacking else FRESH
            if self._keys is None or self._keys[0] + fresh <= self._seconds():
                self._keys = (self._seconds(), self._read(id_tokens.keys_of, metadata.jwks_uri))
            return self._keys[1]

    def _verified(self, metadata: Metadata, token: str, nonce: str, access_token: str) -> dict[str, Any]:
        check = partial(
            id_tokens.verified,
            token,
            issuer=self.client.issuer,
            client_id=self.client.id,
            nonce=nonce,
            access_token=access_token,
            at=int(self._seconds()),
        )
        try:
            try:
                return check(self._signing_keys(metadata))
            except id_tokens.UnknownKey:
                return check(self._signing_keys(metadata, lacking=True))
        except id_tokens.BadToken as error:
            told = message(
                "The identity provider has said who you are in a way that this desk does not trust. Start again."
            )
            raise _failed(str(error), told) from error

    def _exchange(self, metadata: Metadata, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=redirect_uri, code_verifier=verifier
        )  # fmt: skip
        method, client = metadata.authentication, self.client
        identity = (client.id, client.secret)
        if not client.secret:
            method = "none"
        elif method == "client_secret_basic":
            identity = (quote_plus(client.id), quote_plus(client.secret))  # RFC 6749, section 2.3.1
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        url, headers, body = ClientAuth(*identity, method).prepare("POST", metadata.token_endpoint, headers, body)
        status, raw = self._asked(lambda: self._outbound.exchange(url, headers, body.encode(), LARGEST))
        answer = _object(raw)
        if status == 200 and answer is not None:
            return answer
        if answer is not None and answer.get("error") == "invalid_grant":
            raise _failed("code_refused", message("The login took too long, or was completed before. Start it again."))
        raise ProviderUnavailable(DOWN, reason=f"token_endpoint_{_word(answer) or status}")

    def _user_info(self, metadata: Metadata, claims: Mapping[str, Any], access_token: str) -> dict[str, Any]:
        """Return what the provider tells beside the ID token, if the desk lacks a name or the role claim."""
        role_claim = self.client.role_claim
        whole = "name" in claims and (not role_claim or claimed(claims, role_claim) is not None)
        if whole or metadata.userinfo_endpoint is None:
            return {}
        headers = {"Accept": "application/json", "Authorization": f"Bearer {access_token}"}
        told: dict[str, Any] = self._read(_demanded, metadata.userinfo_endpoint, headers)
        if told.get("sub") != claims["sub"]:
            raise _failed("wrong_subject", AGAIN_PLEASE)
        return told

    def _read(self, read: Callable[[Any], Any], url: str, headers: Mapping[str, str] | None = None) -> Any:
        """Return what `read` makes of the JSON at a URL. Raises ProviderUnavailable."""
        asked = headers or {"Accept": "application/json"}
        raw = self._asked(lambda: self._outbound.get(url, asked, LARGEST, SECONDS))
        if raw.status != 200:
            raise ProviderUnavailable(DOWN, reason=f"status_{raw.status}", url=url)
        try:
            return read(orjson.loads(raw.body))
        except ValueError as error:
            raise ProviderUnavailable(DOWN, reason="bad_answer", url=url) from error

    @staticmethod
    def _asked(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (AddressRefused, TooMuch, OSError, http.client.HTTPException, ValueError) as error:
            raise ProviderUnavailable(DOWN, reason="no_answer") from error

    def _seconds(self) -> float:
        return self._now().timestamp()


def provider_of(settings: Settings, now: Callable[[], datetime]) -> Provider | None:
    """Return the provider that the settings name, if they name one."""
    if not settings.oidc_issuer:
        return None
    client = Client(
        settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, settings.oidc_role_claim
    )
    guard = Guard(networks("0.0.0.0/0,::/0"), http=settings.oidc_issuer.startswith("http://"))
    return Provider(client, Outbound(guard, deadline=SECONDS), now)


def _failed(reason: str, told: str) -> LoginFailed:
    return LoginFailed(told, reason=reason)


def _error_of(error: str) -> LoginFailed:
    if error == "access_denied":
        return _failed(
            error, message("The login was cancelled, or the identity provider does not let you in to this desk.")
        )
    return _failed(
        _word({"error": error}) or "error", message("The identity provider has refused the login. Start it again.")
    )


def _word(answer: Mapping[str, Any] | None) -> str:
    """Return a provider's word for an error, as a log line may have it."""
    word = answer.get("error") if answer is not None else None
    return word if isinstance(word, str) and len(word) <= 50 and word.isidentifier() else ""


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _demanded(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ValueError("It is no JSON object.")
    return found
