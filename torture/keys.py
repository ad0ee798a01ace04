"""Idempotency keys: eight identical requests at the same moment have one effect."""

import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from factcheck.rules.roles import Role
from torture import reading
from torture.client import Client
from torture.concurrency import at_once
from torture.figures import Figure, exactly, none
from torture.places import Place
from torture.serving import Server, served

COPIES = 8
TRIES = 20
GROUPS = 2  # keys that are in flight at once


@dataclass(frozen=True)
class Effects:
    """What came of `keys` keys: how many sources there are, and how often the copies of one were answered otherwise."""

    keys: int
    there: int
    several: int  # keys with more than one effect
    otherwise: int  # answers that were neither the first one again nor 409
    answers: Counter[int]
    verified: int


def pour(place: Place, folder: Path, keys: int, *, stripped: bool = False) -> Effects:
    """Send each of `keys` POSTs eight times at once, under a key of its own; `stripped` leaves the keys out."""
    with served(Server(place.url, folder)) as server:
        reader = Client(server.port, place.tokens[Role.ADMIN])
        begin = len(reading.entries(reader))
        answers: Counter[int] = Counter()
        otherwise = [0] * GROUPS

        def group(at: int) -> None:
            with_connections = [_Raw(server.port) for _ in range(COPIES)]
            for number in range(at, keys, GROUPS):
                raw = _request(place.tokens[Role.CONTRIBUTOR], number, "" if stripped else f"key-{number}")
                got = _all_at_once(with_connections, raw)
                answers.update(status for status, _ in got)
                made = {body for status, body in got if status == 201}
                otherwise[at] += sum(1 for status, _ in got if status != 201) + max(0, len(made) - 1)
            for each in with_connections:
                each.close()

        at_once([partial(group, at) for at in range(GROUPS)])
        log = reading.entries(reader, begin - 1)
        reader.close()
        verified = 0 if stripped else server.command("log", "verify").returncode
    effects = Counter(entry.mark for entry in log)
    return Effects(
        keys, len(log), sum(1 for number in effects.values() if number > 1), sum(otherwise), answers, verified
    )


def _all_at_once(connections: list["_Raw"], raw: bytes) -> list[tuple[int, bytes]]:
    """Send one request over each connection at the same time; again where it was told to come back (409, 503)."""
    done, left = [], connections
    for _ in range(TRIES):
        for each in left:
            each.send(raw)
        got = [(each, each.receive()) for each in left]
        left = [each for each, (status, _) in got if status in (409, 503)]
        done += [answer for each, answer in got if each not in left]
        if not left:
            break
    return done + [(0, b"")] * len(left)


def _request(token: str, number: int, key: str) -> bytes:
    body = f'{{"name": "Source mark-{number:06}", "kind": "group"}}'
    lines = [
        "POST /v1/sources HTTP/1.1", "Host: torture", f"Authorization: Bearer {token}",
        "Content-Type: application/json", f"Content-Length: {len(body)}",
    ]  # fmt: skip
    if key:
        lines.append(f"Idempotency-Key: {key}")
    return "\r\n".join([*lines, "", body]).encode()


class _Raw:
    """A connection on which sending and receiving are two things, so that eight requests are on their way at once."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._stream = self._socket.makefile("rb")

    def send(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def receive(self) -> tuple[int, bytes]:
        status = int(self._stream.readline().split()[1])
        headers = dict(self._headers())
        return status, self._stream.read(int(headers.get(b"content-length", b"0")))

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        while (line := self._stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            yield name.lower(), value.strip()

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


def figures(run: Effects, control: Effects) -> list[Figure]:
    told = ", ".join(f"{number} x {status}" for status, number in sorted(run.answers.items()))
    return [
        exactly(f"effects of {run.keys} keys x {COPIES} ({told})", run.there, run.keys, control.there),
        none("keys with several effects", run.several, control.several),
        none("answers in the end that are not the first one again", run.otherwise),
        none("`log verify` (exit code)", run.verified),
    ]
