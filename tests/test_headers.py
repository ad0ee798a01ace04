"""What every answer carries, whoever gives it: the application, a file, an error, the witness, the server itself."""

import io
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from factcheck.web.edge.headers import finished
from factcheck.web.witness import create_witness
from tests.desk import Desk
from tests.serving import Served, statuses

SECURITY = {
    "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy", "X-Request-Id", "Cache-Control",
}  # fmt: skip


def test_every_answer_carries_them(seeded: Desk) -> None:
    seen = set()
    claim = seeded.get("/v1/claims?limit=1").json["items"][0]["links"]["self"]
    for method, path, by, headers in (
        ("GET", claim, "reader", {}),
        ("GET", claim, "reader", {}),  # a hot read now
        ("GET", claim, "reader", {"If-None-Match": "*"}),
        ("GET", "/", None, {"Accept": "text/html"}),
        ("GET", "/static/desk.css", None, {}),
        ("GET", "/static/desk.css", None, {"Range": "bytes=0-9"}),
        ("GET", "/static/desk.css", None, {"Range": "bytes=99999999-"}),
        ("GET", "/static/nothing", None, {}),
        ("HEAD", "/healthz", None, {}),
        ("OPTIONS", "/v1/claims", None, {}),
        ("GET", "//metrics", None, {}),
        ("GET", "/v1/claims?limit=x", "reader", {}),
        ("GET", "/v1/me", None, {}),
        ("POST", "/v1/sources", "reader", {}),
        ("DELETE", "/v1/claims", "reader", {}),
        ("GET", "/nothing", "reader", {}),
        ("GET", "/v1/claims", "reader", {"Accept": "application/x-ndjson"}),
        ("POST", "/login", None, {"Origin": "https://evil.example"}),
    ):
        answer = seeded.request(
            method, path, by=by, headers=headers, environ_overrides={"PATH_INFO": path.split("?")[0]}
        )
        assert {*answer.headers.keys()} >= SECURITY, (method, path, answer.status_code)
        assert len(answer.headers.getlist("X-Content-Type-Options")) == 1
        seen.add(answer.status_code)
        answer.close()
    assert seen >= {200, 206, 303, 304, 308, 401, 403, 404, 405, 416, 422}


def test_an_accident_outside_the_application_is_answered_too(logged: io.StringIO) -> None:
    def broken(_environ: dict[str, Any], _start_response: Any) -> Any:
        raise RuntimeError("out of order")

    answer = Client(finished(broken)).get("/")
    assert (answer.status_code, answer.json["type"]) == (500, "/problems/accident")
    assert {*answer.headers.keys()} >= SECURITY
    assert "out of order" in logged.getvalue()
    assert "out of order" not in answer.get_data(as_text=True)


def test_the_witness_carries_them() -> None:
    class Deaf:
        def add_checkpoint(self, _body: bytes) -> tuple[int, str, bytes]:
            return 200, "text/plain", b"noted"

    client = Client(create_witness(Deaf()))  # type: ignore[arg-type]
    for answer, status in ((client.post("/add-checkpoint"), 200), (client.get("/nothing"), 404)):
        assert answer.status_code == status
        assert {*answer.headers.keys()} >= SECURITY


RANGES = {
    "bytes=0-0": 206, "bytes=0-": 206, "bytes=-5": 206, "bytes=0-99999999": 206, "bytes=-99999999": 416,
    "bytes=99999999-": 416, "bytes=99999999-99999999999999999999": 416, "bytes=5-2": 416, "bytes=-0": 416,
    "bytes=": 416, "bytes=-": 416, "bytes=x-y": 416, "bytes": 416, "": 416, "lines=1-2": 416, "bytes=0-1,5-6": 416,
    f"bytes={'9' * 5000}-": 416, f"bytes={'0-1,' * 2000}": 416, "bytes=١-٢": 416, "bytes=0-1;x": 416, "=": 416,
    "bytes=1-1,": 416, "bytes=--1": 416, "bytes=+1-2": 416, "bytes=0x1-2": 416, "bytes= 0 - 1 ": 206,
}  # fmt: skip


def test_a_range_is_given_or_refused(seeded: Desk) -> None:
    with seeded.get("/static/desk.css", by=None) as answer:
        whole = answer.get_data()
    for asked, status in RANGES.items():
        answer = seeded.get("/static/desk.css", by=None, environ_overrides={"HTTP_RANGE": asked})
        body = answer.get_data()
        answer.close()
        assert answer.status_code == status, asked
        if status == 416:
            assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
            assert (answer.json["type"], answer.json["status"]) == ("/problems/range-not-satisfiable", 416)
        else:
            assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")
            assert body in whole
            assert 0 < len(body) <= len(whole)
    help_text = seeded.get("/problems/range-not-satisfiable", by=None, headers={"Accept": "application/json"}).json
    assert help_text["title"] == "The file has no such range"


def test_a_range_of_anything_else_is_all_of_it(seeded: Desk) -> None:
    """Answers that are made for each request have no parts: the header is left alone (RFC 9110, 14.2)."""
    for path, accept in (("/v1/claims", "application/x-ndjson"), ("/v1/claims", "text/csv"), ("/openapi.json", "*/*"),
                         ("/v1/claims", "*/*"), ("/metrics", "*/*")):  # fmt: skip
        for asked in RANGES:
            answer = seeded.get(path, headers={"Accept": accept}, environ_overrides={"HTTP_RANGE": asked})
            assert (answer.status_code, "Content-Range" in answer.headers) == (200, False), (path, asked)
            assert answer.get_data()


@pytest.mark.slow
def test_what_the_server_answers_by_itself(tmp_path: Path) -> None:
    """granian has no hook for what is no HTTP: these have no body that a browser could take for anything."""
    served = Served(tmp_path)
    try:
        served.wait()
        for raw, status in (
            (b"nonsense\r\n\r\n", 400),
            (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
            (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: a\r\n" % at for at in range(200)) + b"\r\n", 431),
        ):
            head, _, body = served.ask(raw).partition(b"\r\n\r\n")
            lines = sorted(line.partition(b":")[0] for line in head.split(b"\r\n")[1:])
            assert (statuses(head), lines, body) == ([status], [b"connection", b"content-length", b"date"], b"")
        close = b"Connection: close\r\n\r\n"
        for lines, status in (
            (b"HTTP/1.1\r\n", 400),
            (b"HTTP/1.1\r\nHost: x\r\nHost: y\r\n", 400),
            (b"HTTP/1.1\r\nHost: x\r\nHost: x\r\n", 400),
            (b"HTTP/1.1\r\nHost:\r\n", 400),
            (b"HTTP/1.1\r\nHost: \xc3\xa9.example\r\n", 400),
            (b"HTTP/1.1\r\nHost: desk.example:8000\r\n", 200),
            (b"HTTP/1.0\r\n", 200),
        ):
            answer = served.ask(b"GET /healthz " + lines + close)
            assert statuses(answer) == [status], lines
            assert b"x-content-type-options: nosniff" in answer
            assert (b"/problems/unreadable" in answer) is (status == 400)
        doubled = served.ask(b"GET //metrics HTTP/1.1\r\nHost: x\r\n" + close)
        assert (statuses(doubled), b"location: /metrics\r\n" in doubled) == ([308], True)
        assert b"factcheck_requests_total" not in doubled
    finally:
        served.stop()
