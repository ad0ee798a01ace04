"""Send a request of the desk's own: to the very address that was judged, once, for a limited time.

`http.client` and not a larger library: it asks no environment for a proxy, keeps no cookies, follows no redirect, and
sends on the socket that it is given. So a name is resolved once, what it resolves to is judged (`rules/addresses.py`),
and the connection goes to what was judged, while TLS and Host name the host as it was written.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from factcheck import __version__
from factcheck.rules.addresses import Address, AddressRefused, Guard, Target, networks
from factcheck.rules.webhooks import Outcome
from factcheck.settings import Settings

CONNECTING = 5.0  # seconds for each address
DEADLINE = 15.0  # seconds for everything after the name was resolved
TRIED = 3  # addresses of a host, at most
MOST_TOLD = 200  # characters of an error that are kept

Resolve = Callable[..., Sequence[tuple[Any, ...]]]
Connect = Callable[..., socket.socket]


class Outbound:
    """Posts to where the guard allows. `resolve` and `connect` are those of the socket module."""

    def __init__(
        self,
        guard: Guard,
        *,
        resolve: Resolve = socket.getaddrinfo,
        connect: Connect = socket.create_connection,
        context: ssl.SSLContext | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self.guard, self.deadline = guard, deadline
        self._resolve, self._connect = resolve, connect
        self._context = context

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()  # reads all authorities: a fifth of a second

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Post once. Whatever goes wrong is told in the outcome; the answer's body is not read."""
        began = time.monotonic()

        def after(status: int | None, error: str | None, retry_after: int | None = None) -> Outcome:
            told = None if error is None else error[:MOST_TOLD]
            return Outcome(status, told, round((time.monotonic() - began) * 1000), retry_after)

        try:
            target = self.guard.target(url)
            addresses = self._addresses(target)
        except AddressRefused as refused:
            return after(None, f"Refused: {refused}")
        except OSError as error:
            return after(None, f"The host's name cannot be resolved: {error.strerror or error}")
        deadline = _Deadline(self.deadline)
        try:
            response = self._posted(target, addresses, headers, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.passed:
                return after(None, f"No answer within {self.deadline:g} seconds.")
            return after(None, f"No answer: {str(error) or type(error).__name__}")
        finally:
            deadline.over()
        if 300 <= response.status < 400:
            return after(response.status, "Redirects are not followed.")
        return after(response.status, None, _seconds(response.getheader("Retry-After")))

    def exchange(self, url: str, headers: Mapping[str, str], body: bytes, largest: int) -> tuple[int, bytes]:
        """Post once, and return the status and the answer's body.

        Raises OSError, HTTPException or ValueError where there is none in time, or one of more than `largest` bytes.
        """
        target = self.guard.target(url)
        addresses = self._addresses(target)
        deadline = _Deadline(self.deadline)
        try:
            with self._posted(target, addresses, headers, body, deadline) as response:
                status, answer = response.status, response.read(largest + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.passed:
                raise TimeoutError(f"No answer within {self.deadline:g} seconds.") from error
            raise
        finally:
            deadline.over()
        if deadline.passed:
            raise TimeoutError(f"No answer within {self.deadline:g} seconds.")
        if len(answer) > largest:
            raise ValueError(f"The answer has more than {largest} bytes.")
        return status, answer

    def _addresses(self, target: Target) -> list[Address]:
        found = self._resolve(target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return self.guard.judge(str(each[4][0]) for each in found)[:TRIED]

    def _posted(
        self,
        target: Target,
        addresses: Sequence[Address],
        headers: Mapping[str, str],
        body: bytes,
        deadline: "_Deadline",
    ) -> http.client.HTTPResponse:
        connected = self._connected(addresses, target.port)
        deadline.watch(connected)
        if target.scheme == "https":
            connected = self._tls.wrap_socket(connected, server_hostname=target.host, do_handshake_on_connect=False)
            deadline.watch(connected)
            connected.do_handshake()
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = connected
        connection.putrequest("POST", target.path, skip_host=True, skip_accept_encoding=True)
        own = {"Host": target.authority, "User-Agent": f"factcheck/{__version__}", "Connection": "close"}
        for name, value in {**own, **headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        if deadline.passed:  # it ended in the middle of the headers, which reads like their end
            raise TimeoutError
        return response

    def _connected(self, addresses: Sequence[Address], port: int) -> socket.socket:
        failed: OSError | None = None
        for address in addresses:
            try:
                connected = self._connect((str(address), port), timeout=CONNECTING)
            except OSError as error:
                failed = error
            else:
                connected.settimeout(self.deadline)
                return connected
        assert failed is not None
        raise failed


class _Deadline:
    """Ends a connection when its time is over, however slowly something still comes, and closes it in the end.

    A socket's own timeout begins anew with every byte.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._watched: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, connected: socket.socket) -> None:
        self._watched = connected
        if self.passed:
            self._end()

    def over(self) -> None:
        self._timer.cancel()
        if self._watched is not None:
            self._watched.close()

    def _end(self) -> None:
        self.passed = True
        if self._watched is not None:
            with suppress(OSError):
                # That of the plain socket: TLS would take its own state away under the thread that reads.
                socket.socket.shutdown(self._watched, socket.SHUT_RDWR)


def _seconds(header: str | None) -> int | None:
    """Read Retry-After in seconds; its other form, a date, is not heeded."""
    return int(header) if header is not None and header.isascii() and header.isdigit() and len(header) < 8 else None


def guard_of(settings: Settings) -> Guard:
    return Guard(networks(settings.webhook_allow), settings.webhook_http)
