"""Serve an application by granian in a process of its own, and ask it as fast as it answers."""

import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

SECRET = "only for measuring, nobody else's"
CONNECTIONS = 4


@contextmanager
def serving(target: str, environment: dict[str, str], interface: str = "wsgi") -> Iterator[int]:
    """Serve an application; yield the port when it answers. The desk's interface is "asginl", as `serve` has it."""
    port = free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", interface, "--factory", "--no-ws", "--log-level", "error",
        "--port", str(port), *(("--blocking-threads", "4") if interface == "wsgi" else ()), target,
    ]  # fmt: skip
    with Path(os.devnull).open("w") as nowhere:
        server = subprocess.Popen(command, env={**os.environ, **environment}, stderr=nowhere)
    try:
        until_answered(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until_answered(port: int, server: subprocess.Popen[bytes], path: str = "/healthz") -> None:
    """Wait until a server answers. Raises OSError when it does not, or is gone."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline or server.poll() is not None:
                raise
            time.sleep(0.005)


def request(method: str, path: str, token: str = "", *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def rate(port: int, next_request: Callable[[], bytes], seconds: float, connections: int = CONNECTIONS) -> float:
    """Ask over some connections at a time, each as soon as it was answered, and return the answers a second.

    The client sleeps until there is something to read, so that a server that is slower than it has its core to itself.
    """
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(one, selectors.EVENT_READ, Exchange())
            one.sendall(next_request())
        count, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < seconds:
            for key, _ in selector.select(1):
                one, exchange = key.fileobj, key.data
                assert isinstance(one, socket.socket)
                if exchange.is_over(one.recv(262144)):
                    count += 1
                    one.sendall(next_request())
        for key in list(selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
    return count / took


class Exchange:
    """One answer as it comes in. Raises RuntimeError for one that is an error."""

    def __init__(self) -> None:
        self.received = b""
        self.whole = -1

    def is_over(self, piece: bytes) -> bool:
        if not piece:
            raise RuntimeError("The server hung up.")
        self.received += piece
        if self.whole < 0:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.received[:end]
            status = int(head[9:12])
            if status >= 400:
                raise RuntimeError(self.received.decode())
            length = 0 if status in (204, 304) else int(header(head, b"content-length"))
            self.whole = end + 4 + length
        if len(self.received) < self.whole:
            return False
        self.received, self.whole = self.received[self.whole :], -1
        return True


def header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        found, _, value = line.partition(b": ")
        if found.lower() == name:
            return value
    raise KeyError(name)


def answer(port: int, raw: bytes) -> tuple[bytes, bytes]:
    """Send one request and return the head and the body of its answer."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        return asked(connection, raw)


def asked(connection: socket.socket, raw: bytes) -> tuple[bytes, bytes]:
    """Send one request over a connection and return the head and the body of its answer."""
    connection.sendall(raw)
    exchange = Exchange()
    whole = b""
    while True:
        piece = connection.recv(262144)
        whole += piece
        if exchange.is_over(piece):
            head, _, body = whole.partition(b"\r\n\r\n")
            return head, body


def ratios(
    limit: Callable[[float], float], measured: Sequence[Callable[[float], float]], rounds: int = 7, seconds: float = 0.7
) -> tuple[float, list[tuple[float, float]]]:
    """Measure rates and a limit in turns; return the limit and, for each, its rate and its ratio: medians.

    In turns, because a machine is not as fast in one minute as in the next.
    """
    for each in (limit, *measured):
        each(seconds / 2)
    limits: list[float] = []
    found: list[list[tuple[float, float]]] = [[] for _ in measured]
    for _ in range(rounds):
        limits.append(limit(seconds))
        for at, each in enumerate(measured):
            reached = each(seconds)
            found[at].append((reached, reached / limits[-1]))
    return median(limits), [(median(each for each, _ in some), median(ratio for _, ratio in some)) for some in found]
