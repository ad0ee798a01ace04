"""Check the links of evidence: ask for each page once, politely, and record where it stopped answering or is back.

One page at a time, from host to host. A page that does not answer is asked for again when all others were, and only
what does not answer then either counts. No transaction is open while a page is asked for.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime

from factcheck.desk import people
from factcheck.desk.capturing import evidence_links
from factcheck.desk.capturing.evidence_links import Link
from factcheck.desk.capturing.missing import host_of, in_turns
from factcheck.errors import NotFound, Withdrawn
from factcheck.log.clock import now
from factcheck.outbound.fetching import Fetcher, in_ascii
from factcheck.rules.addresses import AddressRefused
from factcheck.rules.web.fetches import Validators
from factcheck.rules.web.links import SILENT, answers
from factcheck.storage.engine.database import Database

OFFLINE = 3  # hosts, none of which answers: then it is the desk that reaches nobody


@dataclass
class Found:
    """What a run found: how many pages were asked for, and those that are news, each with why it does not answer."""

    asked: int = 0
    untold: int = 0
    left: int = 0
    unreachable: dict[str, str] = field(default_factory=dict)
    news: list[tuple[str, str | None]] = field(default_factory=list)
    offline: bool = False


class LinkChecker:
    """Checks links for `seconds` at most. `wait`, `moment` and `told` are given by the caller."""

    def __init__(
        self,
        database: Database,
        fetcher: Fetcher,
        *,
        name: str | None = None,
        pause: float,
        seconds: float,
        told: Callable[[str, str | None], None] = lambda _url, _error: None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.database, self.fetcher, self.pause = database, fetcher, pause
        self._name, self._told, self._wait = name, told, wait
        # Half of it is for asking again: at most as many pages, of the same hosts.
        self._end = time.monotonic() + seconds / 2
        self._asked_at: dict[str, float] = {}

    def run(self) -> Found:
        """Check all links, those first that were checked longest ago, as long as there is time."""
        with self.database.reading_primary() as connection:
            known = evidence_links.of_evidence(connection)
        found, failed = Found(), {}
        answered: set[str] = set()
        waiting = list(in_turns(known))
        for url in waiting:
            if time.monotonic() >= self._end:
                break
            found.asked += 1
            error = self._ask(known[url])
            if answers(error) is False:
                failed[url] = error
            else:
                answered.add(host_of(url))
                self._take(found, known[url], error)
        found.left = len(waiting) - found.asked
        if not answered and len({host_of(url) for url in failed}) >= OFFLINE:
            found.offline = True
            return found
        for url in failed:
            self._take(found, known[url], self._ask(known[url]))
        return found

    def _ask(self, link: Link) -> str | None:
        """Say why a page does not answer. Many servers know no HEAD: what it does not get is asked for by GET."""
        failure = self._fetch(link, "HEAD")
        if answers(failure) or failure in SILENT:
            return failure
        return self._fetch(link, "GET")

    def _fetch(self, link: Link, method: str) -> str | None:
        host = host_of(link.url)
        self._wait(max(0.0, self._asked_at.get(host, 0.0) + self.pause - time.monotonic()))
        fetched = self.fetcher.fetch(link.url, known=_copy(link), method=method)
        self._asked_at[host] = time.monotonic()
        return fetched.failure

    def _take(self, found: Found, link: Link, failure: str | None) -> None:
        """Record what a check says: an entry for each claim for which it is news."""
        reached = answers(failure)
        error = failure if reached is False else None
        if reached is None:
            found.untold += 1
        elif error is not None:
            found.unreachable[link.url] = error
        if reached is not None and link.news(error) and self._record(link, error):
            found.news.append((link.url, error))
            self._told(link.url, error)
        with self.database.writing() as session:
            evidence_links.checked(session, link.evidence_ids, now())

    def _record(self, link: Link, error: str | None) -> int:
        news = 0
        for claim_id in dict.fromkeys(link.claim_ids):
            try:
                with self.database.writing() as session:
                    actor = people.known(session, self._name) if self._name else people.operator(session)
                    news += evidence_links.record(session, actor, claim_id, url=link.url, error=error)
            except (NotFound, Withdrawn):  # withdrawn since the list was made
                continue
        return news


def _copy(link: Link) -> Validators | None:
    """Return what asks for the page only if it changed since the desk has its copy."""
    if link.captured_at is None:
        return None
    try:
        return Validators(in_ascii(link.url), None, format_datetime(link.captured_at, usegmt=True))
    except AddressRefused:  # the fetch says so
        return None
