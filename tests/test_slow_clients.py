"""Slow clients hold up nobody, and bodies that break off or never end count for nothing."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from factcheck.web.edge.doorway import Doorway, Readers
from tests.desk import Desk
from tests.serving import Served, statuses
from torture.slow import healthy, p99, slow_clients

CLIENTS = 150


@pytest.mark.slow
def test_slow_clients_hold_up_nobody(tmp_path: Path) -> None:
    served = Served(tmp_path)
    try:
        served.wait()
        for kind in ("headers", "body", "form", "reader"):
            with slow_clients(served, kind, CLIENTS):
                took = healthy(served, 0.7)
                assert p99(took) < 1, (kind, took[-3:])
                assert len(took) > 3, kind
    finally:
        served.stop()


@pytest.mark.slow
def test_without_the_doorway_they_hold_up_everybody(tmp_path: Path) -> None:
    """The control: what the test above looks at can fail."""
    served = Served(tmp_path, bare=True)
    try:
        served.wait()
        with slow_clients(served, "form", CLIENTS):
            assert p99(healthy(served, 0.1, patience=1.5)) >= 1.5
    finally:
        served.stop()


@pytest.mark.slow
def test_bodies_that_break_off_leave_nothing(tmp_path: Path) -> None:
    """A19: lines and forms show no end of their own, so they need a length, and count for nothing without all of it."""
    served = Served(tmp_path)
    try:
        served.wait()
        lines = b'{"type":"source","external_id":"s-1","name":"A","kind":"group"}\n'
        chunk = b"%x\r\n%b\r\n" % (len(lines), lines)
        chunked = (b"Transfer-Encoding: chunked", b"Connection: close")
        count = served.sources()
        for kind in ("application/x-ndjson", "text/csv", "application/x-www-form-urlencoded"):
            path = "/login" if "form" in kind else "/v1/imports"
            answer = served.ask(served.head("POST", path, *chunked, kind=kind), chunk + b"0\r\n\r\n")
            assert statuses(answer) == [411], answer
            assert b"application/problem+json" in answer
        head = served.head("POST", "/v1/imports", b"Content-Length: 1000", kind="application/x-ndjson")
        assert statuses(served.ask(head + lines, then_stop=True)) in ([400], [])
        form = served.head("POST", "/login", b"Content-Length: 50", kind="application/x-www-form-urlencoded")
        assert statuses(served.ask(form + b"token=x", then_stop=True)) in ([400], [])
        assert served.sources() == count
        whole = served.head("POST", "/v1/imports", b"Content-Length: %d" % len(lines), b"Connection: close",
                            kind="application/x-ndjson")  # fmt: skip
        assert statuses(served.ask(whole + lines)) == [200]
        assert served.sources() == count + 1
        # B3: what is too large of the head is refused by the server itself, in few words.
        for line in (
            b"/" + b"a" * 70_000,
            b"/%b HTTP/1.1\r\nConnection: close\r\nX-A: %b" % (b"a" * 30_000, b"a" * 40_000),
        ):
            answer = served.ask(b"GET " + line + b"\r\n\r\n")
            assert statuses(answer) in ([400], [414], [431]), line[:80]
        many = b"".join(b"X-%d: a\r\n" % at for at in range(200))
        assert statuses(served.ask(b"GET / HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n")) == [431]
        large = served.ask(served.head("GET", "/v1/me", b"Connection: close", b"X-A: " + b"a" * 100_000))
        assert statuses(large) == [431]
        assert b"/problems/head-too-large" in large or b"content-length: 0" in large  # the server's own, or ours
        assert b"HTTP/2" not in served.ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", then_stop=True)
    finally:
        served.stop()


class Dripping:
    """A body of which nothing more comes than what was written, until it ends."""

    def __init__(self, written: bytes, *, ended: bool = False) -> None:
        self.written, self.ended = written, threading.Event()
        if ended:
            self.ended.set()

    def read(self, size: int = -1) -> bytes:
        if len(self.written) < size:
            self.ended.wait()
        part, self.written = self.written[:size], self.written[size:]
        return part


def sent(door: Doorway, desk: Desk, stream: Any, length: int) -> TestResponse:
    given = {"wsgi.input": stream, "CONTENT_LENGTH": str(length), "wsgi.input_terminated": True}
    headers = {"Authorization": f"Bearer {desk.tokens['contributor']}", "Content-Type": "application/json"}
    return Client(door).open("/v1/sources", method="POST", environ_overrides=given, headers=headers)


def test_a_body_that_does_not_come_is_not_waited_for(desk: Desk) -> None:
    """B9: its thread is free again in time, and others work meanwhile, even when but one may work at a time."""
    door = Doorway(desk.app, reading=1, writing=1, waiting=1, within=0.5)
    stuck = Dripping(b'{"name":')
    answers: list[TestResponse] = []
    waiting = threading.Thread(target=lambda: answers.append(sent(door, desk, stuck, 100)))
    waiting.start()
    while not door.readers.waiting:  # until the body is waited for
        waiting.join(0.01)
    assert Client(door).get("/healthz").status_code == 200
    crowded = sent(door, desk, Dripping(b"{}", ended=True), 100)
    assert (crowded.status_code, crowded.headers["Retry-After"]) == (429, "2")
    assert not answers
    waiting.join(10)
    (late,) = answers
    assert (late.status_code, late.json["type"], late.headers["Connection"]) == (408, "/problems/too-slow", "close")
    stuck.ended.set()  # as the server does when it has answered
    while door.readers.waiting:
        waiting.join(0.01)
    assert sent(door, desk, Dripping(b'{"name":"There","kind":"group"}', ended=True), 31).status_code == 201
    assert sent(door, desk, Dripping(b'{"name":"Short","kind":"group"}', ended=True), 32).status_code == 400
    assert [each["name"] for each in desk.get("/v1/sources").json["items"]] == ["There"]


def no_more_threads(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_read_that_fails_is_an_error_of_its_request_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = Readers(1)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_more_threads)
        with pytest.raises(RuntimeError):
            readers.ask(bytes, 1)
    failing = readers.ask(lambda _: sys.exit("broken off"), 1)
    assert failing is not None
    assert isinstance(failing.get(timeout=10), SystemExit)
    following = readers.ask(bytes, 2)
    assert following is not None
    assert (following.get(timeout=10), readers.started) == (b"\0\0", 1)
