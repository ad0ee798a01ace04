"""The gate before the application: as many work as may, whatever their bodies do, and a short body is an error."""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from factcheck.errors import Unreadable
from factcheck.web.edge.doorway import Doorway
from tests.desk import Desk

Environ = dict[str, Any]


def asked(door: Doorway, body: bytes, length: int | None = None) -> bytes:
    """Send a request through the gate, whose body may be shorter than it says, and return the answer."""
    declared = str(len(body) if length is None else length)
    environ = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": declared, "REQUEST_METHOD": "POST", "PATH_INFO": "/"}
    return b"".join(door(environ, lambda *_: None))


def reading(how: Callable[[Any], bytes]) -> Callable[[Environ, Any], Iterable[bytes]]:
    def application(environ: Environ, start_response: Any) -> Iterable[bytes]:
        return [how(environ["wsgi.input"])]

    return application


WAYS: dict[str, Callable[[Any], bytes]] = {
    "all": lambda stream: stream.read(),
    "as much as there is": lambda stream: stream.read(1000),
    "in pieces": lambda stream: b"".join(iter(lambda: stream.read(2), b"")),
    "by lines": lambda stream: b"".join(stream.readlines()),
    "one after the other": lambda stream: b"".join(stream),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_short_body_is_an_error_however_it_is_read(way: str) -> None:
    door = Doorway(reading(WAYS[way]), reading=1, writing=1, waiting=1)
    assert asked(door, b"one\ntwo\n") == b"one\ntwo\n"
    for short in (b"one\ntwo", b"o", b""):
        with pytest.raises(Unreadable, match="Content-Length"):
            asked(door, short, 8)
    assert asked(door, b"one\ntwo\n") == b"one\ntwo\n"


def test_no_more_is_read_than_the_length_says() -> None:
    door = Doorway(reading(WAYS["all"]), reading=1, writing=1, waiting=1)
    assert asked(door, b"one, and the next request", 3) == b"one"


def test_a_short_form_is_refused(desk: Desk) -> None:
    """Forms are read by the framework, which takes what there is."""
    client = Doorway(desk.app, reading=1, writing=1, waiting=1)
    told: list[str] = []
    form = b"token=" + desk.tokens["analyst"].encode()
    environ = {
        "wsgi.input": io.BytesIO(form), "CONTENT_LENGTH": str(len(form) + 1), "REQUEST_METHOD": "POST",
        "PATH_INFO": "/login", "HTTP_HOST": "x", "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "wsgi.input_terminated": True,
    }  # fmt: skip
    body = b"".join(client(environ, lambda status, *_: told.append(status)))
    assert told == ["400 BAD REQUEST"]
    assert b"ended before its Content-Length" in body


@pytest.mark.parametrize("body", ["whole", "short", "late"])
def test_a_place_is_taken_back_after_the_body(body: str) -> None:
    """Where one may work, two never meet, however many bodies came before: whole, broken off, or too late."""
    meeting = threading.Barrier(2)
    met: list[bool] = []

    def application(environ: Environ, start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        try:
            meeting.wait(0.2)
        except threading.BrokenBarrierError:
            met.append(False)
        else:
            met.append(True)
        return []

    ended = threading.Event()

    class Late(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            ended.wait()
            return b""

    def before() -> None:
        if body == "late":
            environ = {"wsgi.input": Late(), "CONTENT_LENGTH": "3", "REQUEST_METHOD": "POST", "PATH_INFO": "/"}
            door(environ, lambda *_: None)
        else:
            asked(door, b"abc", 4)

    door = Doorway(application, reading=1, writing=1, waiting=8, within=0.01 if body == "late" else 5)
    if body != "whole":
        for _ in range(3):
            with pytest.raises(Exception, match="body"):
                before()
        door.within = 5
    ended.set()
    threads = [threading.Thread(target=asked, args=(door, b"abc")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == [False] * 3
