"""A receiver of webhooks: a real HTTP server that answers as a test says and keeps what it was sent."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(self.body)["data"]
        return told

    @property
    def type(self) -> str:
        return str(orjson.loads(self.body)["type"])


Answer = Callable[[Request], "int | tuple[int, dict[str, str]] | tuple[int, dict[str, str], bytes]"]


@dataclass
class Receiver:
    """`answer` gives the status, headers and a body for a request; what it raises breaks the connection off."""

    answer: Answer = lambda _request: 204
    requests: list[Request] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [request.id for request in self.requests]

    @property
    def indexes(self) -> list[int]:
        return [request.data["log_index"] for request in self.requests]

    def times(self) -> Counter[str]:
        return Counter(self.ids)


@contextmanager
def receiving(answer: Answer = lambda _request: 204) -> Iterator[Receiver]:
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, body)
            receiver.requests.append(request)
            given = receiver.answer(request)
            status, more, content = (*given, b"")[:3] if isinstance(given, tuple) else (given, {}, b"")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
