"""The door to the application: who works now, who waits, and that readers and writers do not keep each other out."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from werkzeug.test import Client

from factcheck.errors import Unavailable
from factcheck.web.edge.doorway import Doorway, Gate
from tests import postgres
from tests.conftest import Copies
from tests.desk import Desk
from tests.needs import only_on
from tests.serving import Served, statuses
from torture import shares
from torture.places import Place

BODY = b'{"name":"While others read","kind":"group"}'


# --- a gate


def test_a_gate_lets_in_who_came_first() -> None:
    gate, came = Gate(1), list[int]()

    def visit(number: int) -> None:
        gate.enter(20)
        came.append(number)
        gate.leave()

    gate.enter(0)
    threads = [threading.Thread(target=visit, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads):
        thread.start()
        until_waiting(gate, number + 1)
    gate.leave()
    for thread in threads:
        thread.join(20)
    assert came == [0, 1, 2, 3, 4]


def until_waiting(gate: Gate, number: int) -> None:
    ends = time.monotonic() + 20
    while gate.waiting < number:
        assert time.monotonic() < ends
        time.sleep(0.001)


def test_who_waited_in_vain_has_no_place() -> None:
    gate = Gate(2)
    gate.enter(0)
    gate.enter(0)
    for _ in range(3):
        with pytest.raises(Unavailable, match="wait for their turn"):
            gate.enter(0.01)
    assert gate.waiting == 0
    gate.leave()
    gate.enter(0)  # there is one place, and no more
    with pytest.raises(Unavailable):
        gate.enter(0.01)


# --- readers beside writers


@contextlib.contextmanager
def held(gate: Gate, places: int) -> Iterator[None]:
    for _ in range(places):
        gate.enter(0)
    try:
        yield
    finally:
        for _ in range(places):
            gate.leave()


def test_readers_that_hold_all_their_places_keep_no_writer_out(desk: Desk) -> None:
    door = Doorway(desk.app, reading=2, writing=1, waiting=1, patience=0.05)
    client = Client(door)
    headers = {"Authorization": f"Bearer {desk.tokens['contributor']}"}
    with held(door.reading, 2):
        made = client.post("/v1/sources", json={"name": "There", "kind": "group"}, headers=headers)
        assert made.status_code == 201
        refused = client.get("/v1/sources", headers=headers)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert "Too many requests wait for their turn" in refused.json["detail"]
        assert refused.json["request_id"] == refused.headers["X-Request-Id"]
        assert client.get("/healthz").json == {"status": "ok"}
    assert [each["name"] for each in client.get("/v1/sources", headers=headers).json["items"]] == ["There"]


def test_writers_that_hold_all_their_places_keep_no_reader_out(desk: Desk) -> None:
    door = Doorway(desk.app, reading=1, writing=2, waiting=1, patience=0.05)
    client = Client(door)
    headers = {"Authorization": f"Bearer {desk.tokens['contributor']}"}
    with held(door.writing, 2):
        assert client.get("/v1/sources", headers=headers).json["items"] == []
        refused = client.post("/v1/sources", json={"name": "Never", "kind": "group"}, headers=headers)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert "Nothing was changed" in refused.json["detail"]
    assert client.post("/v1/sources", json={"name": "Later", "kind": "group"}, headers=headers).status_code == 201
    assert [each["name"] for each in client.get("/v1/sources", headers=headers).json["items"]] == ["Later"]


@pytest.mark.slow
@only_on("postgresql")
def test_readers_that_the_database_holds_up_hold_up_no_writer(copies: Copies, tmp_path: Path) -> None:
    """Sixty readers of a table that somebody has locked, and a write to another table, on a server for real."""
    url = copies.empty()
    served = Served(tmp_path, url, FACTCHECK_PUBLIC_READ="on")
    try:
        served.wait()
        with contextlib.ExitStack() as open_ones:
            lock = open_ones.enter_context(psycopg.connect(postgres.plain(url)))
            lock.execute("LOCK TABLE articles IN ACCESS EXCLUSIVE MODE")
            for _ in range(60):
                reader: socket.socket = open_ones.enter_context(served.connect())
                reader.sendall(b"GET /v1/articles HTTP/1.1\r\nHost: x\r\n\r\n")
            began = time.monotonic()
            length = f"Content-Length: {len(BODY)}".encode()
            answer = served.ask(served.head("POST", "/v1/sources", length, b"Connection: close"), BODY)
            assert statuses(answer) == [201], answer
            assert time.monotonic() - began < 4  # seconds; the readers wait 5 for their lock
            assert statuses(served.ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == [200]
    finally:
        served.stop()
    copies.forget(url)


@pytest.mark.slow
def test_writers_keep_their_share_beside_readers(copies: Copies, tmp_path: Path) -> None:
    place = Place(copies.empty(), claims=50)
    found = shares.measure(place, tmp_path, turns=3, seconds=0.6)
    assert found.failed == 0
    assert found.kept >= shares.LEAST, found
    copies.forget(place.url)
