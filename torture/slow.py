"""Clients that send a byte a second or read nothing, and how long a healthy client waits meanwhile.

python -m torture.slow              # as the desk is served
python -m torture.slow --control    # with a thread for each request: the healthy client waits too
"""

import argparse
import contextlib
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.serving import Served

KINDS = ("headers", "body", "form", "reader")
EACH = 300  # connections
FOR = 6.0  # seconds that the healthy client looks


@contextlib.contextmanager
def slow_clients(served: Served, kind: str, number: int = EACH) -> Iterator[list[socket.socket]]:
    """Keep `number` connections busy that send a byte a second, or never read what they asked for."""
    begun = {
        "headers": b"GET /v1/sources HTTP/1.1\r\nHost: x\r\nX-A: ",
        "body": served.head("POST", "/v1/sources", b"Content-Length: 60000") + b'{"name":"',
        "form": b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 60000\r\n\r\ntoken=",
        "reader": served.head("GET", "/openapi.json") * 2,
    }[kind]
    there: list[socket.socket] = []
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1):
            for each in there:
                with contextlib.suppress(OSError):
                    each.send(b"a")

    dripping = threading.Thread(target=drip)
    try:
        for _ in range(number):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", served.port))
            client.settimeout(5)
            client.sendall(begun)
            there.append(client)
        if kind != "reader":
            dripping.start()
        yield there
    finally:
        stop.set()
        if dripping.is_alive():
            dripping.join()
        for each in there:
            each.close()


def healthy(served: Served, seconds: float, patience: float = 10.0) -> list[float]:
    """Read, and enter something each tenth time, one request after another; return how long each took, sorted."""
    took: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        number = len(took)
        body = json.dumps({"name": f"Healthy {time.time_ns()}", "kind": "group"}).encode()
        request = served.head("GET", "/v1/sources?limit=1", b"Connection: close")
        if number % 10 == 0:
            length = f"Content-Length: {len(body)}".encode()
            request = served.head("POST", "/v1/sources", b"Connection: close", length) + body
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", served.port), patience) as client:
            try:
                client.sendall(request)
                answer = b"".join(iter(lambda: client.recv(65_536), b""))
                assert answer[9:12] in (b"200", b"201"), answer[:500]
            except TimeoutError:
                return sorted([*took, patience])
        took.append(time.monotonic() - began)
    return sorted(took)


def p99(took: list[float]) -> float:
    return took[min(len(took) - 1, int(len(took) * 0.99))]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture.slow", description=__doc__)
    parser.add_argument("--connections", type=int, default=EACH)
    parser.add_argument("--control", action="store_true", help="serve with a thread for each request")
    options = parser.parse_args()
    failed = False
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            served = Served(Path(folder), bare=options.control)
            try:
                served.wait()
                with slow_clients(served, kind, options.connections):
                    time.sleep(0.5)
                    took = healthy(served, FOR)
            finally:
                served.stop()
        failed |= p99(took) >= 1
        middle, late = (each * 1000 for each in (took[len(took) // 2], p99(took)))
        sys.stdout.write(
            f"{options.connections} slow ({kind}): {len(took)} healthy requests, median {middle:.0f} ms,"
            f" p99 {late:.0f} ms\n"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
