"""The hot reads answer what Flask's routes answer, to the last header, and leave to them what is out of the ordinary.

Every request is made twice: plainly, and with an Accept header that means the same and is not plain.
"""

import json
from typing import Any

import pytest
from flask import request_started
from werkzeug.test import TestResponse, create_environ

from factcheck.desk import people
from factcheck.desk.access.callers import Callers
from factcheck.queries import lists
from tests.desk import Desk, Statements

RALLY, MILLION = "niger-2023-11-06/C12", "niger-2023-11-06/C15"
NOT_PLAIN = {"Accept": "application/json;q=1"}
ASKED_AS = {"X-Request-Id": "asked-as-this"}
TOTAL = "factcheck_requests_total"
NOWHERE = "/v1/claims/00000000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def long_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember tokens for longer than a test may take."""
    monkeypatch.setattr(Callers, "LASTS", 600.0)


class Both:
    """Asks a desk both ways, and compares."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        for token in desk.tokens:
            desk.get("/v1/me", by=token)  # so that each was good a moment ago

    def ask(self, path: str, *, by: str | None = "reader", hot: bool = True, **headers: str) -> TestResponse:
        """Ask, and return the answer. `hot` says whether Flask must make no request of it when it is asked plainly."""
        given = ASKED_AS | {name.replace("_", "-"): value for name, value in headers.items()}
        plain, made = self._counted(path, by, given)
        other, of_flask = self._counted(path, by, NOT_PLAIN | given)
        assert (made, of_flask) == (0 if hot else 1, 1), (path, headers)
        assert _told(plain) == _told(other), (path, headers)
        return plain

    def _counted(self, path: str, by: str | None, headers: dict[str, str]) -> tuple[TestResponse, int]:
        made = []

        def count(*_sender: Any, **_more: Any) -> None:
            made.append(path)

        with request_started.connected_to(count, self.desk.app):
            shown = {"Authorization": f"Bearer {self.desk.tokens[by]}"} if by else {}
            answer = self.desk.app.test_client(use_cookies=False).get(path, headers=shown | headers)
        return answer, len(made)


def _told(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    headers = sorted(each for each in answer.headers.items() if each[0] != "Retry-After")
    return answer.status, headers, answer.get_data()


def test_a_claim(seeded: Desk) -> None:
    both = Both(seeded)
    claim = seeded.by_external_id(MILLION)
    path = f"/v1/claims/{claim['id']}"
    found = both.ask(path)
    assert (found.status_code, found.json) == (200, claim)
    etag = found.headers["ETag"]
    assert both.ask(path.replace(claim["id"], claim["id"].upper())).json == claim
    for held in (etag, f"W/{etag}", f'"other", {etag}'):
        assert both.ask(path, If_None_Match=held).status_code == 304
    for held in ('"other"', "other", ""):
        assert both.ask(path, If_None_Match=held).json == claim
    assert both.ask(path, by="analyst", Cookie="factcheck=x").json == claim
    assert both.ask(f"{path}?as_of=2100-01-01T00:00:00Z", hot=False).status_code == 200
    assert both.ask(f"{path}?x=1", hot=False).status_code == 422


def test_a_page(seeded: Desk) -> None:
    both = Both(seeded)
    claim = seeded.by_external_id(MILLION)
    article, origin = claim["article_id"], claim["attribution"]["origin"]["id"]
    queries = (
        "", "?", "?limit=7", "?status=disputed,verified", "?status=unverified&kind=quantity&sort=created_at&limit=3",
        f"?article={article}&origin={origin}&source={origin}&tag=rally", "?updated_since=2020-01-01T00:00:00Z&limit=1",
        "?external_id=niger-2023-11-06%2FC15", "?tag=nobody+has+it", "?attribution_status=unverified&limit=2",
    )  # fmt: skip
    for query in queries:
        page = both.ask(f"/v1/claims{query}")
        assert page.status_code == 200
        while (following := page.json["next_cursor"]) is not None:
            page = both.ask(f"/v1/claims?{query[1:]}&cursor={following}".replace("?&", "?"))
            assert page.status_code == 200
    assert both.ask(f"/v1/claims?external_id={MILLION}").json["items"] == [claim]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/claims?limit=0", 422),
        ("/v1/claims?limit=1&limit=2", 422),
        ("/v1/claims?nothing=1", 422),
        ("/v1/claims?tag=%00", 422),
        ("/v1/claims?tag=%ff", 400),
        ("/v1/claims?tag=fck_0123456789", 400),
        ("/v1/claims?tag=%66ck_0123456789", 400),
        ("/v1/claims?q=stadium", 200),
        ("/v1/claims?count=true&limit=1", 200),
        ("/v1/claims?tag=" + "x" * 2000, 422),
        ("/v1/claims?" + "&" * 100, 400),
        ("/v1/claims/", 404),
        ("/v1/claims/x", 404),
        ("/v1/claims-of-others", 404),
        (NOWHERE + "/", 404),
        (NOWHERE + "%0A", 404),
    ],
)
def test_what_is_out_of_the_ordinary(seeded: Desk, path: str, status: int) -> None:
    assert Both(seeded).ask(path, hot=False).status_code == status


def test_refusals(seeded: Desk) -> None:
    both = Both(seeded)
    path = f"/v1/claims/{seeded.by_external_id(RALLY)['id']}"
    assert both.ask(path, by=None, hot=False).status_code == 401
    for bad in ("Basic x", "Bearer x", "Bearer fck_", f"Bearer fck_{'x' * 43}", ""):
        assert both.ask(path, by=None, hot=False, Authorization=bad).status_code == 401
    assert both.ask(path, hot=False, X_More="x" * 70_000).status_code == 431
    malformed = seeded.get(path, by="reader", headers={"X-Request-Id": "not good"})
    assert (malformed.status_code, len(malformed.headers["X-Request-Id"])) == (400, 36)
    assert seeded.request("HEAD", path, by="reader").get_data() == b""
    chunked = seeded.get(path, by="reader", headers={"Transfer-Encoding": "chunked", "Content-Type": "text/plain"})
    assert chunked.status_code == 411


def test_errors_cost_one_statement_and_are_flasks(seeded: Desk, logged: Any) -> None:
    both = Both(seeded)
    gone = seeded.claim()["id"]
    assert seeded.post(f"/v1/claims/{gone}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    for path, status in ((NOWHERE, 404), (f"/v1/claims/{gone}", 410), ("/v1/claims?cursor=x", 422)):
        assert both.ask(path, hot=False).status_code == status
    with Statements(seeded) as statements:
        seeded.get(NOWHERE, by="reader")
    assert len(statements.seen) == 1
    line = json.loads(logged.getvalue().splitlines()[-1])
    assert (line["status"], line["person"]) == (404, seeded.people["reader"])


def test_anybody_where_anybody_may_read(seeded: Desk) -> None:
    both = Both(seeded.with_settings(public_read=True))
    assert both.ask("/v1/claims?limit=2", by=None).status_code == 200
    assert both.ask("/v1/claims?limit=2", by=None, hot=False, Cookie="factcheck=x").status_code == 200
    assert both.ask("/v1/claims?limit=2", by=None, hot=False, Authorization="Bearer x").status_code == 401


def test_a_revoked_token_reads_nothing(seeded: Desk) -> None:
    both = Both(seeded)
    assert both.ask("/v1/claims").status_code == 200
    with seeded.database.writing() as session:
        people.revoke(session, people.operator(session), name="Test reader")
    assert both.ask("/v1/claims", hot=False).status_code == 401


def test_requests_are_counted_once(seeded: Desk) -> None:
    limited = seeded.with_settings(rate_limit="6/day")
    paths = ["/v1/me", "/v1/claims", NOWHERE, "/v1/claims?limit=0", "/v1/claims?cursor=x", "/v1/claims"]
    assert [limited.get(path, by="reader").status_code for path in paths] == [200, 200, 404, 422, 422, 200]
    for headers in ({}, NOT_PLAIN):
        refused = limited.get("/v1/claims", by="reader", headers=headers)
        assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert limited.get("/v1/claims", by="analyst").status_code == 200


def test_a_hidden_verdict_stays_hidden(seeded: Desk) -> None:
    claim = seeded.by_external_id(RALLY)["id"]
    given = seeded.review(claim, status="unverifiable", reason="Nobody counted.").json
    asked = seeded.post(f"/v1/claims/{claim}/second-opinion", {"question": "content"})
    assert (given["status"], asked.status_code) == ("unverifiable", 201)
    both = Both(seeded)
    for by, shown in (("reader", "unverifiable"), ("analyst", "unverifiable"), ("admin", "in_review")):
        assert both.ask(f"/v1/claims/{claim}", by=by).json["status"] == shown
        listed = both.ask(f"/v1/claims?status={shown}", by=by).json["items"]
        assert claim in [item["id"] for item in listed]


def test_an_accident_is_answered_by_flask(seeded: Desk, monkeypatch: pytest.MonkeyPatch, logged: Any) -> None:
    both = Both(seeded)

    def broken(*_given: Any, **_more: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(lists, "claims", broken)
    seeded.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = both.ask("/v1/claims", hot=False)
    assert (answer.status_code, answer.json["request_id"]) == (500, "asked-as-this")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    events = [json.loads(line)["event"] for line in logged.getvalue().splitlines()]
    assert events[-4:] == ["accident", "request", "accident", "request"]


def test_a_query_that_is_no_text_is_flasks(seeded: Desk) -> None:
    Both(seeded)
    environ = create_environ("/v1/claims", headers={"Authorization": f"Bearer {seeded.tokens['reader']}"})
    told: list[str] = []
    body = seeded.app(environ | {"QUERY_STRING": "tag=\xff"}, lambda status, _headers, _info=None: told.append(status))
    assert told == ["400 BAD REQUEST"]
    assert json.loads(b"".join(body))["detail"] == "The query is not UTF-8."


def test_hot_reads_know_every_guard(seeded: Desk) -> None:
    """Whoever adds a hook for all requests must say in `hot.py` what it is there."""
    guards = [hook.__qualname__ for hook in seeded.app.before_request_funcs[None]]
    known = [
        "_forget",
        "Watch._begin",
        "open_request",
        "refuse_other_sites",
        "look",
        "CSRFProtect.init_app.<locals>.csrf_protect",
    ]
    assert guards == known
    limited = seeded.with_settings(rate_limit="6/day").app.before_request_funcs[None]
    assert [hook.__qualname__ for hook in limited] == [*known, "refuse_too_many"]


def test_lines_and_counts_are_the_same(seeded: Desk, logged: Any) -> None:
    both = Both(seeded)
    path = f"/v1/claims/{seeded.by_external_id(RALLY)['id']}"
    for asked in (path, "/v1/claims?limit=1"):
        both.ask(asked)
        plain, other = (json.loads(line) for line in logged.getvalue().splitlines()[-2:])
        for line in (plain, other):
            assert line.pop("ms") >= 0
            del line["timestamp"]
        assert plain == other
    exported = seeded.get("/metrics", by=None).get_data(as_text=True)
    for route in ("/v1/claims/<uuid:claim_id>", "/v1/claims"):
        [count] = [
            line
            for line in exported.splitlines()
            if line.startswith(f'{TOTAL}{{method="GET",route="{route}",status="200"}}')
        ]
        assert float(count.split()[-1]) >= 2
