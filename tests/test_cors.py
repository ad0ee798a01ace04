"""Scripts of other sites: they read the API where it is set, and nothing else, and never with the cookie."""

import re

import pytest
from werkzeug.test import TestResponse

from tests.desk import Desk
from tests.forms import Visitor

APP, OTHER = "https://app.example.org", "https://evil.example.org"
API = ("/v1/me", "/v1/claims?limit=1", "/v1/claims", "/v1/nothing", "/log/checkpoint", "/openapi.json",
       "/v1alpha1/claims:search?query=rally", "/reconcile")  # fmt: skip
PAGES = ("/", "/login", "/docs", "/metrics", "/healthz", "/readyz", "/static/desk.css", "/nothing", "/problems/stale",
         "/openapi.json/", "/v1")  # fmt: skip
MAY_SEND = {"Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Prefer", "X-Request-Id"}


@pytest.fixture
def shared(seeded: Desk) -> Desk:
    return seeded.with_settings(cors_origins=f"{APP},http://localhost:5173")


def allowed(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("Access-Control-")}


def test_an_origin_that_is_set_reads_the_api(shared: Desk) -> None:
    for path in API:
        for _ in range(2):  # a hot read is one only at the second time
            answer = shared.get(path, headers={"Origin": APP})
            told = allowed(answer)
            assert told.pop("Access-Control-Allow-Origin") == APP, path
            exposed = set(told.pop("Access-Control-Expose-Headers").split(", "))
            assert exposed >= {"ETag", "Link", "Location", "Log-Index", "Retry-After", "RateLimit", "RateLimit-Policy"}
            assert told == {}
            assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert "Origin" in answer.headers["Vary"].split(", ")
            assert len(answer.headers.getlist("Vary")) == 1
    made = shared.post("/v1/sources", {"name": "S", "kind": "group"}, headers={"Origin": APP})
    assert (made.status_code, made.headers["Access-Control-Allow-Origin"]) == (201, APP)
    refused = shared.post("/v1/sources", {}, headers={"Origin": APP}, by=None)
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, APP)


def test_nobody_else_reads_it(shared: Desk) -> None:
    claim = shared.get("/v1/claims?limit=1").json["items"][0]["links"]["self"]
    origins = [OTHER, "null", "", "*", APP + ".evil.example", APP + "/", APP + ":8443", "http://app.example.org",
               APP.upper(), f"{APP}, {OTHER}", f"{APP} {OTHER}"]  # fmt: skip
    for path in (*API, claim):
        for origin in origins:
            answer = shared.get(path, headers={"Origin": origin})
            assert allowed(answer) == {}, (path, origin)
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Origin" in answer.headers["Vary"].split(", ")  # or a cache would give it to everybody
        assert "Origin" in shared.get(path).headers["Vary"].split(", ")


def test_pages_are_for_nobody_else(shared: Desk) -> None:
    for path in PAGES:
        for method in ("GET", "OPTIONS", "POST"):
            headers = {"Origin": APP, "Access-Control-Request-Method": "GET"}
            answer = shared.request(method, path, headers=headers)
            assert allowed(answer) == {}, (method, path)
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            answer.close()


def test_nothing_is_set_by_itself(seeded: Desk) -> None:
    for origin in (APP, "null", "http://localhost"):
        for method in ("GET", "OPTIONS"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            answer = seeded.request(method, "/v1/claims", headers=headers)
            assert (answer.status_code, allowed(answer)) == (200, {})
            assert "Origin" not in answer.headers["Vary"]


def test_a_preflight_is_answered_for_every_path(shared: Desk) -> None:
    rules = [rule.rule for rule in shared.app.url_map.iter_rules() if rule.rule.startswith(("/v1", "/log/"))]
    paths = [re.sub(r"<[^>]*>", "x", rule) for rule in rules] + ["/openapi.json", "/v1/nothing", "/v1/claims/x/y"]
    assert len(paths) > 60
    for path in paths:
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            headers = {"Origin": APP, "Access-Control-Request-Method": method,
                       "Access-Control-Request-Headers": "authorization,if-match"}  # fmt: skip
            answer = shared.request("OPTIONS", path, by=None, headers=headers)
            assert (answer.status_code, answer.get_data()) == (204, b""), path
            told = allowed(answer)
            assert told["Access-Control-Allow-Origin"] == APP
            assert method in told["Access-Control-Allow-Methods"].split(", ")
            assert set(told["Access-Control-Allow-Headers"].split(", ")) == MAY_SEND
            assert "Access-Control-Allow-Credentials" not in told
            assert "Origin" in answer.headers["Vary"].split(", ")
    foreign = {"Origin": OTHER, "Access-Control-Request-Method": "GET"}
    assert allowed(shared.request("OPTIONS", "/v1/claims", by=None, headers=foreign)) == {}


def test_preflights_count_for_no_limit(shared: Desk) -> None:
    limited = shared.with_settings(rate_limit="1/day")
    headers = {"Origin": APP, "Access-Control-Request-Method": "GET"}
    answers = [limited.request("OPTIONS", "/v1/claims", by=None, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 204]


def test_the_cookie_writes_nothing_for_another_site(shared: Desk) -> None:
    visitor = Visitor(shared, by="analyst")
    body = {"name": "S", "kind": "group"}
    answer = visitor.client.post("/v1/sources", json=body, headers={"Origin": APP})
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/unauthenticated")
    assert "Access-Control-Allow-Credentials" not in answer.headers
