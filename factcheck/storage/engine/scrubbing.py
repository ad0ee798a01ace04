"""Take what was deleted out of a database's files: at once where nobody is in the way, and otherwise soon after.

Nobody waits for it. To empty SQLite's write-ahead log, everybody who reads what is in it must be done; whoever waits
for that inside SQLite keeps all writers out meanwhile. PostgreSQL's VACUUM of a table waits for another one.
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Engine, text

from factcheck.errors import Unavailable

TABLES = (
    "claims", "claim_versions", "quotes", "hops", "evidence", "occurrences", "relations", "reviews", "second_opinions",
    "comments", "revision_contents", "kept_answers", "findings", "articles", "snapshots", "images", "image_bands",
    "watches", "captures", "feeds",
    "inbox_items", "sources", "judgments", "source_relations", "people", "login_links", "browser_sessions", "tokens",
    "provider_accounts", "rating_scales", "reports", "site_pages", "correction_requests",
    "report_versions", "report_publications", "report_claims", "report_drafts", "assignments", "mail_choices",
    "mail_marks", "preferences", "saved_filters",
    "webhooks", "webhook_messages", "webhook_deliveries", "statistic_claims", "statistic_counts",
)  # fmt: skip
AGAIN = 2.0  # seconds until what was in the way is looked for again
log = structlog.get_logger("factcheck.storage")


class Scrubber:
    """Runs `work` until it returns True, again for each time that it was asked for."""

    def __init__(self, work: Callable[[], bool]) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._asked = self._done = 0
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()

    def scrub(self) -> None:
        """Scrub now, or leave it to a thread of its own."""
        with self._mutex:
            self._asked += 1
        if self._tried():
            return
        with self._mutex:
            if self._thread is None:
                self._thread = threading.Thread(target=self._go_on, name="scrubbing", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread, and return when it has ended: it uses connections that are closed next."""
        self._ended.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _go_on(self) -> None:
        while not self._ended.wait(AGAIN):
            if self._tried():
                with self._mutex:
                    if self._asked == self._done:
                        self._thread = None
                        return

    def _tried(self) -> bool:
        """Say whether all that was asked for until now is done."""
        asked = self._asked
        if asked <= self._done:
            return True
        try:
            done = self._work()
        except Unavailable as error:
            log.warning("not_scrubbed_yet", detail=error.detail)
            return False
        if done:
            with self._mutex:
                self._done = max(self._done, asked)
        return done


def vacuumed(engine: Engine) -> bool:
    """Vacuum the tables of a server from which a redaction deletes. Raises SQLAlchemy's errors.

    Their statistics are made again too: they have values of columns.
    """
    with engine.connect() as connection:
        outside = connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in TABLES:
            outside.execute(text(f"VACUUM (ANALYZE) {table}"))
    return True


def log_emptied(engine: Engine) -> bool:
    """Empty SQLite's write-ahead log; say whether nobody was in the way. The caller has the writers' turn."""
    with engine.connect() as connection:
        # By the driver: SQLAlchemy would begin a transaction first, in which SQLite empties nothing.
        raw: Any = connection.connection.driver_connection
        try:
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            log.warning("log_not_emptied", error=str(error))
            return False
    return not busy
