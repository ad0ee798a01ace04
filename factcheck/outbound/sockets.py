"""Sockets that end in time, and that keep what goes through them."""

import io
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from factcheck.rules.web.codings import TooMuch


class Deadline:
    """Ends a connection when its time is over, however slowly something still comes, and closes it in the end.

    A socket's own timeout begins anew with every byte.
    """

    def __init__(self, seconds: float) -> None:
        self._ended = False
        self._end_at = time.monotonic() + seconds
        self._watched: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    @property
    def passed(self) -> bool:
        """Say whether the time is over: by the clock too, for a socket's own timeout can come before the timer."""
        return self._ended or time.monotonic() >= self._end_at

    @property
    def left(self) -> float:
        """Return how many seconds are left, which is more than none."""
        return max(self._end_at - time.monotonic(), 0.001)

    def watch(self, connected: socket.socket) -> None:
        self._watched = connected
        if self.passed:
            self._end()

    def over(self) -> None:
        self._timer.cancel()
        if self._watched is not None:
            self._watched.close()

    def _end(self) -> None:
        self._ended = True
        if self._watched is not None:
            with suppress(OSError):
                # That of the plain socket: TLS would take its own state away under the thread that reads.
                socket.socket.shutdown(self._watched, socket.SHUT_RDWR)


class Recorded:
    """A socket that keeps what is sent and received, up to a size."""

    def __init__(self, connected: socket.socket, largest: int) -> None:
        self._connected, self._largest = connected, largest
        self.sent, self.received = bytearray(), bytearray()

    def sendall(self, data: bytes) -> None:
        self.sent += data
        self._connected.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Kept(self._connected, self.received, self._largest), 65536)

    def close(self) -> None:
        self._connected.close()


class _Kept(io.RawIOBase):
    """The bytes that a socket receives, kept as they are read. Raises TooMuch."""

    def __init__(self, connected: socket.socket, received: bytearray, largest: int) -> None:
        self._connected, self._received, self._largest = connected, received, largest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        number = self._connected.recv_into(buffer)
        self._received += memoryview(buffer)[:number]
        if len(self._received) > self._largest:
            raise TooMuch(f"The response has more than {self._largest} bytes.")
        return number
