"""Watch articles and feeds: fetch what is due, and add a snapshot where a text has changed, or what a feed has new.

One page at a time, so no host ever gets two requests at once, and with a pause between two requests to one host. A host
that is down, or asks to be left alone, is left alone with all of its pages. No transaction is open while a page is
fetched. A check that finds nothing new changes only the state of the watch; one that finds another text adds a capture,
a snapshot and where each quote is now, in one transaction with that state. Whatever dies in between, the page is
still due.
"""

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

import structlog

from factcheck.desk.capturing import checks
from factcheck.desk.capturing.checks import Check, Watched
from factcheck.desk.capturing.pages import Camera, extracted
from factcheck.desk.snapshots import NewText
from factcheck.errors import FactcheckError, Invalid, Unavailable
from factcheck.extraction.running import Extract
from factcheck.log.clock import now
from factcheck.rules.web.feeds import MOST
from factcheck.rules.web.fetches import Fetched
from factcheck.rules.web.watching import Unwatched, same_text
from factcheck.storage.engine.database import Database
from factcheck.watching.feeds import FeedReader
from factcheck.watching.manners import APART, Manners, Task

log = structlog.get_logger("factcheck.watch")
EVERY = 1.0  # seconds between two looks for what is due
PATIENCE = timedelta(minutes=2)  # that `drain` waits for a host: longer than any site asks for between two requests
SAME = "http_304"


class Watcher:
    """Checks watched articles and feeds. `secret` is the desk's, of the keys of items of feeds.

    `clock`, `spread` (0 to 1, of the jitter), `apart`, `wait` and `most` (items of a feed) are given by tests.

    `held` says whether this process still is the one that watches; `at` is called when another text was found, for
    tests that do something in between.
    """

    def __init__(
        self,
        database: Database,
        camera: Camera,
        secret: str,
        *,
        clock: Callable[[], datetime] = now,
        spread: Callable[[], float] = random.random,
        apart: timedelta = APART,
        wait: Callable[[float], object] | None = None,
        held: Callable[[], bool] = lambda: True,
        at: Callable[[str], None] = lambda _step: None,
        most: int = MOST,
    ) -> None:
        self.database, self.camera = database, camera
        self._clock, self._spread, self._held, self._at = clock, spread, held, at
        self._manners = Manners(camera.fetcher, clock, apart)
        self._feeds = FeedReader(database, camera, self._manners, secret, spread=spread, most=most)
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait

    def stop(self) -> None:
        """End `run` and `drain` after the check that is under way."""
        self._stop.set()

    def run(self) -> None:
        """Check what is due until `stop`, or until this process is not the one that watches any more."""
        while not self._stop.is_set():
            self._demand_held()
            try:
                task, _ = self._next()
                if task is not None:
                    task()
                    continue
            except FactcheckError as error:
                log.warning("watching_waits", detail=error.detail)
            self._wait(EVERY)

    def drain(self) -> int:
        """Check what is due now, and return how many checks that took. Hosts that are left alone stay due."""
        made = 0
        while not self._stop.is_set():
            self._demand_held()
            task, pause = self._next()
            if task is not None:
                task()
                made += 1
            elif pause is not None and pause < PATIENCE:
                self._wait(pause.total_seconds())
            else:
                break
        return made

    def _demand_held(self) -> None:
        if not self._held():
            self.stop()
            raise Unavailable("The lock was lost: another process may watch now.")

    def _next(self) -> tuple[Task | None, timedelta | None]:
        """Return the first thing to do whose host may be asked; or how long until there is one."""
        moment = self._clock()
        with self.database.reading_primary() as connection:
            articles = ((url, partial(self.check, article_id)) for article_id, url in checks.due(connection, moment))
            return self._manners.first(chain(articles, self._feeds.due(connection, moment)), moment)

    # --- one article

    def check(self, article_id: str) -> None:
        """Look at an article's page, and record what came of it. Raises FactcheckError where that cannot be."""
        with self.database.reading_primary() as connection:
            watched = checks.of(connection, article_id)
        if watched is None:
            return
        moment = self._clock()
        if watched.url is None:
            self._record(watched, Check(moment, self._spread(), Unwatched.NO_URL))
            return
        fetched, asked = self._manners.fetch(watched.url, moment, watched.known)
        with self._manners.patient(watched.url):
            self._checked(watched, watched.url, moment, fetched, asked)

    def _checked(self, watched: Watched, url: str, moment: datetime, fetched: Fetched, asked: timedelta) -> None:
        spread = self._spread()
        if fetched.failure == SAME and watched.known is not None:
            self._record(watched, Check(moment, spread))
            return
        page = extracted(fetched)
        if page.text is None:
            self._record(watched, Check(moment, spread, page.failure, asked))
        elif any(same_text(page.text, text) for text in watched.texts):
            self._record(watched, Check(moment, spread, read=fetched.last))
        else:
            self._changed(watched, url, Check(moment, spread, read=fetched.last, changed=True), fetched, page)

    def _changed(self, watched: Watched, url: str, check: Check, fetched: Fetched, page: Extract) -> None:
        """Add a snapshot with the text that the page has now. One that comes too late is looked for again."""
        try:
            with self.camera.kept(url, check.moment, fetched, page) as kept:
                with self.database.reading_primary() as connection:
                    new = NewText.captured(connection, watched.article_id, kept)
                self._at("found")
                with self.database.writing() as session:
                    if not checks.found(session, watched, kept, new):
                        return
                    checks.record(session, watched, check)
        except Invalid as error:
            log.warning("watched_text_too_costly", article=watched.article_id, detail=error.detail)
            self._record(watched, Check(check.moment, check.spread, Unwatched.TOO_COSTLY))
            return
        log.info("watched_article_changed", article=watched.article_id)

    def _record(self, watched: Watched, check: Check) -> None:
        with self.database.writing() as session:
            checks.record(session, watched, check)
        if check.error is not None:
            log.warning("watched_article_not_checked", article=watched.article_id, reason=str(check.error))
