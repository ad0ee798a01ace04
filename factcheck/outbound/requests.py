"""Send one request of the desk's own, only to an address that was judged, for a limited time.

`http.client` and not a larger library: it asks no environment for a proxy, keeps no cookies, follows no redirect, and
sends on the socket that it is given. So a name is resolved once, what it resolves to is judged (`rules/addresses.py`),
and the connection goes to what was judged, while TLS and Host name the host as it was written.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from factcheck import __version__
from factcheck.outbound.sockets import Deadline, Recorded
from factcheck.rules.addresses import Address, AddressRefused, Guard, Target, networks
from factcheck.rules.webhooks import Outcome
from factcheck.settings import Settings

CONNECTING = 5.0  # seconds for each address
DEADLINE = 15.0  # seconds for everything after the name was resolved
TRIED = 3  # addresses of a host, at most
MOST_TOLD = 200  # characters of an error that are kept

Resolve = Callable[..., Sequence[tuple[Any, ...]]]
Connect = Callable[..., socket.socket]


@dataclass(frozen=True)
class Raw:
    """A request and its response as bytes on the wire, and what they say. `body` is without chunks."""

    ip: str
    request: bytes
    response: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Outbound:
    """Sends to where the guard allows. `resolve` and `connect` are those of the socket module."""

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
        deadline = Deadline(self.deadline)
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
        deadline = Deadline(self.deadline)
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

    def get(self, url: str, headers: Mapping[str, str], largest: int, seconds: float, *, method: str = "GET") -> Raw:
        """Get a page as it is sent, or its head alone by `HEAD`; a redirect is a response like any other.

        Raises AddressRefused, OSError, HTTPException, TooMuch for a response of more than `largest` bytes, and
        TimeoutError when it is not there within `seconds`.
        """
        target = self.guard.target(url)
        addresses = self._addresses(target)
        deadline = Deadline(seconds)
        try:
            connected = self._secured(target, addresses, deadline)
            recorded = Recorded(connected, largest)
            connection = http.client.HTTPConnection(target.host, target.port)
            connection.sock = recorded  # it needs sendall and close alone
            self._send(connection, method, target, headers, None)
            response = http.client.HTTPResponse(recorded, method=method)  # type: ignore[arg-type]
            response.begin()
            body = response.read()
            if deadline.passed:  # it was ended in the middle, which can read like the end
                raise TimeoutError
            fields = tuple((str(name), str(value)) for name, value in response.headers.items())
            ip = str(connected.getpeername()[0])
            return Raw(ip, bytes(recorded.sent), _final(recorded.received), response.status, fields, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if deadline.passed:
                raise TimeoutError(f"No response within {seconds:g} seconds.") from error
            raise
        finally:
            deadline.over()

    def _addresses(self, target: Target) -> list[Address]:
        found = self._resolve(target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        return self.guard.judge(str(each[4][0]) for each in found)[:TRIED]

    def _posted(
        self,
        target: Target,
        addresses: Sequence[Address],
        headers: Mapping[str, str],
        body: bytes,
        deadline: "Deadline",
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = self._secured(target, addresses, deadline)
        self._send(connection, "POST", target, headers, body)
        response = connection.getresponse()
        if deadline.passed:  # it ended in the middle of the headers, which reads like their end
            raise TimeoutError
        return response

    def _secured(self, target: Target, addresses: Sequence[Address], deadline: "Deadline") -> socket.socket:
        connected = self._connected(addresses, target.port, min(CONNECTING, deadline.left))
        deadline.watch(connected)
        if target.scheme == "https":
            connected = self._tls.wrap_socket(connected, server_hostname=target.host, do_handshake_on_connect=False)
            deadline.watch(connected)
            connected.do_handshake()
        return connected

    @staticmethod
    def _send(
        connection: http.client.HTTPConnection,
        method: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> None:
        connection.putrequest(method, target.path, skip_host=True, skip_accept_encoding=True)
        own = {"Host": target.authority, "User-Agent": f"factcheck/{__version__}", "Connection": "close"}
        size = {} if body is None else {"Content-Length": str(len(body))}
        for name, value in {**own, **headers, **size}.items():
            connection.putheader(name, value)
        connection.endheaders(body)

    def _connected(self, addresses: Sequence[Address], port: int, timeout: float) -> socket.socket:
        failed: OSError | None = None
        for address in addresses:
            try:
                connected = self._connect((str(address), port), timeout=timeout)
            except OSError as error:
                failed = error
            else:
                connected.settimeout(self.deadline)
                return connected
        assert failed is not None
        raise failed


def _final(received: bytearray) -> bytes:
    """Return a response without the interim ones (100 Continue and the like) that came before it."""
    at = 0
    while received[at : at + 5] == b"HTTP/" and received[at + 8 : at + 10] == b" 1":
        at = received.index(b"\r\n\r\n", at) + 4
    return bytes(received[at:])


def _seconds(header: str | None) -> int | None:
    """Read Retry-After in seconds; its other form, a date, is not heeded."""
    return int(header) if header is not None and header.isascii() and header.isdigit() and len(header) < 8 else None


def guard_of(settings: Settings) -> Guard:
    """Return where webhooks may be sent."""
    return Guard(networks(settings.outbound_allow), settings.webhook_http)


def guard_of_pages(settings: Settings) -> Guard:
    """Return where pages may be fetched from: without TLS too, as much of the web is read."""
    return Guard(networks(settings.outbound_allow), http=True)
