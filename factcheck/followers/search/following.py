"""How the index follows the log: its position, and what each step takes in.

An entry says what changed; the documents are made from the rows as they are now, so that applying entries twice, or
late, ends the same. A rebuild is no other thing: an empty index at the log's end that still has everything that was
entered before to take in. So is the rewriting after a redaction, of an index that is complete: once each document was
written again, no file is left that held what is gone.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from tantivy import FieldType, Query

from factcheck.errors import FactcheckError, Unavailable
from factcheck.followers.progress import AsOf, Place, Progress
from factcheck.followers.readers import BATCH, GATHER, LOOK, TAKE_OVER, WAIT, LogReader, whole
from factcheck.followers.search import documents, engine
from factcheck.followers.search.engine import SCHEMA, Damaged, Files, State
from factcheck.followers.search.folder import IndexFolder
from factcheck.followers.search.views import View
from factcheck.messages import message
from factcheck.rules.redacting import REDACTIONS
from factcheck.rules.text import series
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import STUMBLES, reason_of
from factcheck.storage.tables.logbook import LogHead, Revision

log = structlog.get_logger("factcheck.followers")
REBUILT = 20_000  # documents that are saved at once while the index is not complete
REWRITTEN = 1_000  # the same while it is: what is written meanwhile waits for it


class SearchFollowing(LogReader):
    """The index of one database, in a folder of this host; one process at a time writes it, others read it."""

    def __init__(self, database: Database, folder: Path, batch: int = BATCH) -> None:
        super().__init__(database, engine.NAME, engine.VERSION, batch)
        self.index = IndexFolder(folder)

    # --- where it is

    def place(self, connection: Connection) -> Place:
        """Return where the index is. What is not complete has no version, and its position is how far it got."""
        seen = self.index.seen
        state = seen.state if seen else None
        size, leaf = _log(connection, state.position - 1 if state else -1)
        if state is None or not _fits(state, leaf):
            return Place(0, None, size, 0)
        if not state.complete:
            return Place(min(state.cursor or 0, state.position), None, size, state.rate)
        return Place(state.position, state.version, size, state.rate)

    def progress(self, connection: Connection) -> Progress:
        """Return how far the index is, by another process too."""
        self.index.look()
        return super().progress(connection)

    def _position(self, place: Place) -> int:
        return place.position  # of an index that is not complete, how much of it there is

    def view(self, seconds: float = WAIT) -> View:
        """Return the index once it has reached the log's end as it is now; after `seconds`, as it is.

        Raises Unavailable where there is none yet, or none of this database.
        """
        as_of, trouble = None, ""
        try:
            as_of = self.wait(seconds)
        except Unavailable as error:
            trouble = error.detail
        seen = self.index.seen
        if seen is None or (as_of is not None and as_of.behind and as_of.log_index < 0):
            there_is_none = message("There is no search index now.")
            raise Unavailable(series.sentences([there_is_none, trouble or self.index.trouble]))
        return View(seen, as_of or AsOf(seen.state.position - 1, True), self.index.doubt)

    def view_now(self) -> View:
        """Return the index as it is, without waiting for it. Raises Unavailable as `view` does."""
        self.index.look()
        return self.view(0)

    def _urge(self) -> None:
        if self._runs_here and self.index.held:
            super()._urge()
        elif not self.step() and not self.index.held:
            time.sleep(LOOK / 5)  # another process writes the index

    def catching_up(self) -> Iterator[Place]:
        """Apply all entries there are, unless another process does; yield where the index is before each batch."""
        for place in super().catching_up():
            yield place
            if not self.index.hold():
                return

    # --- going on

    def step(self) -> int:
        """Take in the next entries and save them; return how many, or `batch` where there is more to index."""
        with self._one_at_a_time:
            if not self.index.hold():
                self.index.look()
                return 0
            try:
                return self._step()
            except (Damaged, OSError) as error:
                # What was read last is still good; the files are opened again, and looked over, at the next step.
                reason = error.detail if isinstance(error, Damaged) else str(error)
                self.index.trouble = message("It cannot be written: {reason}", reason=reason)
                self.index.let_go()
                told = message(
                    "The search index {folder} cannot be written: {reason}", folder=self.index.folder, reason=reason
                )
                raise Unavailable(told) from error

    def _step(self) -> int:
        began = time.perf_counter()
        files = self.index.opened()
        with self.database.reading_one_moment() as connection:
            seen = self.index.seen
            size, leaf = _log(connection, seen.state.position - 1 if seen else -1)
            if seen is None or not _fits(seen.state, leaf):
                self._begin(connection, size)
                return self.batch
            state = seen.state
            entries = connection.execute(_ENTRIES, {"start": state.position, "end": state.position + self.batch}).all()
            if not entries and state.cursor is None:
                return 0
            try:
                written = self._write(files, connection, entries, state)
            except STUMBLES as error:
                told = message(
                    "The search index cannot take in what follows entry {position} of the log: {reason}",
                    position=state.position - 1,
                    reason=reason_of(error),
                )
                raise Unavailable(told) from error
        came = (written.cursor or written.position) - (state.cursor or state.position)
        written = replace(written, rate=max(0, round(came / (time.perf_counter() - began))))
        files.save(written)
        if state.complete and state.cursor is not None and written.cursor is None:
            files.forget_deleted(written)
        self.index.seen = files.seen()
        return self.batch if written.cursor is not None else len(entries)

    def _write(self, files: Files, connection: Connection, entries: Sequence[Any], state: State) -> State:
        """Give the engine what entries changed, and the next stretch of what is to be indexed (again)."""
        writer = files.open_writer()
        if entries:
            changed = documents.changed(connection, entries, state.position)
            with engine.checked():
                for seq in (*changed.claims, *changed.articles, *changed.sources):
                    writer.delete_documents_by_term("seq", seq)
            engine.add(writer, changed.documents(connection))
            state = replace(state, position=entries[-1].log_index + 1, leaf=_hash(entries[-1].leaf))
            if state.complete and any(entry.action in REDACTIONS for entry in entries):
                state = replace(state, cursor=0, until=state.position)
        if state.cursor is None:
            return state
        most = REWRITTEN if state.complete else REBUILT
        stretch, end = documents.of_stretch(connection, state.cursor, state.until, most)
        if state.cursor < end:
            between = Query.range_query(SCHEMA, "seq", FieldType.Integer, state.cursor, end - 1)
            with engine.checked():
                writer.delete_documents_by_query(between)
        engine.add(writer, stretch)
        if end >= state.until:
            return replace(state, cursor=None, until=0, complete=True)
        return replace(state, cursor=end)

    def _begin(self, connection: Connection, size: int) -> None:
        """Begin anew, with an empty index at the log's end."""
        _, last = _log(connection, size - 1)
        files = self.index.remove()
        files.save(State(size, _hash(last), complete=False, cursor=0, until=documents.end(connection)))
        self.index.seen = files.seen()

    def start_over(self) -> None:
        """Throw the index away; it is rebuilt from the beginning. Raises Unavailable where another process writes."""
        with self._one_at_a_time:
            if not self.index.hold():
                raise Unavailable("Another process writes the search index; stop it first.")
            with self.database.reading_one_moment() as connection:
                self._begin(connection, _log(connection, -1)[0])

    def close(self) -> None:
        """Let go of the index and of its lock."""
        with self._one_at_a_time:
            self.index.close()

    # --- in the background

    def run(self) -> None:
        """Follow until `stop`: in one process of this host at a time; another one takes over when that ends."""
        while not self._stop.is_set():
            try:
                if not self.index.hold():
                    self._stop.wait(TAKE_OVER)
                elif self.step() < self.batch:
                    self._wake.wait(LOOK)
                    self._wake.clear()
                    self._awaited.wait(GATHER)
                    self._awaited.clear()
            except FactcheckError as error:
                log.warning("not_followed", follower=self.name, detail=error.detail)
                self._stop.wait(TAKE_OVER)
        with suppress(FactcheckError):
            self.close()


def _fits(state: State, leaf: bytes | None) -> bool:
    """Say whether an index is of this database's log: the entry before its position is the one that it took in."""
    return state.leaf == _hash(leaf)


def _log(connection: Connection, index: int) -> tuple[int, bytes | None]:
    """Return how many entries the log has, and the one with this index."""
    try:
        row: Any = connection.execute(_LOG, {"last": index}).first()
        return whole(row.size), row.leaf
    except STUMBLES as error:
        told = message("How long the log is cannot be read: {reason}", reason=reason_of(error))
        raise Unavailable(told) from error


def _hash(leaf: bytes | None) -> str:
    return "" if leaf is None else sha256(leaf).hexdigest()


_LOG = select(
    LogHead.size,
    select(Revision.leaf).where(Revision.log_index == bindparam("last")).scalar_subquery().label("leaf"),
)
_ENTRIES = (
    select(
        Revision.log_index,
        Revision.subject_kind,
        Revision.subject_id,
        Revision.action.label("action"),
        Revision.leaf,
    )
    .where(Revision.log_index >= bindparam("start"), Revision.log_index < bindparam("end"))
    .order_by(Revision.log_index)
)
