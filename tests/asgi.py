"""Requests to an ASGI application without a server: what granian sends it and takes from it, message by message."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

Application = Callable[[Any, Any, Any], Awaitable[None]]
GONE = {"type": "http.disconnect"}


@dataclass
class Answer:
    """What was sent: `pieces` as they came, `ended` once the last one was there."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    ended: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Client:
    """A client of an ASGI application, which sends the pieces of a body as a server does.

    After the pieces it is silent; with `leaves` it goes away instead. Set `stuck` and it reads nothing more.
    """

    def __init__(self, app: Application, token: str = "") -> None:
        self.app = app
        self.headers = [("host", "x")] + ([("authorization", f"Bearer {token}")] if token else [])
        self.left, self.stuck = asyncio.Event(), False
        self.reads = asyncio.Event()

    async def ask(
        self,
        method: str,
        path: str,
        pieces: Iterable[bytes] = (),
        *,
        length: int | None = None,
        ended: bool = True,
        leaves: bool = False,
        answer: Answer | None = None,
        **headers: str,
    ) -> Answer:
        """Send a request; `length` is its Content-Length where that is not what the pieces have, -1 for chunks."""
        pieces = list(pieces)
        answer = Answer() if answer is None else answer
        own = [*self.headers, *((name.replace("_", "-"), value) for name, value in headers.items())]
        if length == -1:
            own.append(("transfer-encoding", "chunked"))
        elif pieces or length is not None:
            own.append(("content-length", str(sum(map(len, pieces)) if length is None else length)))
        messages = [
            {"type": "http.request", "body": piece, "more_body": not ended or at + 1 < len(pieces)}
            for at, piece in enumerate(pieces)
        ]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop(0)
            if not leaves:
                await self.left.wait()
            return GONE

        async def send(message: dict[str, Any]) -> None:
            while self.stuck:
                self.reads.clear()
                await self.reads.wait()
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                answer.pieces.append(message["body"])
                answer.ended = not message.get("more_body", False)

        await self.app(scope(method, path, own), receive, send)
        return answer


def scope(method: str, target: str, headers: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return a request's head as a server gives it."""
    path, _, query = target.partition("?")
    return {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote_to_bytes(path).decode("utf-8", "replace"), "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"), "server": ("127.0.0.1", "80"), "client": ("127.0.0.1", "5000"),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    }  # fmt: skip
