"""The desk as an ASGI application: the event loop receives bodies and sends answers, WSGI works in between.

One thread serves hundreds of slow connections that way. It is ASGI and not RSGI, which granian made for itself: what
is streamed over RSGI is kept in memory until its client has read it, while here an export waits for its client.
"""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

from factcheck.errors import Unavailable
from factcheck.storage.engine.connections import EXPORTS
from factcheck.web.edge.environ import Environ, Scope, of_scope, refuse
from factcheck.web.edge.lanes import Lane, Lanes, Place
from factcheck.web.edge.uploads import Receive, Uploads
from factcheck.web.files import FilePart

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
BODILESS = ("204", "304")


class Server:
    """An ASGI application around a WSGI application."""

    def __init__(self, application: Application, *, lanes: Lanes, uploads: Uploads) -> None:
        self.application, self.lanes, self.uploads = application, lanes, uploads
        # An answer that is streamed has given up its place, and keeps its thread.
        self._threads = ThreadPoolExecutor(lanes.places + EXPORTS, thread_name_prefix="request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = of_scope(scope)
        body = self.uploads.begin(asked)
        try:
            asked["wsgi.input"] = await self.uploads.read(body, receive) if body else BytesIO()
            exchange = Exchange(self.application, asked, receive, send, closes=body is not None and not body.whole)
            lane = self.lanes.of(asked)
            if lane is None:
                await exchange.send_whole(exchange.answer())
            else:
                await self._work(exchange, asked, lane)
        finally:
            if body is not None:
                self.uploads.end(body)

    async def _work(self, exchange: "Exchange", asked: Environ, lane: Lane) -> None:
        try:
            place = await lane.enter()
        except Unavailable as error:
            refuse(asked, error)
            await exchange.send_whole(exchange.answer())  # which takes no work
            return
        loop = asyncio.get_running_loop()
        try:
            whole = await loop.run_in_executor(self._threads, exchange.answer_or_stream, loop, place)
        finally:
            place.leave()
        if isinstance(whole, FilePart):
            await exchange.send_file(whole)
        elif whole is not None:
            await exchange.send_whole(whole)


class Exchange:
    """One request and its answer. `closes`: the answer says that the connection cannot be used again."""

    def __init__(self, application: Application, asked: Environ, receive: Receive, send: Send, *, closes: bool) -> None:
        self._application, self._asked, self._closes = application, asked, closes
        self._receive, self._send = receive, send
        self._status, self._headers = "", list[tuple[str, str]]()

    def answer(self) -> bytes:
        """Let the application work, and return the body of its answer."""
        pieces = self._application(self._asked, self._start)
        try:
            return b"".join(pieces)
        finally:
            _close(pieces)

    def answer_or_stream(self, loop: AbstractEventLoop, place: Place) -> bytes | FilePart | None:
        """Do the same in a thread; None for an answer that does not say its length, which is sent while it is made.

        All of that is one thread's: what the application has open belongs to the thread that opened it. The thread
        waits for its client, others need not wait for its place. A file belongs to no thread, and keeps none.
        """
        pieces = self._application(self._asked, self._start)
        if isinstance(pieces, FilePart):
            return pieces
        try:
            if self._is_whole():
                return b"".join(pieces)
            loop.call_soon_threadsafe(place.leave)
            self._stream(pieces, loop)
            return None
        finally:
            _close(pieces)

    async def send_whole(self, body: bytes) -> None:
        await self._send_start()
        await self._send({"type": "http.response.body", "body": body})

    async def send_file(self, part: FilePart) -> None:
        """Send a file as fast as the client reads it, until it is gone. A thread is borrowed for each piece."""
        gone = asyncio.ensure_future(self._until_gone())
        try:
            await self._send_start()
            while not gone.done() and (piece := await asyncio.to_thread(part.piece)):
                await self._send_piece(piece, more=True)
            await self._send_piece(b"", more=False)
        finally:
            gone.cancel()
            part.close()

    def _stream(self, pieces: Iterable[bytes], loop: AbstractEventLoop) -> None:
        """Send an answer piece by piece, until the client is gone."""

        def wait_for(sending: Any) -> None:
            asyncio.run_coroutine_threadsafe(sending, loop).result()

        wait_for(self._send_start())
        gone = asyncio.run_coroutine_threadsafe(self._until_gone(), loop)
        try:
            for piece in pieces:
                if gone.done():
                    return
                wait_for(self._send_piece(piece, more=True))
            wait_for(self._send_piece(b"", more=False))
        finally:
            gone.cancel()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _send_start(self) -> None:
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self._headers]
        if self._closes and not any(name == b"connection" for name, _ in headers):
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": int(self._status[:3]), "headers": headers})

    async def _send_piece(self, piece: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        self._status, self._headers = status, headers

    def _is_whole(self) -> bool:
        has_none = self._asked["REQUEST_METHOD"] == "HEAD" or self._status[:3] in BODILESS
        return has_none or any(name.lower() == "content-length" for name, _ in self._headers)


def _close(pieces: Iterable[bytes]) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
