"""Write the vectors of claims as they come: a thread that follows the log, so that no request computes them.

It starts at the log's end and walks once over all claims that are there: what the file has already is left, what it has
of withdrawn or redacted claims is wiped out. So it stores no position.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, select

from factcheck.errors import FactcheckError
from factcheck.followers.embeddings.files import Lock, Said
from factcheck.followers.embeddings.meanings import Meanings
from factcheck.followers.embeddings.vectors import ModelFailed
from factcheck.followers.readers import BATCH, TAKE_OVER
from factcheck.followers.search.documents import changed
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import STUMBLES, reason_of
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import LogHead, Revision

log = structlog.get_logger("factcheck.model")
STRETCH = 200  # claims that are compared with the file at a time
TOGETHER = 16  # texts that the model is given at a time
LOOK = 1.0  # seconds between two looks at a log that other processes write too


class VectorFilling:
    """The vectors of one database's claims; one process of this host at a time writes them."""

    def __init__(self, database: Database, meanings: Meanings) -> None:
        self._database, self._meanings = database, meanings
        self._lock = Lock(meanings.path)
        self._stop, self._wake = threading.Event(), threading.Event()
        self._position = self._cursor = self._until = 0
        self._walks = False  # over the claims that were there when it began

    def start(self) -> threading.Thread:
        self._database.listeners.append(self._wake.set)
        thread = threading.Thread(target=self.run, name="follower-vectors", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()

    def run(self) -> None:
        """Follow until `stop`; whatever fails is tried again after a while."""
        began = False
        while not self._stop.is_set():
            try:
                if not self._lock.take():
                    self._stop.wait(TAKE_OVER)
                    continue
                if not began:
                    self.begin()
                    began = True
                if not self.step():
                    self._wake.wait(LOOK)
                    self._wake.clear()
            except (ModelFailed, FactcheckError, OSError, *STUMBLES) as error:
                log.warning("vectors_not_written", detail=reason_of(error))
                began = began and not isinstance(error, OSError)  # the file may have been removed
                self._stop.wait(self._meanings.rest)
        self._lock.give_up()

    def begin(self) -> None:
        """Begin to walk over all claims. Raises ModelFailed, OSError or Unavailable."""
        self._meanings.file().begin()
        with self._database.reading_primary() as connection:
            self._position = self._until = int(connection.execute(_SIZE).scalar_one())
        self._cursor, self._walks = 0, True

    def step(self) -> bool:
        """Write what the next entries changed, and the next stretch of the walk; return whether there was any."""
        with self._database.reading_primary() as connection:
            bounds = {"start": self._position, "end": self._position + BATCH}
            entries = connection.execute(_ENTRIES, bounds).all()
            seqs = sorted(changed(connection, entries, self._position).claims) if entries else []
            rows = list(connection.execute(_CLAIMS, {"seqs": seqs}).all()) if seqs else []
            stretch = connection.execute(_STRETCH, {"start": self._cursor, "until": self._until}).all()
        self._write([*rows, *stretch])
        self._position += len(entries)
        if stretch:
            self._cursor = stretch[-1].seq + 1
        elif self._walks:
            self._walks = False
            log.info("vectors_complete", log_index=self._position - 1)
        return bool(entries or stretch)

    def _write(self, rows: Sequence[Any]) -> None:
        file = self._meanings.file()
        file.write([], [], [row.seq for row in rows if row.withdrawn_at is not None])
        claims = [Said(row.seq, row.text) for row in rows if row.withdrawn_at is None]
        known = file.read(claims)
        missing = [claim for claim in claims if claim.seq not in known]
        for at in range(0, len(missing), TOGETHER):
            if self._stop.is_set():
                return
            began = time.monotonic()
            some = missing[at : at + TOGETHER]
            file.write(some, self._meanings.packed([claim.text for claim in some]))
            # The other half of the time is for requests.
            self._stop.wait(time.monotonic() - began)


_SIZE = select(LogHead.size)
_ENTRIES = (
    select(Revision.log_index, Revision.subject_kind, Revision.subject_id, Revision.action.label("action"))
    .where(Revision.log_index >= bindparam("start"), Revision.log_index < bindparam("end"))
    .order_by(Revision.log_index)
)
_ROWS = select(Claim.seq, Claim.text, Claim.withdrawn_at)
_CLAIMS = _ROWS.where(Claim.seq.in_(bindparam("seqs", expanding=True)))
_STRETCH = (
    _ROWS.where(Claim.seq >= bindparam("start"), Claim.seq < bindparam("until")).order_by(Claim.seq).limit(STRETCH)
)
