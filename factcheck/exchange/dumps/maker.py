"""Dumps follow the log: a new one when there is something new, an hour after the last, and at once after a redaction.

The walk of a dump: wait until the corrections have reached the log's end → read everything at that moment, in one
transaction → find a signed checkpoint that covers it → write the manifest → rename the folder. So a dump is there
whole, or not at all. What fails is logged, counted and tried again.

What a redaction, a retraction or a withdrawal takes back must not stay in files: dumps from before are removed within
seconds, also while a new one is being made, which then begins again.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import structlog
from sqlalchemy import exists, select
from sqlalchemy.engine import Connection

from factcheck.errors import FactcheckError, Unavailable
from factcheck.exchange.dumps import contents, folder
from factcheck.exchange.dumps.folder import Dump
from factcheck.exchange.dumps.purging import Purger, using
from factcheck.exchange.dumps.taken_back import takes_back
from factcheck.exchange.dumps.writing import CompressedFile
from factcheck.followers.readers import LogReader
from factcheck.formats import here as heres
from factcheck.formats.site.dumps import licence_url
from factcheck.log import transparency
from factcheck.log.clock import now, stamp
from factcheck.settings import Settings
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import LogHead
from factcheck.storage.tables.publishing import ReportPublication

log = structlog.get_logger("factcheck.dumps")
VERSION = 1  # of what is in dumps: another one makes a new dump at once
APART = timedelta(hours=1)  # between two dumps
EVERY = 2.0  # seconds between two looks for something new
AGAIN = 60.0  # seconds until what failed is tried again
KEPT = 2  # dumps
TRIES = 30  # to find the corrections at the log's end, or nothing taken back meanwhile
Json = dict[str, Any]


class _TakenBack(Exception):
    """Something was taken back while a dump was being made."""


class DataMaker:
    """Makes the dumps of a desk; safe in several processes on one machine.

    `publish` has a checkpoint of the log published. `count` is called with `made` or `failed`. `place` is what a dump
    holds while it reads the database.
    """

    def __init__(
        self,
        database: Database,
        corrections: LogReader,
        settings: Settings,
        publish: Callable[[], object],
        count: Callable[[str], None] = lambda _outcome: None,
        place: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.database, self.corrections, self.publish = database, corrections, publish
        self.folder, self.licence = folder.data_folder(settings), settings.data_licence
        self.purger = Purger(database, self.folder)
        self.here = heres.of_site(settings.desk_name, settings.base_url)
        self.count, self.place = count, place
        self._stop = threading.Event()
        self._failed = -AGAIN  # when, on the monotonic clock

    # --- what there is

    def newest(self) -> Dump | None:
        """Return the newest dump from which nothing was taken back. Raises Unavailable."""
        with using(self.folder):
            return next((dump for dump in folder.dumps(self.folder) if self.purger.is_clean(dump)), None)

    def find(self, name: str) -> Dump | None:
        """Return the dump of a name, None if there is none. Raises Unavailable."""
        with using(self.folder):
            dump = folder.find(self.folder, name)
            return dump if dump and self.purger.is_clean(dump) else None

    def due(self) -> bool:
        """Say whether a dump is to be made: there is none, it is of another desk, or it is old and something is new."""
        newest = self.newest()
        with self.database.reading_primary() as connection:
            head = connection.execute(select(LogHead.log_id, LogHead.size)).one()
            if head.size == 0:
                return False
            if newest is None or not self._is_ours(newest, head):
                return True
            if now() - newest.created_at < APART:
                return False
            is_new = ReportPublication.cancelled_index.is_(None), ReportPublication.at > newest.created_at
            come = connection.execute(select(exists().where(*is_new, ReportPublication.at <= now()))).scalar_one()
        return bool(come) or head.size - 1 != newest.as_of

    def _is_ours(self, dump: Dump, head: Any) -> bool:
        wanted = self._about(head.log_id)
        return {name: dump.manifest.get(name) for name in wanted} == wanted and dump.as_of < head.size

    def _about(self, log_id: str) -> Json:
        return {
            "version": VERSION,
            "publisher": self.here.name,
            "base_url": self.here.base,
            "licence": self.licence,
            "licence_url": licence_url(self.licence),
            "log_id": log_id,
        }

    # --- making

    def make(self, *, rests: bool = False, only_if_due: bool = False) -> Json | None:
        """Make a dump and return its manifest; None if it is made `only_if_due`, and is not.

        With `rests`, pauses after each piece for as long as that took. Raises Unavailable where the folder or the
        database cannot be used; what there was before is there then.
        """
        self.purger.purge()
        with using(self.folder), folder.locked(self.folder):
            if only_if_due and not self.due():
                return None
            for _ in range(TRIES):
                with suppress(_TakenBack):
                    return self._made(rests)
        raise Unavailable("So much was redacted meanwhile that no dump could be written. Try again.")

    def _made(self, rests: bool) -> Json:
        draft = Path(tempfile.mkdtemp(dir=self.folder, prefix=folder.DRAFT))
        try:
            with self._one_moment() as (connection, head):
                if head.size == 0:
                    raise Unavailable("The log has no entry yet, so there is nothing to write.")
                as_of, at = head.size - 1, max(now(), head.last_at)
                files = self._written(connection, draft, as_of, at, rests)
            name = folder.name_of(as_of, at)
            manifest = {
                "dump": name,
                **self._about(head.log_id),
                "as_of_log_index": as_of,
                "created_at": stamp(at),
                "checkpoint": self._checkpoint(as_of),
                "files": [each | {"path": f"/data/{name}/{each['name']}"} for each in files],
            }
            written = draft / folder.MANIFEST
            written.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            folder.flush(written)
            folder.flush(draft)
            self._demand_nothing_taken_back(as_of)
            draft.rename(self.folder / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        folder.flush(self.folder)
        for each in folder.dumps(self.folder)[KEPT:]:
            folder.remove(each)
        log.info("dump", dump=name, bytes=sum(each["bytes"] for each in files))
        return manifest

    @contextmanager
    def _one_moment(self) -> Iterator[tuple[Connection, Any]]:
        """Yield a connection that sees one moment, at which the corrections are complete, and the log's head then."""
        for _ in range(TRIES):
            self.corrections.wait()
            with self.place(), self.database.reading_one_moment() as connection:
                if self.corrections.as_of(connection).behind:
                    continue
                yield connection, connection.execute(select(LogHead.log_id, LogHead.size, LogHead.last_at)).one()
                return
        raise Unavailable("The corrections do not reach the end of the log, so no dump can be written.")

    def _written(self, connection: Connection, draft: Path, as_of: int, at: Any, rests: bool) -> list[Json]:
        began = time.perf_counter()

        def rest() -> None:
            nonlocal began
            if rests:
                self._stop.wait(time.perf_counter() - began)
            if self.purger.is_due():
                self.purger.purge()
                self._demand_nothing_taken_back(as_of)
            began = time.perf_counter()

        with ExitStack() as stack:
            files = {}
            for each in contents.FILES:
                files[each] = CompressedFile(draft, each)
                stack.callback(files[each].give_up)
            contents.write(
                connection,
                at,
                self.here,
                self.licence,
                lambda of, records, content: files[of].add(records, content),
                rest,
            )
            return [file.finish() for file in files.values()]

    def _demand_nothing_taken_back(self, as_of: int) -> None:
        with self.database.reading_primary() as connection:
            if takes_back(connection, as_of):
                raise _TakenBack

    def _checkpoint(self, as_of: int) -> Json | None:
        """Return the newest checkpoint, which has one published if it does not cover an entry yet; None without any."""
        for is_last in (False, True):
            with self.database.reading_primary() as connection:
                found = transparency.checkpoint_covering(connection, as_of)
            if found is not None or is_last:
                break
            try:
                self.publish()
            except FactcheckError as error:
                log.warning("dump_without_checkpoint", detail=error.detail)
        return found and found | {"path": f"/log/checkpoints/{found['epoch']}/{found['size']}"}

    # --- in the background

    def run(self) -> None:
        """Make dumps until `stop`. Of several workers one makes each of them."""
        while not self._stop.is_set():
            self.step()
            self._stop.wait(EVERY)

    def step(self) -> None:
        """Remove what was taken back, and make a dump if one is due. Raises nothing of what may be mended."""
        try:
            self.purger.purge()
            if time.monotonic() - self._failed >= AGAIN and self.due() and self.make(rests=True, only_if_due=True):
                self.count("made")
        except FactcheckError as error:
            self._failed = time.monotonic()
            self.count("failed")
            log.warning("no_dump", detail=error.detail)

    def start(self) -> threading.Thread:
        self.purger.start(self._stop)
        thread = threading.Thread(target=self.run, name="dumps", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()


def of_settings(
    settings: Settings,
    database: Database,
    corrections: LogReader,
    publish: Callable[[], object],
    count: Callable[[str], None] = lambda _outcome: None,
    place: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> DataMaker | None:
    """Return the maker of a desk's dumps, None without a licence or a public site."""
    if not (settings.data_licence and settings.public_site):
        return None
    return DataMaker(database, corrections, settings, publish, count, place)
