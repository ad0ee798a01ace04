"""A refusal arrives, whatever of its body was still under way, and the connection goes on where it can."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factcheck.rules.roles import Role
from tests.serving import Served

LIMIT = 200_000
NO_ID = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path, FACTCHECK_MAX_BODY_BYTES=str(LIMIT))
    try:
        server.wait()
        yield server
    finally:
        server.stop()


class Connection:
    """One connection that is kept alive, over which request after request is sent."""

    def __init__(self, served: Served) -> None:
        self.socket = served.connect()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.read = self.socket.makefile("rb")

    def close(self) -> None:
        self.read.close()
        self.socket.close()

    def send_on(self, length: int) -> None:
        """Send bytes without an end. Raises ConnectionError once the other side has closed."""
        while True:
            self.socket.sendall(b" " * length)

    def answer(self) -> tuple[int, dict[bytes, bytes], bytes]:
        """Return the next answer: its status, its headers and its body, all of it."""
        status = self.read.readline()
        assert status.startswith(b"HTTP/1.1 "), status
        headers = dict(line.rstrip().split(b": ", 1) for line in iter(self.read.readline, b"\r\n"))
        return int(status.split()[1]), headers, self.read.read(int(headers[b"content-length"]))


def refusals(served: Served) -> list[tuple[int, bytes]]:
    """Return heads that are refused whatever the body is, and how."""
    reader = served.token_of("Reader", Role.READER)
    return [
        (401, served.head("POST", "/v1/sources", token="fck_" + "x" * 43)),
        (403, served.head("POST", "/v1/sources", token=reader)),
        (404, served.head("POST", "/v1/nothing")),
        (405, served.head("PUT", "/v1/sources")),
        (415, served.head("POST", "/v1/sources", kind="text/plain")),
        (422, served.head("POST", "/v1/sources?x=1")),
        (428, served.head("PATCH", f"/v1/claims/{NO_ID}")),
        (308, served.head("POST", "/v1//sources")),
        (400, served.head("POST", "/v1/sources", b"X-Request-Id: ;")),
        (200, served.head("GET", "/v1/sources")),
    ]


@pytest.mark.slow
def test_the_answer_arrives_and_the_connection_goes_on(served: Served) -> None:
    """Two thousand refusals on one connection, whose bodies come as late as they may."""
    connection, heads = Connection(served), refusals(served)
    body = b'{"name":"' + b"a" * 20_000 + b'"}'
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for at in range(2000):
        status, head = heads[at % len(heads)]
        if at % 7 == 0 and status not in (200, 415):  # without a length the end is known only once it is there
            connection.socket.sendall(head.removesuffix(b"\r\n") + chunked)
        else:
            connection.socket.sendall(head.removesuffix(b"\r\n") + b"Content-Length: %d\r\n\r\n" % len(body))
            if at % 10 < 5:
                time.sleep(0.001)  # as long as a refusal takes
            connection.socket.sendall(body)
        got, headers, told = connection.answer()
        assert got == status, (at, told)
        assert b"connection" not in headers, (at, status)
        assert status == 308 or (b"items" if status == 200 else b"request_id") in told
    connection.close()


@pytest.mark.slow
def test_what_is_too_large_is_refused_at_once_and_closed(served: Served) -> None:
    for size, lines in ((LIMIT + 1, b""), (10**10, b""), (LIMIT + 1, b"Expect: 100-continue\r\n")):
        connection = Connection(served)
        head = served.head("POST", "/v1/sources").removesuffix(b"\r\n")
        began = time.monotonic()
        connection.socket.sendall(head + lines + b"Content-Length: %d\r\n\r\n" % size)
        status, headers, body = connection.answer()
        assert (status, headers[b"connection"]) == (413, b"close")
        assert b"request_id" in body
        assert connection.read.read() == b""
        assert time.monotonic() - began < 4
        connection.close()
    # Whoever sends on all the same finds the answer, which came before the connection was reset.
    for _ in range(100):
        connection = Connection(served)
        connection.socket.sendall(served.head("POST", "/v1/sources").removesuffix(b"\r\n"))
        connection.socket.sendall(b"Content-Length: %d\r\n\r\n" % (20 * LIMIT))
        with pytest.raises(ConnectionError):
            connection.send_on(LIMIT)
        assert connection.answer()[0] == 413
        connection.close()


@pytest.mark.slow
def test_a_client_that_waits_to_be_asked_is_asked(served: Served) -> None:
    connection, body = Connection(served), b'{"name":"Asked","kind":"group"}'
    for path, status in (("/v1/nothing", 404), ("/v1/sources", 201)):
        head = served.head("POST", path, b"Expect: 100-continue", b"Content-Length: %d" % len(body))
        connection.socket.sendall(head)
        assert connection.read.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert connection.read.readline() == b"\r\n"
        connection.socket.sendall(body)
        assert connection.answer()[0] == status
    connection.close()
