"""A web site for tests: a real HTTP server on loopback whose pages a test gives, path by path."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Page:
    """What the site sends for a path. `say` sends more, as long as its client takes it."""

    body: bytes = b""
    media_type: str | None = HTML
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    say: Callable[[Callable[[bytes], object]], None] | None = None
    head: int | None = None  # the status of a HEAD request, where it is another one


NOTHING = Page(b"<p>Nothing is here.</p>", status=404)


@dataclass
class Site:
    pages: Mapping[str, Page]
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    port: int = 0
    sent: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[Site]:
    """Serve pages on loopback. A path that is not among them has the status 404."""
    site = Site(pages)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            site.heads.append(self.path)
            page = site.pages.get(self.path, NOTHING)
            self.send_response(page.status if page.head is None else page.head)
            for name, value in page.headers:
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            site.requests.append((self.path, dict(self.headers)))
            page = site.pages.get(self.path, NOTHING)
            if self.headers["If-None-Match"] and ("ETag", self.headers["If-None-Match"]) in page.headers:
                page = Page(media_type=None, status=304)
            self.send_response(page.status)
            if page.media_type:
                self.send_header("Content-Type", page.media_type)
            for name, value in page.headers:
                self.send_header(name, value)
            if page.say is None and not any(name == "Transfer-Encoding" for name, _ in page.headers):
                self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(page.body)
                if page.say is not None:
                    page.say(self._send)

        def _send(self, data: bytes) -> None:
            self.wfile.write(data)
            site.sent += len(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def to(location: str, status: int = 302) -> Page:
    """A redirect."""
    return Page(status=status, headers=(("Location", location),))


def endless(send: Callable[[bytes], object]) -> None:
    while True:
        send(b"<p>more</p>" * 6000)


def dripping(send: Callable[[bytes], object]) -> None:
    while True:
        send(b"a")
        time.sleep(0.02)  # a byte at a time: what is tested is that this does not go on for ever


def bomb(size: int) -> Page:
    """A small response that inflates to so many bytes."""
    packed = gzip.compress(b"\0" * 2**20, 9)
    return Page(packed * (size // 2**20), headers=(("Content-Encoding", "gzip"),))
