"""How often somebody may ask: what is counted and for whom, and what answers tell. Nobody locks out others."""

import re
from datetime import timedelta

import time_machine
from werkzeug.test import TestResponse

from factcheck.log.clock import now
from tests.desk import Desk
from tests.forms import Visitor

PROXY = "10.0.0.1"


def limits(answer: TestResponse) -> tuple[str | None, str | None]:
    return answer.headers.get("RateLimit-Policy"), answer.headers.get("RateLimit")


def asked(desk: Desk, client: str, path: str = "/openapi.json") -> TestResponse:
    """Ask as a client behind the proxy."""
    return desk.get(path, by=None, headers={"X-Forwarded-For": client}, environ_overrides={"REMOTE_ADDR": PROXY})


def test_answers_tell_what_is_left(seeded: Desk) -> None:
    limited = seeded.with_settings(rate_limit="3/minute;200/day")
    policy = '"3 per 1 minute";q=3;w=60, "200 per 1 day";q=200;w=86400'
    with time_machine.travel(now().replace(hour=12, second=10, microsecond=0), tick=False) as clock:
        limited.get("/v1/claims", by="reader")  # the first is no hot read: it looks up the token
        day = re.fullmatch(r'"3 per 1 minute";r=1;t=(\d+), "200 per 1 day";r=198;t=(\d+)', limits(
            hot := limited.get("/v1/claims", by="reader"))[1] or "")  # fmt: skip
        assert (hot.status_code, hot.headers["RateLimit-Policy"]) == (200, policy)
        assert day is not None
        assert 0 < int(day[1]) <= 60
        assert 0 < int(day[2]) <= 86_400
        missing = limited.get("/v1/claims/x", by="reader")
        assert (missing.status_code, missing.headers["RateLimit-Policy"]) == (404, policy)
        assert '"3 per 1 minute";r=0;' in missing.headers["RateLimit"]
        for path in ("/v1/claims", "/v1/me"):
            refused = limited.get(path, by="reader")
            assert (refused.status_code, refused.json["type"]) == (429, "/problems/too-many")
            assert refused.headers["RateLimit-Policy"] == policy
            told = re.match(r'"3 per 1 minute";r=0;t=(\d+), "200 per 1 day";r=197;', refused.headers["RateLimit"])
            assert told is not None
            assert told[1] == refused.headers["Retry-After"]
        assert limited.get("/v1/me", by="analyst").status_code == 200
        clock.shift(timedelta(minutes=1))
        assert limited.get("/v1/me", by="reader").status_code == 200
    assert limits(seeded.get("/v1/me")) == (None, None)


def test_health_is_never_limited(desk: Desk) -> None:
    limited = desk.with_settings(rate_limit="2/day")
    assert [limited.get("/openapi.json", by=None).status_code for _ in range(3)] == [200, 200, 429]
    for path in ("/healthz", "/readyz", "/static/desk.css"):
        for _ in range(5):
            answer = limited.get(path, by=None)
            assert (answer.status_code, limits(answer)) == (200, (None, None))
            answer.close()
    assert limited.get("/metrics", by=None).status_code == 429


def test_clients_behind_a_trusted_proxy_are_counted_apart(seeded: Desk) -> None:
    limited = seeded.with_settings(rate_limit="2/day", trusted_proxies=PROXY, public_read=True)
    by_flask = [("192.0.2.1", "/openapi.json"), ("192.0.2.2", "/openapi.json"), ("2001:db8:0:1::1", "/openapi.json")]
    hot = [("192.0.2.3", "/v1/claims"), ("2001:db8:0:2::1", "/v1/claims")]
    for client, path in by_flask + hot:
        assert [asked(limited, client, path).status_code for _ in range(3)] == [200, 200, 429], (client, path)
    assert asked(limited, "2001:db8:0:1:ffff::9").status_code == 429  # another address of the same client


def log_in(desk: Desk, token: str, client: str | None = None) -> TestResponse:
    visitor = Visitor(desk, by=None)
    fields = visitor.fields("/login", "/login") | {"token": token}
    headers = {"X-Forwarded-For": client} if client else {}
    return visitor.client.post("/login", data=fields, headers=headers, environ_overrides={"REMOTE_ADDR": PROXY})


def test_wrong_logins_of_one_client_lock_out_nobody(desk: Desk) -> None:
    behind = desk.with_settings(trusted_proxies=PROXY)
    guesses = [log_in(behind, f"fck_{at}", "192.0.2.1").status_code for at in range(12)]
    assert guesses == [401] * 10 + [429] * 2
    assert log_in(behind, "fck_x", "192.0.2.2").status_code == 401
    right = log_in(behind, desk.tokens["reader"], "192.0.2.2")
    assert (right.status_code, right.headers["Location"]) == (303, "/")


def test_a_right_login_is_let_in_from_any_address(desk: Desk) -> None:
    """An office, or a proxy that is not trusted, is one address for many people."""
    guesses = [log_in(desk, f"fck_{at}") for at in range(12)]
    assert [each.status_code for each in guesses] == [401] * 10 + [429] * 2
    assert guesses[0].headers["RateLimit-Policy"] == '"wrong logins";q=10;w=60'
    assert '"wrong logins";r=9;t=' in guesses[0].headers["RateLimit"]
    assert '"wrong logins";r=0;t=' in guesses[-1].headers["RateLimit"]
    assert 0 < int(guesses[-1].headers["Retry-After"]) <= 60
    right = log_in(desk, desk.tokens["reader"])
    assert (right.status_code, right.headers["Location"]) == (303, "/")
    assert log_in(desk, "fck_").status_code == 429


def test_a_guess_waits_for_no_writer(desk: Desk) -> None:
    visitor = Visitor(desk, by=None)
    for on in ("/login", "/login/x"):
        fields = visitor.fields(on, on) | {"token": "fck_x"}
        with desk.database.writing():
            assert visitor.client.post(on, data=fields).status_code == 401
