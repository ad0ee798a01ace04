"""Who works now and who waits: readers, writers and imports do not keep each other out."""

import asyncio
import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from factcheck.errors import Unavailable
from factcheck.followers.audit import AuditFollower
from factcheck.followers.base import Following
from factcheck.followers.progress import AsOf
from factcheck.followers.readers import WAIT
from factcheck.storage.engine.connections import EACH, LEAST, OF_EMBEDDED, Share
from factcheck.web.edge import asking, lanes
from factcheck.web.edge.environ import TRIED, Environ, of_scope
from factcheck.web.edge.lanes import KINDS, Lane, Lanes, Places
from factcheck.web.edge.server import Server
from factcheck.web.edge.uploads import Uploads
from tests import postgres
from tests.asgi import Client, scope
from tests.conftest import Copies
from tests.desk import Desk
from tests.everything import PAGES, Asked, furnished, reads
from tests.forms import HTML
from tests.needs import only_on
from tests.serving import Served, statuses
from torture import shares
from torture.places import Place

EMBEDDED = lanes.of_share(OF_EMBEDDED, embedded=True)
BODY = b'{"name":"While others read","kind":"group"}'
ID = "00000000-0000-7000-8000-000000000000"
JSON = {"content_type": "application/json"}


# --- one lane


def test_a_lane_lets_in_who_came_first() -> None:
    async def visits() -> list[int]:
        lane, came = Lane(1, 20), list[int]()

        async def visit(number: int) -> None:
            place = await lane.enter()
            came.append(number)
            place.leave()

        held = await lane.enter()
        tasks = [asyncio.create_task(visit(number)) for number in range(5)]
        await asyncio.sleep(0)
        held.leave()
        await asyncio.gather(*tasks)
        return came

    assert asyncio.run(visits()) == [0, 1, 2, 3, 4]


def test_who_waited_in_vain_has_no_place() -> None:
    async def visits() -> None:
        lane = Lane(2, 0.01)
        held = await lane.enter()
        await lane.enter()
        for _ in range(3):
            with pytest.raises(Unavailable, match="wait for their turn"):
                await lane.enter()
        held.leave()
        held.leave()  # it gave its place up already
        await lane.enter()  # there is one place, and no more
        with pytest.raises(Unavailable):
            await lane.enter()

    asyncio.run(visits())


# --- which lane


def lane_of(target: str, method: str = "GET", places: Places = EMBEDDED, body: bytes = b"", **headers: str) -> str:
    own = Lanes(places)
    asked = scope(method, target, [(name.replace("_", "-"), value) for name, value in headers.items()])
    environ = of_scope(asked)
    environ["wsgi.input"] = io.BytesIO(body)
    lane = own.of(environ)
    return next((name for name in ("read", "write", "long", "audit", "fetch") if getattr(own, name) is lane), "at once")


def test_each_request_has_its_lane() -> None:
    assert lane_of("/healthz") == "at once"
    for hot in ("/v1/claims", "/v1/claims?status=unverified&limit=7", f"/v1/claims/{ID}"):
        assert lane_of(hot) == "at once"
        assert lane_of(hot, "HEAD") == "read"
        assert lane_of(hot, accept="text/csv") == "read"  # all of the list, streamed
    for slow in (
        "/v1/claims?count=true",
        "/v1/claims?status=none",
        "/v1/audit/agreement",
        "/claims/new/x",
    ):
        assert lane_of(slow) == "read"
    for searched in (
        "/v1/claims?q=people",
        "/v1/sources?kind=person&q=people",
        "/articles?q=a",
        "/v1alpha1/claims:search?query=a",
    ):
        assert lane_of(searched) == "audit"
    assert lane_of("/v1/claims/match", "POST") == lane_of("/similar", "POST") == "audit"
    for reconciling in ("/reconcile?queries=%7B%7D", "/reconcile/suggest/entity?prefix=a"):
        assert lane_of(reconciling) == lane_of("/reconcile", "POST") == "audit"
    assert lane_of("/reconcile") == lane_of("/reconcile/preview?id=a") == "read"
    assert lane_of(f"/v1/sources/{ID}/candidates") == "audit"
    assert lane_of("/v1/claims", "POST") == lane_of(f"/v1/claims/{ID}", "PATCH") == lane_of("/login", "POST") == "write"
    assert lane_of("/v1/imports", "POST") == lane_of("/v1/imports?dry_run=true", "POST") == "long"
    assert lane_of("/v1/imports") == "read"
    for fetching in (
        "/v1/captures", "/articles/captures", "/captures/handover", f"/v1/articles/{ID}/snapshots",
        f"/articles/{ID}/snapshots", f"/v1/claims/{ID}/evidence/{ID}/capture", f"/claims/{ID}/evidence/{ID}/capture",
    ):  # fmt: skip
        assert lane_of(fetching, "POST") == "fetch"
        assert lane_of(fetching) == "read"
    assert lane_of("/v1/captures", "POST", Places(reads=1, writes=1)) == "write"


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (b'{"stance": "supports", "url": "https://x.example", "capture": true}', True),
        (b'{"evidence": [{"capture" \n:\ttrue}]}', True),
        (rb'{"c\u0061ptur\u0065": true}', True),
        (b'{"capture": "yes"}', True),  # it is refused, but not before somebody reads it
        (b'{"capture": false, "note": "They capture pages."}', False),
        (b'{"capture":null}', False),
        (b'{"note": "capture", "capture_id": "x"}', False),
        (b'{"capture_id": true, "excerpt": "The capture: true"}', False),
        (rb'{"note": "\"capture\": true", "title": "100 %41"}', False),
        (b'"capture"' + b" " * 1_000_000, False),
        (b"", False),
    ],
)
def test_a_body_of_json_asks_for_a_capture_by_its_member_alone(body: bytes, asks: bool) -> None:
    assert asking.of_json(body) is asks
    assert lane_of(f"/v1/claims/{ID}/evidence", "POST", body=body) == ("fetch" if asks else "write")
    assert lane_of(f"/v1/claims/{ID}", "PATCH", body=body) == "write"


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (b"evidence.0.url=https%3A%2F%2Fx.example&evidence.0.capture=true", True),
        (b"url=x&capture=true", True),
        (b"evidence%2E0%2Eurl=x&evidence.0.c%61pture=true", True),
        (b"url=&capture=true&note=capture", False),  # the tick is on, and there is no page
        (b"url=x&note=They+capture=true&title=capture", False),
        (b"url=x&capture=", False),
        (b"capture_id=x&url=x", False),
        (b"a=1&" * 501, True),
        (b"--x\r\nContent-Disposition: form-data; name=capture", True),
        (b"", False),
    ],
)
def test_a_form_asks_for_a_capture_by_its_tick_and_a_url(body: bytes, asks: bool) -> None:
    assert asking.of_form(body) is asks
    assert lane_of(f"/claims/{ID}/reviews", "POST", body=body) == ("fetch" if asks else "write")


@pytest.mark.parametrize("path", [f"/v1/captures/{ID}/warc", f"/v1/captures/{ID}/redaction"])
def test_what_waits_for_the_archive_keeps_no_place_of_others(path: str) -> None:
    assert lane_of(path, "GET" if path.endswith("warc") else "POST") == "fetch"


def test_whatever_waits_for_the_audit_keeps_no_place_of_other_reads(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ask each path once, and note what waits: a new route that does fails this until its path is in the table."""
    things, waits = furnished(desk), list[float]()

    class Noted(Following):
        def wait(self, seconds: float = WAIT) -> AsOf:
            waits.append(seconds)
            return super().wait(seconds)

    followings = desk.app.extensions["factcheck.followers"]
    monkeypatch.setitem(followings, "audit", Noted(desk.database, AuditFollower()))
    pages = [Asked("GET", path, targets[0], headers=HTML) for path, targets in PAGES.items()]
    each_path = {asked.path: asked for asked in reversed([*reads(), *pages]) if asked.method == "GET"}
    found: dict[str, str] = {}
    for asked in (each.of(things) for each in each_path.values()):
        before = len(waits)
        desk.request("GET", asked.target, by="admin", headers=asked.headers)
        if len(waits) > before:
            found[asked.path] = lane_of(asked.target, **asked.headers)
    assert set(found.values()) == {"audit"}, found
    assert len(found) == 9
    # Without places of their own, they are reads like all others.
    assert lane_of("/v1/audit/findings", places=Places(reads=1, writes=1)) == "read"


def test_beside_a_database_server_only_health_is_answered_at_once() -> None:
    share = Share.of_worker(EACH)
    places = lanes.of_share(share, embedded=False)
    assert (places.reads, places.writes, places.long) == (4, 3, 1)
    assert places.reads < share.reading  # one is left for the token of a write
    assert places.writes + places.long == share.writers
    assert lane_of("/healthz", places=places) == "at once"
    assert lane_of("/v1/claims", places=places) == lane_of(f"/v1/claims/{ID}", places=places) == "read"


def test_a_process_with_few_connections_has_no_place_for_imports_alone() -> None:
    places = lanes.of_share(Share.of_worker(LEAST), embedded=False)
    assert (places.reads, places.writes, places.long) == (1, 1, 0)
    assert lane_of("/v1/imports", "POST", places) == "write"


def test_every_request_of_the_table_is_a_route(desk: Desk) -> None:
    app: Flask = desk.app
    routes = app.url_map.bind("x")
    assert len(KINDS) == 12
    for method, path in KINDS:
        assert routes.test(path, method), path


# --- beside each other


def door(desk: Desk, **places: int) -> Server:
    return Server(
        desk.app,
        lanes=Lanes(Places(**{"reads": 1, "writes": 1, "long": 1, "audit": 1, "fetch": 1} | places), 0.05),
        uploads=Uploads(1000),
    )


@pytest.mark.parametrize("full", ["read", "write", "long", "audit", "fetch"])
def test_a_full_lane_keeps_no_other_out(desk: Desk, full: str) -> None:
    server = door(desk)
    lane: Lane = getattr(server.lanes, full)
    line = b'{"type":"source","external_id":"s","name":"There","kind":"group"}\n'
    requests: dict[str, Callable[[Client], Any]] = {
        "read": lambda client: client.ask("GET", "/v1/sources"),
        "audit": lambda client: client.ask("GET", "/v1/audit/findings"),
        "write": lambda client: client.ask("POST", "/v1/sources", [BODY], **JSON),
        "long": lambda client: client.ask("POST", "/v1/imports", [line], content_type="application/x-ndjson"),
        "fetch": lambda client: client.ask("POST", "/v1/captures", [b'{"url":"http://127.0.0.1/"}'], **JSON),
    }
    done = {"write": 201, "fetch": 422}

    async def asked() -> None:
        client = Client(server, desk.tokens["contributor"])
        places = [await lane.enter() for _ in range(lane.places)]
        for kind, request in requests.items():
            answer = await request(client)
            if kind != full:
                assert answer.status == done.get(kind, 200), answer.body
                continue
            assert (answer.status, answer.headers["retry-after"]) == (503, "2")
            assert answer.headers["content-type"] == "application/problem+json"
            assert "Too many requests wait for their turn. Nothing was changed" in answer.json["detail"]
            assert answer.json["request_id"] == answer.headers["x-request-id"]
        assert (await client.ask("GET", "/healthz")).json == {"status": "ok"}
        for place in places:
            place.leave()
        assert (await requests[full](client)).status == done.get(full, 200)

    asyncio.run(asked())
    assert {each["name"] for each in desk.get("/v1/sources").json["items"]} == {"While others read", "There"}


def test_no_more_work_at_a_time_than_there_are_places() -> None:
    working, most, lock, refused = [0], [0], threading.Lock(), list[Any]()

    def application(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        with lock:
            refused.extend([environ[TRIED]] if TRIED in environ else [])
            working[0] += 1
            most[0] = max(most[0], working[0])
        time.sleep(0.002)
        with lock:
            working[0] -= 1
        if environ["QUERY_STRING"] == "fails":
            raise RuntimeError("accident")
        start("200 OK", [("Content-Length", "0")])
        return []

    server = Server(application, lanes=Lanes(Places(reads=3, writes=1)), uploads=Uploads(100))

    async def asked() -> list[Any]:
        paths = ("/", "/?fails") * 30
        return await asyncio.gather(*(Client(server).ask("GET", path) for path in paths), return_exceptions=True)

    answers = asyncio.run(asked())
    assert (most, refused) == ([3], [])  # who failed has given their place back, too
    assert [isinstance(each, RuntimeError) for each in answers] == [False, True] * 30


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
    assert found.kept >= shares.LEAST / 3, found  # other tests have the same cores meanwhile
    copies.forget(place.url)
