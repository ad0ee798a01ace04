"""Many clients in one thread: each sends its next request when its last one was answered."""

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
ENDS = b"\r\n\r\n"


def request(method: str, path: str, token: str, body: Any = None, *lines: str) -> bytes:
    """Return a request as it is sent."""
    content = b"" if body is None else orjson.dumps(body)
    head = [f"{method} {path} HTTP/1.1", "Host: desk", f"Authorization: Bearer {token}", *lines]
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*head, "", ""]).encode() + content


@dataclass(frozen=True)
class Kind:
    """So many clients of one kind, and what each of them sends next."""

    name: str
    clients: int
    following: Callable[[], bytes]


@dataclass
class Answers:
    """What the clients of one kind were answered. Status 0 is a connection that was dropped."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)  # seconds
    refusals: list[bytes] = field(default_factory=list)  # the whole answers 503
    seconds: float = 0.0

    @property
    def done(self) -> int:
        return sum(number for status, number in self.statuses.items() if 200 <= status < 400)

    @property
    def rate(self) -> float:
        """How many requests a second were done."""
        return self.done / self.seconds


class _Client:
    def __init__(self, port: int, kind: Kind) -> None:
        self.kind, self._port = kind, port
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self._port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self) -> None:
        self._got, self._whole = bytearray(), 0
        self.began = time.perf_counter()
        self.socket.sendall(self.kind.following())

    def receive(self) -> bytes | None:
        """Return the answer once all of it is there. Raises OSError when the connection was dropped."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("The server closed the connection.")
        self._got += part
        if not self._whole:
            head = self._got.find(ENDS)
            if head < 0:
                return None
            length = _LENGTH.search(self._got, 0, head + 2)
            self._whole = head + len(ENDS) + (int(length[1]) if length else 0)
        return bytes(self._got) if len(self._got) >= self._whole else None


def run(port: int, kinds: Iterable[Kind], seconds: float) -> dict[str, Answers]:
    """Let clients send one request after another for so long, and return what they were answered."""
    kinds = list(kinds)
    answers = {kind.name: Answers() for kind in kinds}
    clients = [_Client(port, kind) for kind in kinds for _ in range(kind.clients)]
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            client.send()
            selector.register(client.socket, selectors.EVENT_READ, client)
        while time.perf_counter() < began + seconds:
            for key, _ in selector.select(0.2):
                _look(key.data, answers[key.data.kind.name], selector)
    for client in clients:
        client.socket.close()
    for each in answers.values():
        each.seconds = time.perf_counter() - began
    return answers


def _look(client: _Client, told: Answers, selector: selectors.BaseSelector) -> None:
    try:
        answer = client.receive()
    except OSError:
        told.statuses[0] += 1
        selector.unregister(client.socket)
        client.socket.close()
        client.connect()
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send()
        return
    if answer is None:
        return
    status = int(answer[9:12])
    told.statuses[status] += 1
    told.took.append(time.perf_counter() - client.began)
    if status == 503:
        told.refusals.append(answer)
    client.send()
