"""How often somebody may ask: per person or address, and how often anybody may guess at a login."""

import time
from collections.abc import Callable, Mapping
from functools import partial, wraps
from math import ceil
from typing import Any, NoReturn

from flask import Response, current_app, make_response, request
from limits import RateLimitItem, parse, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from factcheck.errors import FactcheckError, TooMany, Unauthenticated
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.rules.web import forwarded
from factcheck.web import context

GUESSES = parse("10/minute")  # wrong login links and tokens, by address
# Requests of readers for corrections, by address.
CORRECTIONS = {f"requests for corrections, {each}": each for each in parse_many("5/hour;10/day")}
UNLIMITED = ("static", "home.healthz", "home.readyz")
FIELDS = "factcheck.limits"  # the place in the WSGI environment of what the answer tells about limits
WAIT = message("There were too many requests. Wait, then try again.")


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
        self._rates = {str(each): each for each in (parse_many(rate) if rate else [])}

    def count(self, environ: dict[str, Any], who: str) -> None:
        """Count a request, and note the header fields that tell how many more there is room for.

        Raises TooMany, in which case it is not counted under the rates that had room.
        """
        full = None
        for has_room in (self._counts.test, self._counts.hit):
            for rate in self._rates.values():
                if full is None and not has_room(rate, "all", who):
                    full = rate
        self._tell(environ, self._rates, "all", who)
        if full is not None:
            self._refuse(full, "all", who)

    def guessed(self, view: Callable[[], Any]) -> Response:
        """Answer with a view that somebody may guess at; TooMany once this address has guessed wrong too often.

        A right token or link is always let in. Neither names an account that could be guarded by itself, and many
        people may share an address: a proxy's that is not trusted, or that of an office. Nobody can lock them out by
        guessing wrong, and nobody finds one of 2^256 secrets by guessing on.
        """
        key = (request.endpoint or "", forwarded.counted_as(request.remote_addr))
        try:
            response = make_response(view())
        except Unauthenticated:
            self._count_guess(*key)
            raise
        if response.status_code == 401:
            self._count_guess(*key)
        return response

    def asked(self, environ: dict[str, Any], who: str) -> None:
        """Count a reader's request for a correction, which anybody can send. Raises TooMany."""
        key = ("corrections", who)
        full = [rate for rate in CORRECTIONS.values() if not self._counts.test(rate, *key)]
        if not full:
            for rate in CORRECTIONS.values():
                self._counts.hit(rate, *key)
        self._tell(environ, CORRECTIONS, *key)
        if full:
            self._refuse(full[-1], *key)

    def _count_guess(self, *key: str) -> None:
        had_room = self._counts.hit(GUESSES, *key)
        self._tell(request.environ, {"wrong logins": GUESSES}, *key)
        if not had_room:
            self._refuse(GUESSES, *key)

    def _tell(self, environ: dict[str, Any], rates: Mapping[str, RateLimitItem], *key: str) -> None:
        """Note the header fields of some limits, beside those noted before: draft-ietf-httpapi-ratelimit-headers-10."""
        policies, rooms = [], []
        for name, rate in rates.items():
            window = self._counts.get_window_stats(rate, *key)
            policies.append(f'"{name}";q={rate.amount};w={rate.get_expiry()}')
            left = max(0, ceil(window.reset_time - now().timestamp()))
            rooms.append(f'"{name}";r={window.remaining};t={left}')
        if policies:
            before: list[tuple[str, str]] = environ.setdefault(FIELDS, [])
            before += [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(rooms))]

    def _refuse(self, rate: RateLimitItem, *key: str) -> NoReturn:
        raise TooMany(WAIT, wait=self._counts.get_window_stats(rate, *key).reset_time - now().timestamp())


def refuse_too_many() -> None:
    """Count this request, unless nobody is kept from what it asks for. Raises TooMany."""
    if request.endpoint not in UNLIMITED:
        _of_desk().count(request.environ, _who_counts())


def of_guesses(view: Callable[..., Any]) -> Callable[..., Response]:
    """Return a view that answers 429 to wrong guesses of an address that guessed wrong too often."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        return _of_desk().guessed(partial(view, *args, **kwargs))

    return guarded


def count_request_for_correction() -> None:
    """Count a request for a correction of this address. Raises TooMany."""
    _of_desk().asked(request.environ, forwarded.counted_as(request.remote_addr))


def _of_desk() -> Limits:
    found: Limits = current_app.extensions["factcheck.limits"]
    return found


def _who_counts() -> str:
    """Count by person where a good token shows one, by address otherwise: who guesses tokens is one address.

    Readers of the public site are counted by address: its answers look at no cookie and no token.
    """
    try:
        caller = None if context.is_for_readers() else context.caller()
    except FactcheckError:
        caller = None
    return caller.id if caller else forwarded.counted_as(request.remote_addr)
