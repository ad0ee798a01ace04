"""Read feeds that are due, and capture the pages of their new items, one by one, for the inbox.

What a feed has new is known only in memory until it is captured: a feed counts as read once all of it is, so whatever
dies in between, the feed is still due and has the rest.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.engine import Connection

from factcheck.desk import people
from factcheck.desk.capturing import captures, feeds, inbox
from factcheck.desk.capturing.captures import Item
from factcheck.desk.capturing.checks import Check
from factcheck.desk.capturing.feeds import Due
from factcheck.desk.capturing.pages import Camera, extracted
from factcheck.extraction.running import read_feed
from factcheck.log.clock import now
from factcheck.rules.web.feeds import MOST, PERMANENT, FeedItem, Keys
from factcheck.rules.web.fetches import Fetched
from factcheck.rules.web.watching import OF_HOST
from factcheck.storage.engine.database import Database
from factcheck.watching.manners import Manners, Task

log = structlog.get_logger("factcheck.watch")
SAME = "http_304"
AT_ONCE = 100  # feeds whose items are known in memory


@dataclass
class Reading:
    """A feed that was fetched, the items whose pages are still to be captured, and what to record in the end."""

    feed: Due
    items: deque[tuple[FeedItem, Keys]]
    check: Check


class FeedReader:
    """Reads the feeds of a desk. `most` items of each are looked at, the newest."""

    def __init__(
        self,
        database: Database,
        camera: Camera,
        manners: Manners,
        secret: str,
        *,
        spread: Callable[[], float],
        most: int = MOST,
    ) -> None:
        self.database, self.camera = database, camera
        self._manners, self._secret, self._spread, self._most = manners, secret, spread, most
        self._reading: dict[str, Reading] = {}

    def due(self, connection: Connection, moment: datetime) -> Iterator[tuple[str | None, Task]]:
        """Yield what there is to do, each with the URL that it fetches: items of feeds that were read, then feeds.

        While so many feeds have items that wait for their hosts, no further feed is read.
        """
        due = feeds.still_due(connection, moment, list(self._reading))
        # One that was removed, or moved, meanwhile is read no further.
        same = {key: each for key, each in self._reading.items() if key in due and due[key].url == each.feed.url}
        self._reading = same
        for each in same.values():
            yield each.items[0][0].link, partial(self._capture, each, moment)
        if len(same) < AT_ONCE:
            for feed in feeds.due(connection, moment):
                if feed.feed_id not in same:
                    yield feed.url, partial(self._read, feed, moment)

    def _read(self, feed: Due, moment: datetime) -> None:
        fetched, asked = self._manners.fetch(feed.url, moment, feed.known)
        with self._manners.patient(feed.url):
            self._fetched(feed, moment, fetched, asked)

    def _fetched(self, feed: Due, moment: datetime, fetched: Fetched, asked: timedelta) -> None:
        last, spread = fetched.last, self._spread()
        if fetched.failure == SAME and feed.known is not None:
            self._record(feed, Check(moment, spread))
            return
        if fetched.failure is not None or last is None:
            self._record(feed, Check(moment, spread, fetched.failure, asked))
            return
        found = read_feed(last.body, last.header("content-type") or "", last.url)
        if found.failure is not None:
            self._record(feed, Check(moment, spread, found.failure, asked))
            return
        feed = self._moved(feed, fetched)
        with self.database.reading_primary() as connection:
            items = inbox.new(connection, feed.feed_id, found.items[: self._most], self._secret)
        check = Check(moment, spread, read=last)
        if items:
            self._reading[feed.feed_id] = Reading(feed, deque(items), check)
        else:
            self._record(feed, check)

    def _moved(self, feed: Due, fetched: Fetched) -> Due:
        """Take over the URL to which the site has moved a feed for good."""
        *ways, last = fetched.exchanges
        if not ways or any(each.status not in PERMANENT for each in ways):
            return feed
        with self.database.writing() as session:
            return replace(feed, url=feeds.moved(session, feed.feed_id, last.url))

    def _capture(self, reading: Reading, moment: datetime) -> None:
        """Capture the page of the next item. One whose host is down waits for the next time, with all that follow."""
        item, key = reading.items[0]
        fetched, _ = self._manners.fetch(item.link, moment)
        if fetched.failure in OF_HOST:
            self._end(reading, replace(reading.check, read=None))
            return
        of_feed = Item(reading.feed.feed_id, item.title, item.published_at, key.guid, key.link)
        with (
            self._manners.patient(item.link),
            self.camera.kept(item.link, now(), fetched, extracted(fetched)) as page,
            self.database.writing() as session,
        ):
            captures.add(session, people.operator(session), page, of_feed)
        log.info("feed_item_found", feed=reading.feed.feed_id, reason=page.extract.failure)
        reading.items.popleft()
        if not reading.items:
            self._end(reading, reading.check)

    def _end(self, reading: Reading, check: Check) -> None:
        self._record(reading.feed, check)
        self._reading.pop(reading.feed.feed_id, None)

    def _record(self, feed: Due, check: Check) -> None:
        with self.database.writing() as session:
            feeds.record(session, feed, check)
        if check.error is not None:
            log.warning("feed_not_read", feed=feed.feed_id, reason=str(check.error))
