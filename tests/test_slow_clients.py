"""Slow clients hold up nobody, and bodies that break off or never end count for nothing."""

from pathlib import Path

import pytest

from tests.serving import Served, statuses
from torture.slow import healthy, p99, slow_clients

CLIENTS = {"headers": 300, "body": 300, "form": 300, "reader": 150}


@pytest.mark.slow
def test_slow_clients_hold_up_nobody(tmp_path: Path) -> None:
    served = Served(tmp_path)
    try:
        served.wait()
        for kind, number in CLIENTS.items():
            with slow_clients(served, kind, number):
                took = healthy(served, 1.2)
                assert p99(took) < 3, (kind, took[-3:])  # and a slow client takes a minute
                assert len(took) > 3, kind
    finally:
        served.stop()


@pytest.mark.slow
def test_where_each_has_a_thread_they_hold_up_everybody(tmp_path: Path) -> None:
    """The control: what the test above looks at can fail."""
    served = Served(tmp_path, bare=True)
    try:
        served.wait()
        with slow_clients(served, "form", CLIENTS["form"]):
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
