"""Remove dumps that have something which was taken back since: it must not stay in files.

In a thread of its own, because whoever makes a dump may wait long, for a place to read in or for another process.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import select

from factcheck.errors import FactcheckError, Unavailable
from factcheck.exchange.dumps import folder
from factcheck.exchange.dumps.folder import Dump
from factcheck.exchange.dumps.taken_back import takes_back
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import LogHead

log = structlog.get_logger("factcheck.dumps")
EVERY = 2.0  # seconds between two looks


class Purger:
    """Looks for what was taken back from the dumps of one desk, which are in a folder."""

    def __init__(self, database: Database, place: Path) -> None:
        self.database, self.place = database, place
        self._clean: dict[str, int] = {}  # up to which entry nothing of a dump was taken back, by the dump's name
        self._looked = 0.0  # when, on the monotonic clock

    def purge(self) -> None:
        """Remove the dumps that have something which was taken back since, and those of another desk.

        Raises Unavailable.
        """
        self._looked = time.monotonic()
        with using(self.place):
            for dump in folder.dumps(self.place):
                name = dump.folder.name
                with self.database.reading_primary() as connection:
                    head = connection.execute(select(LogHead.log_id, LogHead.size)).one()
                    foreign = dump.manifest.get("log_id") != head.log_id or dump.as_of >= head.size
                    taken_back = takes_back(connection, self._clean.get(name, dump.as_of))
                if foreign or taken_back:
                    self._clean.pop(name, None)
                    folder.remove(dump)
                    log.info("dump_removed", dump=name)
                else:
                    self._clean[name] = head.size - 1

    def is_clean(self, dump: Dump) -> bool:
        """Say whether a dump may be read: this process has looked for what was taken back since it was made.

        Raises Unavailable.
        """
        if dump.folder.name not in self._clean:
            self.purge()
        return dump.folder.name in self._clean

    def is_due(self) -> bool:
        """Say whether the last look was too long ago."""
        return time.monotonic() - self._looked >= EVERY

    def start(self, stop: threading.Event) -> None:
        """Look again and again until `stop`, in a thread."""

        def run() -> None:
            while not stop.is_set():
                try:
                    self.purge()
                except FactcheckError as error:
                    log.warning("dumps_not_removed", detail=error.detail)
                stop.wait(EVERY)

        threading.Thread(target=run, name="dumps-purging", daemon=True).start()


@contextmanager
def using(place: Path) -> Iterator[None]:
    """Use the folder of the dumps. Raises Unavailable where it cannot be used."""
    try:
        yield
    except OSError as error:
        told = f"The folder of the dumps, {place}, cannot be used: {error.strerror or error}."
        raise Unavailable(told) from error
