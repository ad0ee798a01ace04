"""`make bench`: what a read, a page and a review cost, as ratios to a bare Flask view on the same server.

Only ratios hold from machine to machine. SIZE claims are made through the deeds, so that every figure is of a
desk as it would be.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from benchmarks.claims import fill
from factcheck.desk import people
from factcheck.rules.roles import Role
from factcheck.storage import schema
from factcheck.storage.database import Database
from tests import postgres

SECRET = "only for measuring, nobody else's"
SECONDS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, default=1000, help="how many claims")
    size = parser.parse_args().size
    with serving("benchmarks.hello:application", {}) as port:
        hello = rate(port, request("GET", "/hello"))
    print(f"bare Flask view        {hello:8.0f} requests/s")
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db", size, hello)
    with postgres.server() as maintenance:
        if maintenance is None:
            sys.exit("No PostgreSQL on this machine: its part was not measured.")
        measure("PostgreSQL", postgres.create(maintenance), size, hello)


def measure(name: str, url: str, size: int, hello: float) -> None:
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name="Bench", role=Role.ANALYST)
        token = people.issue_token(session, operator, name="Bench")
    began = time.perf_counter()
    ids = fill(database, person, size)
    print(f"\n{name}: {size} claims entered through the deed at {size / (time.perf_counter() - began):.0f}/s")
    database.close()
    environment = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET}
    with serving("factcheck.cli:application", environment) as port:
        one = f"/v1/claims/{ids[size // 2]}"
        etag = etag_of(port, one, token)
        rows = {
            "one claim": request("GET", one, token),
            "one claim, 304": request("GET", one, token, f"If-None-Match: {etag}"),
            "a page of 50": request("GET", "/v1/claims?status=unverified", token),
        }
        for what, raw in rows.items():
            measured = rate(port, raw)
            print(f"  {what:20} {measured:8.0f} requests/s   {measured / hello:.2f} of the bare view")
        took = [review(port, claim, token) for claim in ids[:200]]
        print(f"  {'a review':20} {median(took) * 1000:8.2f} ms, the median of {len(took)} one after the other")


@contextmanager
def serving(target: str, environment: dict[str, str]) -> Iterator[int]:
    """Serve an application by granian in a process of its own; yield the port when it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws", "--log-level", "error",
        "--port", str(port), "--blocking-threads", "4", target,
    ]  # fmt: skip
    with Path(os.devnull).open("w") as nowhere:
        server = subprocess.Popen(command, env={**os.environ, **environment}, stderr=nowhere)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    break
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise
        yield port
    finally:
        server.terminate()
        server.wait(30)


def request(method: str, path: str, token: str = "", *headers: str, body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def rate(port: int, raw: bytes) -> float:
    """Send a request again and again over one connection and return how many a second were answered."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(50):
            exchange(connection, raw)
        count, began = 0, time.perf_counter()
        while (took := time.perf_counter() - began) < SECONDS:
            exchange(connection, raw)
            count += 1
    return count / took


def exchange(connection: socket.socket, raw: bytes) -> tuple[bytes, bytes]:
    """Send one request and return the head and the body of its answer."""
    connection.sendall(raw)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(262144)
    head, _, body = received.partition(b"\r\n\r\n")
    status = int(head.split(None, 2)[1])
    if status >= 400:
        raise RuntimeError(received.decode())
    length = 0 if status in (204, 304) else int(header(head, b"content-length"))
    while len(body) < length:
        body += connection.recv(262144)
    return head, body


def header(head: bytes, name: bytes) -> bytes:
    lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return {key.lower(): value for key, value in lines.items()}[name]


def etag_of(port: int, path: str, token: str) -> str:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        return header(exchange(connection, request("GET", path, token))[0], b"etag").decode()


def review(port: int, claim_id: str, token: str) -> float:
    """Decide a claim and return the seconds it took."""
    body = b'{"status": "unverifiable", "reason": "Nobody counted, and nobody can now."}'
    raw = request("POST", f"/v1/claims/{claim_id}/reviews", token, "If-Match: *", body=body)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.perf_counter()
        exchange(connection, raw)
        return time.perf_counter() - began


if __name__ == "__main__":
    main()
