"""Bodies of requests: those that come slowly hold up nobody, and none counts for anything unless all of it came."""

import asyncio
import errno
import os
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest

from factcheck.errors import FactcheckError, TooLarge, TooMany, TooSlow, Unavailable, Unreadable
from factcheck.web.edge import uploads
from factcheck.web.edge.environ import Environ
from factcheck.web.edge.lanes import Lanes, Places
from factcheck.web.edge.server import Server
from factcheck.web.edge.uploads import SPOOLED, Uploads
from tests.asgi import Answer, Client
from tests.desk import Desk

WAYS: dict[str, Callable[[Any], bytes]] = {
    "all": lambda stream: stream.read(),
    "as much as there is": lambda stream: stream.read(1000),
    "in pieces": lambda stream: b"".join(iter(lambda: stream.read(2), b"")),
    "by lines": lambda stream: b"".join(stream.readlines()),
    "one line after the other": lambda stream: b"".join(stream),
}


class Reading:
    """A WSGI application that reads a body in one of the ways, and keeps what it got."""

    def __init__(self, way: str) -> None:
        self.way, self.got = WAYS[way], list[bytes | FactcheckError]()

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        try:
            self.got.append(self.way(environ["wsgi.input"]))
        except FactcheckError as error:
            self.got.append(error)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]


def served(app: Any, most: int = 100, **how: Any) -> Server:
    return Server(app, lanes=Lanes(Places(reads=1, writes=1)), uploads=Uploads(most, **how))


def got(app: Reading, pieces: Iterable[bytes], most: int = 100, **how: Any) -> tuple[bytes | FactcheckError, Answer]:
    answer = asyncio.run(Client(served(app, most, within=0.2)).ask("POST", "/", pieces, **how))
    assert (answer.status, answer.body) == (200, b"ok")
    return app.got.pop(), answer


@pytest.mark.parametrize("way", WAYS)
def test_a_body_is_whole_or_an_error_however_it_is_read(way: str) -> None:
    app = Reading(way)
    whole, answer = got(app, [b"one\n", b"two", b"\n"])
    assert (whole, answer.headers.get("connection")) == (b"one\ntwo\n", None)
    whole, answer = got(app, [b"one\n", b"two\n"], length=-1)
    assert (whole, answer.headers.get("connection")) == (b"one\ntwo\n", None)
    for how in ({"length": 9}, {"length": -1}):  # broken off, with a length and in chunks
        short, answer = got(app, [b"one\n", b"two\n"], ended=False, leaves=True, **how)
        assert isinstance(short, Unreadable)
        assert answer.headers["connection"] == "close"
    late, answer = got(app, [b"one\n"], length=9, ended=False)
    assert isinstance(late, TooSlow)
    assert (late.detail, answer.headers["connection"]) == ("The body did not arrive within 0.2 seconds.", "close")
    for how in ({"length": 101}, {"length": -1}):
        large, answer = got(app, [b"x" * 101], **how)
        assert isinstance(large, TooLarge)
        assert answer.headers["connection"] == "close"
    assert got(app, [])[0] == b""


def test_what_is_too_large_is_not_asked_for() -> None:
    """A client that waits until it is told to send (`Expect: 100-continue`) is told when the body is read."""

    async def never() -> dict[str, Any]:
        raise AssertionError

    async def asked() -> None:
        up = Uploads(100)
        body = up.begin({"CONTENT_LENGTH": "101", "HTTP_EXPECT": "100-continue"})
        assert body is not None
        with pytest.raises(TooLarge):
            (await up.read(body, never)).read()
        up.end(body)

    asyncio.run(asked())


def test_a_large_body_goes_to_a_file_which_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Kept(SpooledTemporaryFile[bytes]):
        def __init__(self, max_size: int) -> None:
            super().__init__(max_size)
            made.append(self)

        @property
        def name(self) -> Any:
            return super().name

    monkeypatch.setattr(uploads, "SpooledTemporaryFile", Kept)
    app = Reading("all")
    large = os.urandom(SPOOLED * 3)
    pieces = [large[at : at + 10_000] for at in range(0, len(large), 10_000)]
    assert got(app, pieces, most=len(large))[0] == large
    assert got(app, [b"small"])[0] == b"small"
    on_disk, in_memory = made
    assert (isinstance(on_disk.name, int), in_memory.name) == (True, None)
    assert (on_disk.closed, in_memory.closed) == (True, True)


def test_a_full_disk_is_an_error_of_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(SpooledTemporaryFile[bytes]):
        def write(self, *_given: Any) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    app = Reading("all")
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "SpooledTemporaryFile", Full)
        refused, answer = got(app, [b"x"])
    assert isinstance(refused, Unavailable)
    assert "No space left" in refused.detail
    assert answer.headers["connection"] == "close"
    assert got(app, [b"x"])[0] == b"x"


def test_no_more_bytes_are_kept_than_there_is_room_for() -> None:
    """Of all requests together, until they are answered; one that is refused or breaks off gives its room back."""
    app = Reading("all")
    server = served(app, at_once=2)

    async def asked() -> None:
        slow = [Client(server), Client(server)]
        waiting = [asyncio.create_task(each.ask("POST", "/", [b"x" * 90], length=95, ended=False)) for each in slow]
        await asyncio.sleep(0)
        while server.uploads.room > 20:
            await asyncio.sleep(0)
        await Client(server).ask("POST", "/", [b"x" * 20])
        await Client(server).ask("POST", "/", [b"x" * 21])
        for each in slow:
            each.left.set()
        await asyncio.gather(*waiting)
        await Client(server).ask("POST", "/", [b"x" * 100])

    asyncio.run(asked())
    assert [type(each) for each in app.got] == [bytes, TooMany, Unreadable, Unreadable, bytes]
    assert server.uploads.room == 200


# --- at the desk


def test_a_body_that_does_not_come_is_refused_and_nothing_is_stored(desk: Desk) -> None:
    server = served(desk.app, most=10_000, within=0.3)
    there, line = b'{"name":"There","kind":"group"}', b'{"type":"source","name":"A","kind":"group"}\n'
    json = {"content_type": "application/json"}

    async def asked() -> None:
        client = Client(server, desk.tokens["contributor"])
        late = await client.ask("POST", "/v1/sources", [there[:10]], length=31, ended=False, **json)
        assert (late.status, late.json["type"]) == (408, "/problems/too-slow")
        assert late.headers["connection"] == "close"
        short = await client.ask("POST", "/v1/sources", [there], length=32, ended=False, leaves=True, **json)
        assert (short.status, short.json["detail"]) == (400, "The body ended before its Content-Length.")
        gone = await client.ask(
            "POST", "/v1/imports", [line], length=2 * len(line), ended=False, leaves=True,
            content_type="application/x-ndjson",
        )  # fmt: skip
        assert (gone.status, gone.json["detail"]) == (400, "The body ended before its Content-Length.")
        large = await client.ask("POST", "/v1/sources", [], length=10_001, **json)
        assert (large.status, large.json["type"]) == (413, "/problems/too-large")
        stranger = await Client(server).ask("POST", "/v1/sources", [], length=10_001, **json)
        assert (stranger.status, stranger.json["type"]) == (401, "/problems/unauthenticated")
        form = await Client(server).ask(
            "POST", "/login", [b"token=" + desk.tokens["analyst"].encode()], length=100, ended=False, leaves=True,
            content_type="application/x-www-form-urlencoded",
        )  # fmt: skip
        assert (form.status, form.json["detail"]) == (400, "The body ended before its Content-Length.")
        assert desk.get("/v1/sources").json["items"] == []
        assert (await client.ask("POST", "/v1/sources", [there], **json)).status == 201

    asyncio.run(asked())
    assert [each["name"] for each in desk.get("/v1/sources").json["items"]] == ["There"]


def test_a_place_is_not_taken_while_a_body_comes(desk: Desk) -> None:
    server = served(desk.app, most=10_000)
    json = {"content_type": "application/json"}

    async def asked() -> None:
        slow = [Client(server, desk.tokens["contributor"]) for _ in range(50)]
        bodies = [b'{"name":"Slow %d","kind":"group"}' % at for at in range(50)]
        waiting = [
            asyncio.create_task(each.ask("POST", "/v1/sources", [body[:9]], length=len(body), ended=False, **json))
            for each, body in zip(slow, bodies, strict=True)
        ]
        client = Client(server, desk.tokens["contributor"])
        quick = await client.ask("POST", "/v1/sources", [b'{"name":"Quick","kind":"group"}'], **json)
        assert quick.status == 201
        assert not any(each.done() for each in waiting)
        for each in slow:
            each.left.set()
        assert {each.status for each in await asyncio.gather(*waiting)} == {400}

    asyncio.run(asked())
    assert [each["name"] for each in desk.get("/v1/sources").json["items"]] == ["Quick"]
