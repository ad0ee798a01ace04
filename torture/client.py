"""A client over one connection that is kept, and what it knows of each of its requests."""

import http.client
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from torture.history import Outcome

PATIENCE = 30  # seconds until a client gives an answer up
FRESH = 10  # seconds that a connection may have been idle: the server closes those that were so for 30


@dataclass(frozen=True)
class Answer:
    """An answer, or none: `status` 0 for a connection that was dropped, -1 for one that never was."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def outcome(self) -> Outcome:
        if 200 <= self.status < 300:
            return Outcome.OK
        # An answer 5xx says that nothing was changed: that is looked at, not believed.
        return Outcome.UNKNOWN if self.status == 0 or self.status >= 500 else Outcome.FAILED

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def etag(self) -> str:
        return self.headers["ETag"]


class Client:
    """Sends requests as one person. Not for several threads."""

    def __init__(self, port: int, token: str, patience: float = PATIENCE) -> None:
        self.port, self.token, self.patience = port, token, patience
        self._connection: http.client.HTTPConnection | None = None
        self._last = time.monotonic()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send one request and return what came back; never twice, whatever happens."""
        if time.monotonic() - self._last > FRESH:
            self.close()
        answer = self._sent(method, path, body, headers)
        self._last = time.monotonic()
        return answer

    def _sent(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
            try:
                self._connection.connect()
            except OSError:
                self.close()
                return Answer(-1)
        written = {"Authorization": f"Bearer {self.token}"}
        written |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None
        if body is not None:
            data, written["Content-Type"] = json.dumps(body), "application/json"
        try:
            self._connection.request(method, path, data, written)
            got = self._connection.getresponse()
            return Answer(got.status, got.headers, got.read())  # type: ignore[arg-type]
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, body=repr(error).encode())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Marks:
    """Gives out marks that no other write carries."""

    def __init__(self) -> None:
        self._lock, self._numbers = threading.Lock(), count(1)

    def take(self) -> str:
        with self._lock:
            return f"mark-{next(self._numbers):06}"
