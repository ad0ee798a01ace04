"""Login by OpenID Connect: who comes in and in which role, and what no token and no answer of a provider gets past."""

import base64
import hmac
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import orjson
import pytest
import requests
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select, text
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from factcheck.desk import people
from factcheck.desk.redactions import people as redactions
from factcheck.desk.team import accounts
from factcheck.inspection import checkup
from factcheck.outbound.openid import provider as openid
from factcheck.rules.roles import Role
from factcheck.rules.web import claimed_roles
from factcheck.storage.tables.people import BrowserSession, ProviderAccount
from tests.desk import Desk
from tests.examining import claim_faults
from tests.forms import HTML, Forms, Visitor
from tests.identity_provider import CLIENT, SECRET, IdentityProvider, Json, key, providing
from tests.needs import NODE, needs

ROLES = "desk-admins=admin,checkers=analyst,everybody=reader"
LOGIN, BACK = "/login/openid", "/login/openid/return"


@pytest.fixture(scope="module")
def running() -> Iterator[Callable[[], IdentityProvider]]:
    with providing() as like_new:
        yield like_new


@pytest.fixture
def provider(running: Callable[[], IdentityProvider]) -> IdentityProvider:
    return running()


@pytest.fixture
def open_desk(desk: Desk, provider: IdentityProvider) -> Desk:
    """Return a desk that people log in to at the provider, and are added to, in the role of their groups."""
    return desk.with_settings(**settings(provider), oidc_add_people=True)


def settings(provider: IdentityProvider, **changes: Any) -> Json:
    given = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    roles = {"oidc_role_claim": "groups", "oidc_roles": ROLES}
    return {"base_url": "http://localhost", **given, **roles, **changes}


class Login:
    """A browser that goes to the provider and comes back."""

    def __init__(self, desk: Desk, provider: IdentityProvider) -> None:
        self.provider, self.visitor = provider, Visitor(desk, by=None)

    def go(self, path: str = LOGIN) -> str:
        """Begin, log in at the provider, and return the path with which the browser is sent back."""
        begun = self.visitor.get(path)
        assert begun.status_code == 303, begun.get_data(as_text=True)
        there = urlsplit(begun.headers["Location"])
        sent = {name: values[0] for name, values in parse_qs(there.query).items()}
        status, headers, _ = self.provider.answer(there.path, sent, {})
        assert status == 302
        assert headers["Location"].startswith(f"http://localhost{BACK}?")
        return str(headers["Location"]).removeprefix("http://localhost")

    def come_back(self, path: str | None = None) -> tuple[TestResponse, Json]:
        """Come back from the provider. Return the answer, and the log line that says what is wrong, if one does."""
        path = path or self.go()
        with capture_logs() as lines:
            answer = self.visitor.get(path)
        told = [line for line in lines if line["event"] == "login_not_completed"]
        assert not [line for line in lines if line["event"] == "accident"]
        return answer, told[0] if told else {}

    def name(self) -> str:
        """Return who the desk says that this browser is."""
        found = self.visitor.get("/v1/me", Accept="application/json")
        return str(found.json["name"]) if found.status_code == 200 else ""


def faults(desk: Desk) -> list[str]:
    with desk.database.writing() as session:
        found = [*checkup.log_faults(session), *claim_faults(session)]
    return [f"{fault.subject}: {fault.detail}" for fault in found]


def entries(desk: Desk, since: int) -> list[tuple[str, str]]:
    """Return who did what, from a place in the log on."""
    return [(each["actor"]["name"], each["action"]) for each in desk.changes()[since:]]


def refused(answer: TestResponse, line: Json, status: int, reason: str) -> str:
    """Demand the login page with what is wrong, and the log line that says it, and return the page."""
    page = answer.get_data(as_text=True)
    assert (answer.status_code, line.get("reason")) == (status, reason), (page, line)
    assert 'role="alert"' in page
    assert "Log in with 127.0.0.1" in page
    return page


# ── Who comes in ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_somebody_is_added_at_their_first_login_and_known_at_the_next(
    open_desk: Desk, provider: IdentityProvider
) -> None:
    before = len(open_desk.changes())
    login = Login(open_desk, provider)
    answer, _ = login.come_back(login.go(f"{LOGIN}?next=/work"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/work")
    assert login.name() == "Ama Mensah"
    assert entries(open_desk, before) == [("operator", "add"), ("operator", "bind_account")]
    again = Login(open_desk, provider)
    assert again.come_back(again.go(f"{LOGIN}?next=//evil.example/"))[0].headers["Location"] == "/"
    assert (again.name(), len(open_desk.changes())) == ("Ama Mensah", before + 2)
    person = login.visitor.get("/v1/me", Accept="application/json").json
    assert person["role"] == "analyst"
    found = open_desk.get(f"/v1/people/{person['id']}/accounts", by="admin").json["items"]
    digest = accounts.digest_of(provider.issuer, "4711")
    assert [(each["issuer"], each["digest"]) for each in found] == [(provider.issuer, digest)]
    # The account's number is nowhere; who knows it can check whose it is.
    assert "4711" not in repr(open_desk.changes()[before:]).replace(digest, "")
    assert faults(open_desk) == []


def test_nobody_is_added_unless_the_desk_says_so(desk: Desk, provider: IdentityProvider) -> None:
    closed = desk.with_settings(**settings(provider))
    before = len(closed.changes())
    login = Login(closed, provider)
    page = refused(*login.come_back(), 403, "unknown_account")
    assert "4711" in page  # which they hand to an admin
    assert (login.name(), len(closed.changes())) == ("", before)
    here = f"/v1/people/{closed.people['contributor']}/accounts"
    closed.made(here, {"subject": "4711"}, by="admin")
    login = Login(closed, provider)
    assert login.come_back()[0].status_code == 303
    assert login.name() == "Test contributor"
    admin = closed.people["admin"]
    assert closed.post(f"/v1/people/{admin}/accounts", {"subject": "4711"}, by="admin").status_code == 409


def test_a_name_that_is_taken_is_not_taken_over(open_desk: Desk, provider: IdentityProvider) -> None:
    before = len(open_desk.changes())
    for name in ("test ADMIN", "operator", "", "x" * 200, "Αnna", 7, None):
        provider.user = {"sub": "1", "name": name, "groups": ["checkers"]}
        login = Login(open_desk, provider)
        refused(*login.come_back(), 403, "name_taken")
        assert login.name() == ""
    assert len(open_desk.changes()) == before
    provider.user |= {"name": "Test admin", "preferred_username": "ama"}
    provider.in_token = ("name", "groups", "preferred_username")
    login = Login(open_desk, provider)
    login.come_back()
    assert login.name() == "ama"


def test_two_first_logins_at_once_add_one_person(open_desk: Desk, provider: IdentityProvider) -> None:
    logins = [Login(open_desk, provider) for _ in range(4)]
    paths = [login.go() for login in logins]
    answers: list[int] = []

    def finish(login: Login, path: str) -> None:
        answers.append(login.visitor.get(path).status_code)

    threads = [threading.Thread(target=finish, args=each) for each in zip(logins, paths, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 4
    assert [login.name() for login in logins] == ["Ama Mensah"] * 4


def test_somebody_who_is_disabled_stays_out(open_desk: Desk, provider: IdentityProvider) -> None:
    Login(open_desk, provider).come_back()
    with open_desk.database.writing() as session:
        people.disable(session, people.operator(session), name="Ama Mensah")
    login = Login(open_desk, provider)
    refused(*login.come_back(), 403, "disabled")
    assert login.name() == ""


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_role_is_taken_over_at_each_login(open_desk: Desk, provider: IdentityProvider) -> None:
    first = Login(open_desk, provider)
    first.come_back()
    before = len(open_desk.changes())
    for groups, role in (
        (["everybody"], "reader"), (["checkers", "others", "desk-admins"], "admin"), ("checkers", "analyst"),
    ):  # fmt: skip
        provider.user["groups"] = groups
        login = Login(open_desk, provider)
        login.come_back()
        assert login.visitor.get("/v1/me", Accept="application/json").json["role"] == role
        assert first.visitor.get("/v1/me", Accept="application/json").json["role"] == role
    assert entries(open_desk, before) == [("operator", "give_role")] * 3
    changes = [each["changes"][0] for each in open_desk.changes()[before:]]
    assert [(each["before"], each["after"]) for each in changes] == [
        ("analyst", "reader"), ("reader", "admin"), ("admin", "analyst"),
    ]  # fmt: skip
    assert faults(open_desk) == []


@pytest.mark.parametrize("groups", [[], ["others"], None, 7, [["checkers"]], {"checkers": True}])
def test_whoever_has_lost_every_role_is_out(open_desk: Desk, provider: IdentityProvider, groups: Any) -> None:
    first = Login(open_desk, provider)
    first.come_back()
    with open_desk.database.writing() as session:
        open_desk.tokens["ama"] = people.issue_token(session, people.operator(session), name="Ama Mensah")
    before = len(open_desk.changes())
    provider.user["groups"] = groups
    if groups is None:
        del provider.user["groups"]
    login = Login(open_desk, provider)
    for _ in range(2):
        page = refused(*login.come_back(), 403, "no_role")
        assert "gives you no role" in page
    assert (first.name(), login.name()) == ("", "")
    assert open_desk.get("/v1/me", by="ama").status_code == 401
    assert entries(open_desk, before) == [("operator", "revoke")]
    provider.user["groups"] = ["everybody"]
    login = Login(open_desk, provider)
    login.come_back()
    assert login.name() == "Ama Mensah"
    assert faults(open_desk) == []


def test_somebody_new_without_a_role_leaves_no_trace(open_desk: Desk, provider: IdentityProvider) -> None:
    before = len(open_desk.changes())
    provider.user["groups"] = ["others"]
    refused(*Login(open_desk, provider).come_back(), 403, "no_role")
    assert len(open_desk.changes()) == before


def test_without_a_role_claim_admins_give_roles_here(desk: Desk, provider: IdentityProvider) -> None:
    here = desk.with_settings(**settings(provider, oidc_role_claim="", oidc_roles=""), oidc_add_people=True)
    login = Login(here, provider)
    login.come_back()
    me = login.visitor.get("/v1/me", Accept="application/json").json
    assert me["role"] == "reader"
    here.patch(f"/v1/people/{me['id']}", {"role": "analyst"}, by="admin", etag="*")
    Login(here, provider).come_back()
    assert login.visitor.get("/v1/me", Accept="application/json").json["role"] == "analyst"


def test_roles_are_read_from_settings_and_claims() -> None:
    roles = claimed_roles.parse("CN=desk,OU=people=admin, the checkers = analyst,checkers=reader")
    assert roles == {"CN=desk,OU=people": Role.ADMIN, "the checkers": Role.ANALYST, "checkers": Role.READER}
    assert claimed_roles.parse(",".join(f"{role}s={role}" for role in Role)) == {f"{role}s": role for role in Role}
    assert claimed_roles.highest(roles, ["checkers", "the checkers", "x"]) is Role.ANALYST
    assert claimed_roles.highest(roles, ["Checkers"]) is None
    claims: Json = {"realm": {"roles": ["a", 7]}, "https://x.example/roles": "b", "group": {}}
    assert claimed_roles.claimed(claims, "realm.roles") == ("a",)
    assert claimed_roles.claimed(claims, "https://x.example/roles") == ("b",)
    assert [claimed_roles.claimed(claims, name) for name in ("group", "realm", "x", "realm.x.y", "")] == [None] * 5


def test_what_the_token_lacks_is_asked_for(open_desk: Desk, provider: IdentityProvider) -> None:
    Login(open_desk, provider).come_back()
    assert provider.requests["/user"] == 0
    provider.in_token, provider.user["groups"] = (), ["desk-admins"]
    login = Login(open_desk, provider)
    login.come_back()
    assert provider.requests["/user"] == 1
    assert login.visitor.get("/v1/me", Accept="application/json").json["role"] == "admin"
    provider.answers["/user"] = (200, b'{"sub": "somebody else", "groups": ["desk-admins"]}')
    refused(*Login(open_desk, provider).come_back(), 400, "wrong_subject")


# ── Tokens that are not what they must be ───────────────────────────────────────────────────────────────────────────


def with_claims(**changes: Any) -> Callable[[IdentityProvider, Json], str]:
    """Sign the claims with these changes; None leaves a claim out, and a number of seconds is counted from now."""

    def signed(provider: IdentityProvider, claims: Json) -> str:
        new = claims | changes
        for name in ("exp", "iat", "nbf"):
            if type(new.get(name)) is int and new[name] < 10_000:
                new[name] += int(time.time())
        return provider.sign({name: value for name, value in new.items() if value is not None})

    return signed


def by_secret(_: IdentityProvider, claims: Json) -> str:
    """Sign with the client's secret, as HS256 does."""
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET), ["HS256"])


def by_public_key(provider: IdentityProvider, claims: Json) -> str:
    """Sign with the text of the public key as if it were a secret."""
    head = {"alg": "HS256", "kid": provider.kid}
    told = ".".join(jwt_text(orjson.dumps(each)) for each in (head, claims))
    public = key(provider.kid).as_pem(private=False)
    return f"{told}.{jwt_text(hmac.digest(public, told.encode(), 'sha256'))}"


def jwt_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def without_signature(provider: IdentityProvider, claims: Json) -> str:
    return ".".join([jwt_text(orjson.dumps({"alg": "none"})), jwt_text(orjson.dumps(claims)), ""])


def cut(provider: IdentityProvider, claims: Json) -> str:
    head, payload, _ = provider.sign(claims).split(".")
    return f"{head}.{payload}.AAAA"


def altered(provider: IdentityProvider, claims: Json) -> str:
    head, _, signature = provider.sign(claims).split(".")
    other = provider.sign(claims | {"sub": "somebody else"}).split(".")[1]
    return f"{head}.{other}.{signature}"


def by_stranger(provider: IdentityProvider, claims: Json) -> str:
    return jwt.encode({"alg": "RS256", "kid": provider.kid}, claims, key("stranger"), ["RS256"])


def unknown_key(provider: IdentityProvider, claims: Json) -> str:
    return provider.sign(claims, "stranger")


def own_key(provider: IdentityProvider, claims: Json) -> str:
    """Name the key that is to verify it in the token itself."""
    own = key("stranger", "ES256")
    return jwt.encode({"alg": "ES256", "jwk": own.as_dict(private=False)}, claims, own, ["ES256"])


BAD: dict[str, tuple[Callable[[IdentityProvider, Json], str], str]] = {
    "another issuer": (with_claims(iss="https://other.example"), "wrong_iss"),
    "no issuer": (with_claims(iss=None), "wrong_iss"),
    "another audience": (with_claims(aud="another desk"), "wrong_aud"),
    "among other audiences, for another": (with_claims(aud=[CLIENT, "x"], azp="x"), "wrong_azp"),
    "among other audiences, for nobody": (with_claims(aud=[CLIENT, "x"]), "wrong_azp"),
    "for another": (with_claims(azp="x"), "wrong_azp"),
    "no audience": (with_claims(aud=[]), "wrong_aud"),
    "over": (with_claims(exp=-90), "expired_token"),
    "without an end": (with_claims(exp=None), "wrong_exp"),
    "an end that is no number": (with_claims(exp="tomorrow"), "wrong_exp"),
    "from the future": (with_claims(iat=90), "wrong_iat"),
    "not yet good": (with_claims(nbf=90), "wrong_nbf"),
    "another nonce": (with_claims(nonce="x"), "wrong_nonce"),
    "no nonce": (with_claims(nonce=None), "wrong_nonce"),
    "no subject": (with_claims(sub=None), "wrong_sub"),
    "an empty subject": (with_claims(sub=""), "wrong_sub"),
    "a subject that is no text": (with_claims(sub=4711), "wrong_sub"),
    "too long a subject": (with_claims(sub="7" * 256), "wrong_sub"),
    "another access token": (with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "wrong_at_hash"),
    "signed with the secret": (by_secret, "wrong_algorithm"),
    "signed with the public key as a secret": (by_public_key, "wrong_algorithm"),
    "not signed": (without_signature, "wrong_algorithm"),
    "a cut signature": (cut, "bad_signature"),
    "altered": (altered, "bad_signature"),
    "signed by a stranger": (by_stranger, "bad_signature"),
    "signed with an unknown key": (unknown_key, "unknown_key"),
    "with a key of its own": (own_key, "unknown_key"),
    "no token": (lambda _, __: "no token", "bad_token"),
    "encrypted": (lambda _, __: "a.b.c.d.e", "bad_token"),
    "too long": (lambda provider, claims: provider.sign(claims | {"x": "x" * 70_000}), "bad_token"),
    "no object": (lambda _, __: f"{jwt_text(b'[]')}.{jwt_text(b'[]')}.", "bad_token"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_lets_nobody_in(open_desk: Desk, provider: IdentityProvider, kind: str) -> None:
    provider.signed, reason = BAD[kind]
    login = Login(open_desk, provider)
    refused(*login.come_back(), 400, reason)
    assert login.name() == ""


GOOD: dict[str, Callable[[IdentityProvider, Json], str]] = {
    "a clock that is behind": with_claims(exp=-50),
    "a clock that is ahead": with_claims(iat=50, nbf=50),
    "a list of one audience": with_claims(aud=[CLIENT]),
    "among others, for the desk": with_claims(aud=["x", CLIENT], azp=CLIENT),
    "without the name of its key": lambda provider, claims: provider.sign(claims, unnamed=True),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_good_token_lets_somebody_in(open_desk: Desk, provider: IdentityProvider, kind: str) -> None:
    provider.signed = GOOD[kind]
    login = Login(open_desk, provider)
    answer, line = login.come_back()
    assert (answer.status_code, line) == (303, {})
    assert login.name() == "Ama Mensah"


def test_elliptic_curves_are_good_too(open_desk: Desk, provider: IdentityProvider) -> None:
    provider.algorithm = "ES256"
    login = Login(open_desk, provider)
    login.come_back()
    assert login.name() == "Ama Mensah"


def test_new_keys_are_fetched_once_a_minute_at_most(open_desk: Desk, provider: IdentityProvider) -> None:
    def outcome() -> tuple[int, int]:
        return Login(open_desk, provider).come_back()[0].status_code, provider.requests["/keys"]

    with time_machine.travel(time.time(), tick=True) as clock:
        assert [outcome(), outcome()] == [(303, 1), (303, 1)]
        provider.kid, provider.published = "second", ["first", "second"]
        assert outcome() == (400, 1)  # a minute has not gone by since the keys were fetched
        clock.shift(61)
        assert [outcome(), outcome()] == [(303, 2), (303, 2)]
        provider.kid = "third"  # which it does not publish
        assert outcome() == (400, 2)
        clock.shift(61)
        assert [outcome(), outcome()] == [(400, 3), (400, 3)]
        provider.kid, provider.published = "second", ["second"]
        assert outcome() == (303, 3)
        clock.shift(openid.FRESH)
        provider.published = ["third"]
        assert outcome() == (400, 4)  # a key that the provider has given up is not good for ever


# ── Answers that are not what they must be ──────────────────────────────────────────────────────────────────────────


def test_only_the_browser_that_began_can_come_back_and_only_once(open_desk: Desk, provider: IdentityProvider) -> None:
    login, other = Login(open_desk, provider), Login(open_desk, provider)
    path = login.go()
    refused(*other.come_back(path), 400, "wrong_state")
    other.go()
    refused(*other.come_back(path), 400, "wrong_state")
    assert provider.requests["/token"] == 0
    cookie = login.visitor.client.get_cookie("factcheck")
    assert cookie is not None
    assert login.come_back(path)[0].status_code == 303
    refused(*login.come_back(path), 400, "wrong_state")
    login.visitor.client.set_cookie("factcheck", cookie.value)  # a browser that goes back in time
    refused(*login.come_back(path), 400, "code_refused")


def test_a_login_must_come_back_in_ten_minutes(open_desk: Desk, provider: IdentityProvider) -> None:
    login = Login(open_desk, provider)
    with time_machine.travel(time.time(), tick=True) as clock:
        path = login.go()
        clock.shift(timedelta(minutes=11))
        refused(*login.come_back(path), 400, "wrong_state")


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        ({"error": "access_denied"}, 400, "access_denied"),
        ({"error": "server_error", "error_description": "<b>"}, 400, "server_error"),
        ({"error": "<script>"}, 400, "error"),
        ({"code": ""}, 400, "no_code"),
        ({"code": "guessed"}, 400, "code_refused"),
        ({"iss": "https://other.example"}, 400, "wrong_issuer"),
        ({"state": "guessed"}, 400, "wrong_state"),
        ({"state": ""}, 400, "wrong_state"),
    ],
)  # fmt: skip
def test_a_bad_answer_lets_nobody_in(
    open_desk: Desk, provider: IdentityProvider, sent: Json, status: int, reason: str
) -> None:
    provider.sent = lambda answer: answer | sent
    login = Login(open_desk, provider)
    page = refused(*login.come_back(), status, reason)
    assert "<b>" not in page.partition("<main")[2].partition("<h1>")[2].partition("</div>")[0]
    assert login.name() == ""


def test_a_parameter_that_comes_twice_is_refused(open_desk: Desk, provider: IdentityProvider) -> None:
    login = Login(open_desk, provider)
    path = login.go()
    refused(*login.come_back(f"{path}&{urlencode({'code': 'other'})}"), 400, "twice")


def test_an_issuer_that_names_itself_must_do_so(open_desk: Desk, provider: IdentityProvider) -> None:
    provider.metadata["authorization_response_iss_parameter_supported"] = True
    refused(*Login(open_desk, provider).come_back(), 400, "wrong_issuer")
    provider.sent = lambda answer: answer | {"iss": provider.issuer}
    assert Login(open_desk, provider).come_back()[0].status_code == 303


@pytest.mark.parametrize(
    ("path", "answer", "reason"),
    [
        ("/token", (500, b"<html>"), "token_endpoint_500"), ("/token", (200, b"[]"), "token_endpoint_200"),
        ("/token", (200, b"{}"), "no_id_token"), ("/token", (401, b'{"error": "invalid_client"}'),
        "token_endpoint_invalid_client"), ("/token", (200, b"x" * 300_000), "no_answer"),
        ("/keys", (404, b""), "status_404"), ("/keys", (200, b"{}"), "bad_answer"),
        ("/keys", (302, b""), "status_302"), ("/keys", (200, b"x" * 300_000), "no_answer"),
    ],
)  # fmt: skip
def test_a_provider_that_does_not_answer_as_it_must(
    open_desk: Desk, provider: IdentityProvider, path: str, answer: tuple[int, bytes], reason: str
) -> None:
    login = Login(open_desk, provider)
    provider.answers[path] = answer
    page = refused(*login.come_back(), 503, reason)
    assert "Try again in a minute" in page
    del provider.answers[path]
    assert Login(open_desk, provider).come_back()[0].status_code == 303


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.example"}, {"token_endpoint": None}, {"jwks_uri": 7},
        {"authorization_endpoint": "javascript:alert(1)"}, {"end_session_endpoint": "file:///etc/passwd"},
    ],
)  # fmt: skip
def test_a_document_of_another_issuer_is_not_believed(
    open_desk: Desk, provider: IdentityProvider, document: Json
) -> None:
    provider.metadata = document
    with capture_logs() as lines:
        answer = Visitor(open_desk, by=None).get(LOGIN)
    refused(answer, next(line for line in lines if "reason" in line), 503, "bad_answer")


def test_a_provider_that_is_down_is_told(desk: Desk) -> None:
    with providing() as like_new:
        gone = like_new()
    here = desk.with_settings(**settings(gone))
    with capture_logs() as lines:
        answer = Visitor(here, by=None).get(f"{LOGIN}?next=/work")
    page = refused(answer, next(line for line in lines if "reason" in line), 503, "no_answer")
    assert "next=/work" in page


def test_the_provider_is_asked_outside_of_transactions(open_desk: Desk, provider: IdentityProvider) -> None:
    written: list[str] = []

    def write(path: str) -> None:
        if path != "/authorize":
            with open_desk.database.writing() as session:
                people.issue_login_link(session, people.operator(session), name="Test reader")
            written.append(path)

    provider.during, provider.in_token = write, ()
    login = Login(open_desk, provider)
    login.come_back()
    assert login.name() == "Ama Mensah"
    assert written == ["/.well-known/openid-configuration", "/token", "/keys", "/user"]


def test_a_desk_without_a_provider_has_no_such_page(desk: Desk) -> None:
    visitor = Visitor(desk, by=None)
    assert [visitor.get(path).status_code for path in (LOGIN, BACK)] == [404, 404]
    assert "Log in with" not in visitor.get("/login").get_data(as_text=True)
    refusal = desk.post(f"/v1/people/{desk.people['reader']}/accounts", {"subject": "1"}, by="admin")
    assert (refusal.status_code, "no identity provider" in refusal.json["detail"]) == (409, True)


# ── Logging out ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_logging_out_leads_to_the_provider_if_it_has_an_end(open_desk: Desk, provider: IdentityProvider) -> None:
    login = Login(open_desk, provider)
    login.come_back()
    answer = login.visitor.send("/logout", {}, on="/login")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert f'href="{provider.issuer}/end?' in page
    assert "id_token_hint=" in page
    assert login.name() == ""
    with open_desk.database.reading() as connection:
        kept = connection.execute(select(BrowserSession.id_token).where(BrowserSession.ended_at.is_not(None)))
        assert {row.id_token for row in kept} == {None}
    # Whoever has logged in by a link is sent to the first page, as before.
    linked = Visitor(open_desk, by="analyst").send("/logout", {}, on="/login")
    assert (linked.status_code, linked.headers["Location"]) == (303, "/")


def test_logging_out_where_the_provider_has_no_end(open_desk: Desk, provider: IdentityProvider) -> None:
    provider.metadata["end_session_endpoint"] = None
    login = Login(open_desk, provider)
    login.come_back()
    answer = login.visitor.send("/logout", {}, on="/login")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_session_of_the_provider_lasts_half_a_day(open_desk: Desk, provider: IdentityProvider) -> None:
    login = Login(open_desk, provider)
    login.come_back()
    with time_machine.travel(time.time() + 11.9 * 3600):
        assert login.name() == "Ama Mensah"
    with time_machine.travel(time.time() + 12.1 * 3600):
        assert login.name() == ""
        Login(open_desk, provider).come_back()
        with open_desk.database.reading() as connection:
            kept = connection.execute(select(BrowserSession.id_token).order_by(BrowserSession.created_at)).scalars()
            assert [token is None for token in kept] == [True, False]


# ── Accounts of people ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_account_is_removed_with_its_sessions(open_desk: Desk, provider: IdentityProvider) -> None:
    login = Login(open_desk, provider)
    login.come_back()
    me = login.visitor.get("/v1/me", Accept="application/json").json["id"]
    with open_desk.database.writing() as session:
        open_desk.tokens["ama"] = people.issue_token(session, people.operator(session), name="Ama Mensah")
    [account] = open_desk.get(f"/v1/people/{me}/accounts", by="ama").json["items"]
    here = account["links"]["self"]
    assert open_desk.get(here, by="ama").json == account
    assert [open_desk.request("DELETE", here, by=by).status_code for by in ("ama", "analyst")] == [403, 403]
    assert open_desk.get(here, by="analyst").status_code == 403
    before = len(open_desk.changes())
    assert open_desk.request("DELETE", here, by="admin").status_code == 204
    assert entries(open_desk, before) == [("Test admin", "unbind_account")]
    assert open_desk.request("DELETE", here, by="admin").status_code == 404
    assert login.name() == ""
    assert open_desk.get("/v1/me", by="ama").status_code == 200  # a token is no session
    refused(*Login(open_desk, provider).come_back(), 403, "name_taken")
    assert faults(open_desk) == []


def test_an_admin_adds_and_removes_an_account_on_a_page(desk: Desk, provider: IdentityProvider) -> None:
    here = desk.with_settings(**settings(provider))
    admin, person = Visitor(here, by="admin"), f"/people/{here.people['contributor']}"
    empty = admin.send(f"{person}/accounts", {"subject": ""}, on=person)
    assert (empty.status_code, "Number of the account" in empty.get_data(as_text=True)) == (422, True)
    added = admin.send(f"{person}/accounts", {"subject": "4711"}, on=person)
    assert added.status_code == 303
    shown = admin.get(added.headers["Location"]).get_data(as_text=True)
    assert "The account was added." in shown
    again = admin.send(f"{person}/accounts", {"subject": "4711"}, on=person)
    assert (again.status_code, "bound to a person already" in again.get_data(as_text=True)) == (409, True)
    login = Login(here, provider)
    login.come_back()
    assert login.name() == "Test contributor"
    own = login.visitor.get(person).get_data(as_text=True)
    assert (provider.issuer in own, "Add an account" in own) == (True, False)
    with here.database.reading() as connection:
        account = connection.execute(select(ProviderAccount.id)).scalar_one()
    removed = admin.send(f"{person}/accounts/{account}/end", {}, on=person)
    assert removed.status_code == 303
    assert login.name() == ""


def test_nobody_else_may_bind_accounts(desk: Desk, provider: IdentityProvider) -> None:
    here = desk.with_settings(**settings(provider))
    for by in ("reader", "contributor", "analyst"):
        path = f"/v1/people/{here.people[by]}/accounts"
        assert here.post(path, {"subject": "1"}, by=by).status_code == 403
    with here.database.reading() as connection:
        operator = people.known(connection, "operator").id
    assert here.post(f"/v1/people/{operator}/accounts", {"subject": "1"}, by="admin").status_code == 409
    bad = here.post(f"/v1/people/{here.people['reader']}/accounts", {"subject": "x" * 256}, by="admin")
    assert (bad.status_code, bad.json["errors"][0]["pointer"]) == (422, "/subject")


def test_an_erased_person_has_no_account_any_more(open_desk: Desk, provider: IdentityProvider) -> None:
    login = Login(open_desk, provider)
    login.come_back()
    with open_desk.database.writing(long=True) as session:
        redactions.erase(session, people.operator(session), name="Ama Mensah", reason="They asked for it.")
    digest = accounts.digest_of(provider.issuer, "4711")
    with open_desk.database.reading() as connection:
        assert connection.execute(select(ProviderAccount.id)).all() == []
        contents = connection.execute(text("SELECT content FROM revision_contents")).scalars().all()
    assert not [each for each in contents if digest.encode() in bytes(each)]
    assert faults(open_desk) == []
    login = Login(open_desk, provider)
    login.come_back()
    assert login.name() == "Ama Mensah"  # somebody new


# ── Without the built-in ways ───────────────────────────────────────────────────────────────────────────────────────


def test_login_links_can_be_switched_off_but_in_the_shell(desk: Desk, provider: IdentityProvider) -> None:
    here = desk.with_settings(**settings(provider), login_links=False)
    person = here.people["reader"]
    refusal = here.post(f"/v1/people/{person}/login-link", by="admin")
    assert (refusal.status_code, "switched off" in refusal.json["detail"]) == (409, True)
    page = Visitor(here, by=None).get("/login").get_data(as_text=True)
    assert ("Log in with 127.0.0.1" in page, "Your token" in page) == (True, False)
    visitor = Visitor(desk, by=None)
    fields = visitor.fields("/login", "/login") | {"token": here.tokens["reader"]}
    visitor.client.application = here.app
    answer = visitor.client.post("/login", data=fields, headers=HTML)
    assert (answer.status_code, "switched off" in answer.get_data(as_text=True)) == (409, True)
    # A link from the shell, as `Visitor` logs in, is the way in for emergencies.
    admin = Visitor(here, by="admin")
    assert admin.get("/v1/me", Accept="application/json").json["role"] == "admin"
    shown = admin.get(f"/people/{person}").get_data(as_text=True)
    assert ("Make a login link" in shown, "Add an account" in shown) == (False, True)


# ── A certified provider ────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def certified() -> Iterator[str]:
    """Run npm's `oidc-provider`, and yield its issuer."""
    script = Path(__file__).parent / "data" / "identity_provider.mjs"
    environment = {**os.environ, "NODE_MODULES": f"{NODE}/node_modules"}
    words = ["node", "--no-warnings", str(script), f"http://localhost{BACK}"]
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def come_through(session: requests.Session, there: str, name: str) -> str:
    """Log in at the certified provider, agree to what the desk asks for, and return the path that leads back."""
    answer = session.get(there, allow_redirects=False)
    while True:
        if answer.is_redirect:
            there = urljoin(answer.url, answer.headers["Location"])
            if there.startswith(f"http://localhost{BACK}"):
                return there.removeprefix("http://localhost")
            answer = session.get(there, allow_redirects=False)
            continue
        assert answer.status_code == 200, answer.text
        [(action, fields), *_] = Forms(answer.text).found
        given = {each: name for each in ("login", "password") if each in fields}
        answer = session.post(urljoin(answer.url, action), data=fields | given, allow_redirects=False)


@pytest.mark.slow
@needs("oidc-provider")
def test_a_client_of_a_certified_provider(desk: Desk) -> None:
    with certified() as issuer:
        given = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_role_claim": "groups"}
        here = desk.with_settings(
            base_url="http://localhost", oidc_issuer=issuer, oidc_roles=ROLES, oidc_add_people=True, **given
        )
        for name, role in (("ama", "analyst"), ("kofi", "admin"), ("nobody", None)):
            visitor = Visitor(here, by=None)
            with requests.Session() as session:
                there = visitor.get(LOGIN).headers["Location"]
                path = come_through(session, there, name)
                answer = visitor.get(path)
                if role is None:
                    assert answer.status_code == 403
                    continue
                assert answer.status_code == 303, answer.get_data(as_text=True)
                assert visitor.get("/v1/me", Accept="application/json").json["role"] == role
                assert visitor.get(path).status_code == 400
                page = visitor.send("/logout", {}, on="/login").get_data(as_text=True)
                [end] = [unescape(each) for each in re.findall(r'href="([^"]+/session/end[^"]+)"', page)]
                asked = session.get(end)
                assert asked.status_code == 200
                [(action, fields), *_] = Forms(asked.text).found
                left = session.post(action, data=fields | {"logout": "yes"}, allow_redirects=False)
                assert left.headers["Location"] == "http://localhost/login"
