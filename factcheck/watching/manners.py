"""How the desk behaves when it fetches by itself: one host at a time, with pauses, and as robots.txt allows."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from factcheck.errors import FactcheckError
from factcheck.outbound.fetching import Fetcher
from factcheck.rules.web.fetches import Fetched, Validators
from factcheck.rules.web.watching import OF_HOST, retry_after
from factcheck.watching.permissions import Permissions

APART = timedelta(seconds=5)  # between two requests to one host
DOWN = timedelta(minutes=10)  # that a host is left alone which is down or busy

Task = Callable[[], None]


class Manners:
    """Fetches pages for the desk itself, and knows which hosts may be asked."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], datetime], apart: timedelta = APART) -> None:
        self._fetcher, self._clock, self._apart = fetcher, clock, apart
        self._permissions = Permissions(fetcher, clock)
        self._hosts: dict[str, datetime] = {}  # when each may be asked again

    def fetch(self, url: str, moment: datetime, known: Validators | None = None) -> tuple[Fetched, timedelta]:
        """Fetch a page, and return it with how long its server asks to be left alone."""
        fetched = self._fetcher.fetch(url, known=known, may=self._permissions.refusal)
        asked = retry_after(fetched.last.header("retry-after") if fetched.last else None, moment)
        pause = max(self._apart, self._permissions.delay(url))
        if fetched.failure in OF_HOST:
            pause = max(pause, DOWN, asked)
        self._hosts[_host(url)] = self._clock() + pause
        return fetched, asked

    @contextmanager
    def patient(self, url: str) -> Iterator[None]:
        """Leave a host alone where what was fetched cannot be recorded: it is due, but not every other second."""
        try:
            yield
        except FactcheckError:
            self._hosts[_host(url)] = self._clock() + DOWN
            raise

    def first(self, due: Iterable[tuple[str | None, Task]], moment: datetime) -> tuple[Task | None, timedelta | None]:
        """Return the first task whose host may be asked now; or how long until there is one.

        Of what is due, no more is taken than it needs.
        """
        self._hosts = {host: at for host, at in self._hosts.items() if at > moment}
        soonest: datetime | None = None
        for url, task in due:
            at = self._hosts.get(_host(url))
            if at is None:
                return task, None
            soonest = at if soonest is None else min(soonest, at)
        return None, None if soonest is None else soonest - moment


def _host(url: str | None) -> str:
    return (urlsplit(url).hostname or "") if url else ""
