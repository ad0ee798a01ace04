"""The server between ASGI and WSGI: heads, answers without a body, and answers that are sent while they are made."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from factcheck.web.edge.environ import TRIED, Environ, of_scope
from factcheck.web.edge.lanes import Lanes, Places
from factcheck.web.edge.server import Server
from factcheck.web.edge.uploads import Uploads
from tests.asgi import Answer, Client, scope
from tests.desk import Desk

Start = Callable[..., Any]
PLACES = Places(reads=1, writes=1)


def served(app: Any) -> Server:
    return Server(app, lanes=Lanes(PLACES), uploads=Uploads(1000))


# --- heads


def test_a_head_becomes_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_X_FORWARDED_FOR", "10.0.0.1")  # a variable of the process is no header
    headers = [
        ("Host".lower(), "desk.example:8000"), ("content-type", "application/json"), ("content-length", "7"),
        ("x-forwarded-for", "10.1.1.1"), ("x-forwarded-for", "10.2.2.2"), ("x_forwarded_for", "10.3.3.3"),
        ("cookie", "a=1"), ("cookie", "b=2"), ("x-name", "\xe9"), ("content-type", "text/plain"),
    ]  # fmt: skip
    found = of_scope(scope("POST", "/a%2Fb%FF/%C3%A9?q=%20a+b", headers))
    assert {name: value for name, value in found.items() if not name.startswith("wsgi.")} == {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": "/a/b\xff/\xc3\xa9", "QUERY_STRING": "q=%20a+b",
        "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "7", "HTTP_HOST": "desk.example:8000",
        "HTTP_X_FORWARDED_FOR": "10.1.1.1,10.2.2.2", "HTTP_COOKIE": "a=1; b=2", "HTTP_X_NAME": "\xe9",
    }  # fmt: skip
    assert (found["wsgi.url_scheme"], found["wsgi.version"], found["wsgi.input_terminated"]) == ("http", (1, 0), True)


def test_two_hosts_are_one_too_many(desk: Desk) -> None:
    client = Client(served(desk.app), desk.tokens["reader"])
    assert asyncio.run(client.ask("GET", "/v1/me")).status == 200
    twice = asyncio.run(client.ask("GET", "/v1/me", host="y"))
    assert (twice.status, twice.json["detail"][:20]) == (400, "Send the header Host")


# --- answers


def test_answers_without_a_body(desk: Desk) -> None:
    client = Client(served(desk.app), desk.tokens["reader"])
    whole = asyncio.run(client.ask("GET", "/v1/sources"))
    head = asyncio.run(client.ask("HEAD", "/v1/sources"))
    assert (head.status, head.body, head.ended) == (200, b"", True)
    assert head.headers["content-length"] == str(len(whole.body))
    unchanged = asyncio.run(client.ask("GET", "/v1/sources", if_none_match=whole.headers.get("etag", "*")))
    assert unchanged.ended
    options = asyncio.run(client.ask("OPTIONS", "/v1/sources"))
    assert (options.status, options.ended) == (200, True)
    for kind in ("text/csv", "application/x-ndjson"):
        head = asyncio.run(client.ask("HEAD", "/v1/claims", accept=kind))
        assert (head.status, head.body, head.ended) == (200, b"", True)
        assert head.headers["content-type"].startswith(kind)


@pytest.mark.parametrize("status", ["204 NO CONTENT", "304 NOT MODIFIED"])
def test_a_status_without_a_body_ends_the_answer(status: str) -> None:
    def application(_environ: Environ, start: Start) -> Iterable[bytes]:
        start(status, [])
        return iter(())

    answer = asyncio.run(Client(served(application)).ask("GET", "/"))
    assert (answer.status, answer.pieces, answer.ended) == (int(status[:3]), [b""], True)


class Endless:
    """An answer without a length, of which `most` pieces can be made."""

    def __init__(self, most: int = 1000, fails: bool = False) -> None:
        self.made, self.most, self.fails = 0, most, fails
        self.threads, self.closed = set[int](), threading.Event()

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        assert TRIED not in environ  # no request is refused for want of a place
        self.threads.add(threading.get_ident())
        if environ["PATH_INFO"] == "/quick":
            start("200 OK", [("Content-Length", "5")])
            return [b"quick"]
        start("200 OK", [("Content-Type", "text/csv")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        while self.made < self.most:
            self.threads.add(threading.get_ident())
            self.made += 1
            yield b"%d\n" % self.made
        if self.fails:
            raise RuntimeError("the database is gone")

    def close(self) -> None:
        self.closed.set()


def test_an_answer_without_a_length_is_sent_piece_by_piece() -> None:
    app = Endless(3)
    answer = asyncio.run(Client(served(app)).ask("GET", "/"))
    assert (answer.pieces, answer.ended) == ([b"1\n", b"2\n", b"3\n", b""], True)
    assert app.closed.is_set()
    assert (len(app.threads), threading.get_ident() in app.threads) == (1, False)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.001)


def test_a_stream_waits_for_its_client_and_others_do_not() -> None:
    """A client that stops reading: no more is made for it, and its place is another's."""
    app = Endless()
    server = served(app)

    async def asked() -> None:
        slow, answer = Client(server), Answer()
        stream = asyncio.create_task(slow.ask("GET", "/", answer=answer))
        await until(lambda: len(answer.pieces) > 2)
        slow.stuck = True
        await asyncio.sleep(0)
        for _ in range(20):
            assert (await Client(server).ask("GET", "/quick")).body == b"quick"
        held = len(answer.pieces)
        assert app.made <= held + 1
        assert not app.closed.is_set()
        slow.stuck = False
        slow.reads.set()
        assert (await stream).ended
        assert app.made == 1000

    asyncio.run(asked())


def test_nothing_more_is_made_for_a_client_that_is_gone() -> None:
    app = Endless(10**9)
    answer = Answer()

    async def asked() -> None:
        client = Client(served(app))
        stream = asyncio.create_task(client.ask("GET", "/", answer=answer))
        await until(lambda: len(answer.pieces) > 2)
        client.left.set()
        await stream

    asyncio.run(asked())
    assert (answer.ended, app.closed.is_set()) == (False, True)
    assert app.made < 10**6


def test_a_stream_that_fails_does_not_end_well() -> None:
    """The server closes the connection of an answer that has no end: nobody takes half of an export for all of it."""
    app = Endless(3, fails=True)
    answer = Answer()
    with pytest.raises(RuntimeError, match="the database is gone"):
        asyncio.run(Client(served(app)).ask("GET", "/", answer=answer))
    assert (answer.pieces, answer.ended) == ([b"1\n", b"2\n", b"3\n"], False)
    assert app.closed.is_set()


def test_an_export_of_the_desk_is_streamed(seeded: Desk) -> None:
    client = Client(served(seeded.app), seeded.tokens["reader"])
    lines = asyncio.run(client.ask("GET", "/v1/claims", accept="application/x-ndjson"))
    assert (lines.status, lines.ended, "content-length" in lines.headers) == (200, True, False)
    assert len(lines.body.splitlines()) == seeded.get("/v1/claims?count=true").json["total"] > 10
