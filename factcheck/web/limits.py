"""How often somebody may ask: per person or address, and how often anybody may guess at a login."""

import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from flask import Response, current_app, make_response, request
from limits import RateLimitItem, parse, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from factcheck.desk.clock import now
from factcheck.errors import FactcheckError, TooMany, Unauthenticated
from factcheck.web import context

GUESSES = parse("10/minute")  # of login links and tokens, by address
WAIT = "There were too many requests in too little time: wait, then try again."


class Counts(MemoryStorage):
    """The library's counts in memory, which it looks through for old ones once a SWEPT.

    By itself it starts a thread for that, by a method of this name, a hundred times a second: a tenth of a read.
    """

    SWEPT = 1.0  # seconds

    def __init__(self) -> None:
        self._next = 0.0
        super().__init__()

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self.SWEPT
            super()._MemoryStorage__schedule_expiry()  # type: ignore[misc]


class Limits:
    """Counts requests in this process. `rate` is that of settings: `600/minute`, or several parted by `;`; or none."""

    def __init__(self, rate: str) -> None:
        self._counts = FixedWindowRateLimiter(Counts())
        self._rates = parse_many(rate) if rate else []

    def refuse_too_many(self) -> None:
        """Count this request: see `count`."""
        if request.endpoint != "static":
            self.count(_who_counts())

    def count(self, who: str) -> None:
        """Count a request. Raises TooMany, in which case it is not counted under the rates that had room."""
        for rate in self._rates:
            if not self._counts.test(rate, "all", who):
                self._refuse(rate, "all", who)
        for rate in self._rates:
            if not self._counts.hit(rate, "all", who):
                self._refuse(rate, "all", who)

    def guessed(self, view: Callable[[], Any]) -> Response:
        """Answer with a view that somebody may guess at, unless this address guessed wrong too often: TooMany.

        What failed counts alone, so that a desk behind one address can log in.
        """
        key = (request.endpoint or "", request.remote_addr or "unknown")
        if not self._counts.test(GUESSES, *key):
            self._refuse(GUESSES, *key)
        try:
            response = make_response(view())
        except Unauthenticated:
            self._counts.hit(GUESSES, *key)
            raise
        if response.status_code == 401:
            self._counts.hit(GUESSES, *key)
        return response

    def _refuse(self, rate: RateLimitItem, *key: str) -> None:
        raise TooMany(WAIT, wait=self._counts.get_window_stats(rate, *key).reset_time - now().timestamp())


def refuse_too_many() -> None:
    """Count this request of the desk that is asked. Raises TooMany."""
    _of_desk().refuse_too_many()


def of_guesses(view: Callable[..., Any]) -> Callable[..., Response]:
    """Return a view that answers 429 to an address that guessed wrong too often."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        return _of_desk().guessed(partial(view, *args, **kwargs))

    return guarded


def _of_desk() -> Limits:
    found: Limits = current_app.extensions["factcheck.limits"]
    return found


def _who_counts() -> str:
    """Count by person where a good token shows one, by address otherwise: who guesses tokens is one address."""
    try:
        caller = context.caller()
    except FactcheckError:
        caller = None
    return caller.id if caller else request.remote_addr or "unknown"
