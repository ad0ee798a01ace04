"""The stamper asks a time-stamp server (RFC 3161) to vouch for checkpoints, in a thread of its own.

So a server that is slow, down or wrong never holds up a checkpoint. What fails is logged, counted, and tried again with
the checkpoint that is the newest then. A stamp of it vouches for everything before it as well.
"""

import http.client
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import structlog
from sqlalchemy import select

from factcheck.errors import FactcheckError, NotFound, Unavailable
from factcheck.log.clock import stamp
from factcheck.log.log_folder import locked
from factcheck.log.vouching import stamps
from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import Guard, networks
from factcheck.settings import Settings, log_folder
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import LogCheckpoint, LogStamp
from factcheck.storage.upserts import insert_unless_there

log = structlog.get_logger("factcheck.stamper")
LOCK = "stamps-lock"
DEADLINE = 10.0  # seconds for the server's answer
LARGEST = 64 * 1024  # bytes of the answer; one with its certificates has about 6,000
EVERY = 1.0  # seconds between two looks for a new checkpoint
APART = 60.0  # seconds between two requests: a busy desk signs a checkpoint each second
ASKS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class _Published(NamedTuple):
    epoch: int
    size: int
    note: str
    stamped: bool


class Stamper:
    """Has the newest checkpoint stamped. `count` is called with `stamped` or `failed` after each request."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        url: str,
        outbound: Outbound,
        count: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self.database, self.folder, self.url, self.outbound, self.count = database, folder, url, outbound, count
        self._stop = threading.Event()

    def due(self) -> bool:
        """Say whether the newest checkpoint has no time stamp yet."""
        newest = self._newest()
        return newest is not None and not newest.stamped

    def stamp(self) -> str:
        """Have the newest checkpoint stamped unless it is, and say of how many entries it is and when it was stamped.

        No transaction is open while the server is asked. Raises NotFound without a checkpoint, and Unavailable where
        the server gives no valid stamp.
        """
        newest = self._newest()
        if newest is None:
            raise NotFound("No checkpoint has been published yet.")
        if newest.stamped:
            return f"The checkpoint of {newest.size} entries already has a time stamp."
        try:
            asked = stamps.request(newest.note)
            status, response = self.outbound.exchange(self.url, ASKS, asked.as_bytes(), LARGEST)
            if status != http.client.OK:
                raise ValueError(f"it responded with {status}")
            at = stamps.answered(response, asked)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.count("failed")
            reason = (str(error) or type(error).__name__).rstrip(".")
            raise Unavailable(f"The time-stamp server gave no time stamp: {reason}.") from error
        row = {"epoch": newest.epoch, "size": newest.size, "response": response, "stamped_at": at}
        with self.database.writing() as session:
            insert_unless_there(session, LogStamp, row)
        self.count("stamped")
        log.info("time_stamp", epoch=newest.epoch, size=newest.size, stamped_at=stamp(at))
        return f"The checkpoint of {newest.size} entries was stamped at {stamp(at)}."

    def _newest(self) -> _Published | None:
        with self.database.reading_primary() as connection:
            row = connection.execute(
                select(LogCheckpoint.epoch, LogCheckpoint.size, LogCheckpoint.note, LogStamp.size.is_not(None))
                .outerjoin(LogStamp, (LogStamp.epoch == LogCheckpoint.epoch) & (LogStamp.size == LogCheckpoint.size))
                .order_by(LogCheckpoint.epoch.desc(), LogCheckpoint.size.desc())
                .limit(1)
            ).first()
        return _Published(*row) if row is not None else None

    # --- in the background

    def run(self) -> None:
        """Have checkpoints stamped until `stop`. Of several workers one does it; another takes over when that ends."""
        while not self._stop.is_set():
            try:
                with locked(self.folder, LOCK):
                    while not self._stop.is_set():
                        self._stop.wait(self._step())
            except FactcheckError as error:
                log.warning("no_time_stamp", detail=error.detail)
                self._stop.wait(APART)

    def _step(self) -> float:
        """Have the newest checkpoint stamped if it is not; return for how many seconds to wait."""
        try:
            if not self.due():
                return EVERY
            self.stamp()
        except FactcheckError as error:
            log.warning("no_time_stamp", detail=error.detail)
        return APART

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.run, name="stamper", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()


def of_settings(
    settings: Settings, database: Database, count: Callable[[str], None] = lambda _outcome: None
) -> Stamper | None:
    """Return the stamper of a desk, None without FACTCHECK_TSA_URL.

    The server may be in a private network that webhooks may be sent to. It may be reached without TLS, as most are,
    because its answer is signed and holds no secret.
    """
    if not settings.tsa_url:
        return None
    guard = Guard(networks(settings.outbound_allow), http=True)
    folder, outbound = log_folder(settings), Outbound(guard, deadline=DEADLINE)
    return Stamper(database, folder, settings.tsa_url, outbound, count)
