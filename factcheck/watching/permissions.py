"""What sites let the desk fetch by itself: their robots.txt, each read once a day."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from factcheck.outbound.fetching import Fetcher
from factcheck.rules.web import robots
from factcheck.rules.web.fetches import Failure
from factcheck.rules.web.robots import Robots
from factcheck.rules.web.watching import Unwatched

VALID = timedelta(days=1)  # the longest that RFC 9309 allows
MOST = 200  # sites whose rules are in memory
# The page of a site that is not there cannot be fetched either, and this says why.
UNANSWERED = frozenset({Failure.REFUSED_ADDRESS, Failure.UNRESOLVED, Failure.UNREACHABLE, Failure.TIMEOUT})
BUSY = "http_429"  # a site that says so is asked again later, and has not allowed anything


class Permissions:
    """Asks each site's robots.txt. One that has none allows everything, and one that cannot be read nothing."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], datetime]) -> None:
        self.fetcher, self._clock = fetcher, clock
        self._known: dict[str, tuple[datetime, Robots]] = {}

    def refusal(self, url: str) -> str | None:
        """Say why a page may not be fetched, None if it may."""
        rules = self._of(_site(url))
        if isinstance(rules, str):
            return rules
        return None if rules.allows(url) else Unwatched.ROBOTS

    def delay(self, url: str) -> timedelta:
        """Return how long the site of a page wants to be left alone between two requests, as far as it is known."""
        found = self._known.get(_site(url))
        return timedelta(seconds=found[1].delay) if found else timedelta(0)

    def _of(self, site: str) -> Robots | str:
        """Return the rules of a site, or why there are none."""
        moment = self._clock()
        known = self._known.get(site)
        if known is not None and moment < known[0] + VALID:
            return known[1]
        fetched = self.fetcher.fetch(f"{site}/robots.txt")
        if fetched.failure is None and fetched.last is not None:
            rules = robots.read(fetched.last.body)
        elif fetched.failure in UNANSWERED:
            return str(fetched.failure)
        elif fetched.failure is not None and fetched.failure.startswith("http_4") and fetched.failure != BUSY:
            rules = robots.ALL
        else:
            return Unwatched.ROBOTS_UNREACHABLE
        self._known.pop(site, None)
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]  # the one that was read first
        self._known[site] = (moment, rules)
        return rules


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
