"""The publisher signs the log's head: never two heads of one size, never one that does not continue the last.

What was signed last is kept outside the database, in a file beside the key. Each time, in this order:

1. hold the folder's lock, and read the file;
2. read the log's stored bytes, and compute the root at the size that was signed last and at the size now;
3. refuse if the log is shorter than what was signed, or its root there is another one; wait until what was read is
   confirmed by a standby, where one must: else the next leader might not have what was signed;
4. write the new size and root into the file, durably: from here on nothing else can be signed at that size;
5. sign, and verify one's own signature;
6. publish: the checkpoint and the hashes of new tiles, in one transaction.

A crash between any two of these is mended by the next time: Ed25519 signs the same text with the same bytes.
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.errors import FactcheckError, Misconfigured, Refused, Unavailable
from factcheck.log import keys, log_folder, revisions
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.log.files import replace_durably
from factcheck.log.keys import SigningKey
from factcheck.log.log_folder import Signed
from factcheck.log.vouching import refusals, witnesses
from factcheck.messages import message
from factcheck.rules.merkle import Frontier, leaf_hash
from factcheck.rules.notes import Note
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import LogCheckpoint, LogHead, LogSubtree, Revision, SubjectKind
from factcheck.storage.upserts import insert_unless_there

log = structlog.get_logger("factcheck.publisher")
EVERY = 1.0  # seconds between two looks at the log
BATCH = 2000


class Publisher:
    """Signs and publishes the heads of one database's log; safe in several processes on one machine.

    `at` is called with the name of each step that is done: tests let it fail there.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        base_url: str = "",
        witness_urls: Sequence[witnesses.Witness] = (),
        at: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self.database, self.folder, self.base_url, self.at = database, folder, base_url, at
        self.witnesses = witness_urls
        self.refusal: str | None = None
        self._frontier = Frontier()  # what this process has hashed and seen published
        self._stop = threading.Event()

    # --- what it has

    def signers(self) -> list[SigningKey]:
        """Return the keys that sign, oldest first; more than one while keys are being changed."""
        signed = self.signed()
        if signed is None:
            raise Misconfigured(message("Nothing has been signed yet."))
        return self._keys(signed.origin)

    def verifiers(self, saved: Sequence[str] = ()) -> list[str]:
        """Return the public keys that signed this log, retired ones too, also under the names that saved notes give it.

        A new epoch is a log of a new name; what was signed before it must be looked at under the old one.
        """
        signed = self.signed()
        if signed is None:
            return []
        retired = [keys.load(file, signed.origin) for file in log_folder.retired_key_files(self.folder)]
        names = {signed.origin} | log_folder.origins(saved)
        return [replace(key, name=name).verifier() for name in sorted(names) for key in (*retired, *self.signers())]

    def signed(self) -> Signed | None:
        """Return what was signed last; None before the first time."""
        return log_folder.signed(self.folder)

    # --- publishing

    def publish(self) -> str | None:
        """Publish a checkpoint of the log as it is now and return its note; None when that is published already.

        Raises Refused (and says so in `refusal`) when the log is not a continuation of what was signed.
        """
        try:
            with log_folder.locked(self.folder):
                published = self._publish()
        except Refused as error:
            if self.refusal != error.detail:
                log.error("publisher_refuses", detail=error.detail)
            self.refusal = error.detail
            raise
        except OSError as error:  # a full disk, say: the next time may find room
            raise Unavailable(f"The log's folder {self.folder} cannot be used: {error.strerror}.") from error
        self.refusal = None
        return published

    def _publish(self) -> str | None:
        signed = self.signed()
        self.at("read")
        with self.database.reading_one_moment() as connection:
            if signed is None:
                signed = self._begin(connection)
            frontier = self._hashed(connection, signed)
            published = connection.execute(
                select(LogCheckpoint.note).where(
                    LogCheckpoint.epoch == signed.epoch, LogCheckpoint.size == frontier.size
                )
            ).scalar()
        self.at("hashed")
        if frontier.size == 0:
            return None
        root = base64.b64encode(frontier.root()).decode()
        following = Signed(signed.epoch, signed.origin, frontier.size, root)
        if published is not None and following == signed:
            self._frontier = frontier.copy()
            return None
        self.database.confirm()
        self._swap(signed, following)
        note = self._sign(following)
        self.at("signed")
        with self.database.writing() as session:
            for level, number, hashed in frontier.completed:
                insert_unless_there(session, LogSubtree, {"level": level, "number": number, "hash": hashed})
            insert_unless_there(
                session,
                LogCheckpoint,
                {"epoch": following.epoch, "size": following.size, "note": note, "published_at": now()},
            )
        self.at("published")
        self._frontier = frontier.copy()
        log.info("checkpoint", epoch=following.epoch, size=following.size)
        return note

    def _hashed(self, connection: Connection, signed: Signed) -> Frontier:
        """Hash the log's stored bytes to its end and return the right edge, with what was completed on the way.

        Checks on the way that the root at the size signed last is the one that was signed. What this process has
        hashed itself and seen published is not hashed again; a new process begins at the first leaf.
        """
        size = connection.execute(select(LogHead.size)).scalar_one()
        if size < signed.size:
            raise refusals.shorter(size, signed.size)
        frontier = self._frontier.copy() if self._frontier.size <= signed.size else Frontier()
        self._demand_signed(frontier, signed)
        for leaf in _leaves(connection, frontier.size, size):
            frontier.append(leaf_hash(leaf))
            self._demand_signed(frontier, signed)
        if frontier.size != size:
            raise refusals.miscounted(size, frontier.size)
        return frontier

    def _demand_signed(self, frontier: Frontier, signed: Signed) -> None:
        if frontier.size == signed.size and frontier.root() != signed.checkpoint().root:
            raise refusals.altered(signed.size)

    def _begin(self, connection: Connection) -> Signed:
        """Make the key and the record of what was signed, the first time."""
        if connection.execute(select(LogCheckpoint.size).limit(1)).first() is not None:
            raise refusals.unrecorded(self.folder)
        log_id = connection.execute(select(LogHead.log_id)).scalar_one()
        host = self.base_url.partition("://")[2].rstrip("/")
        if not log_folder.key_files(self.folder):
            keys.make(self.folder / "key-1")
        first = Signed(1, f"{host}/log" if host else f"factcheck.invalid/{log_id}", 0, _EMPTY)
        self._swap(None, first)
        return first

    def _swap(self, expected: Signed | None, following: Signed) -> None:
        """Replace the record of what was signed, if it is still the one that was read; durably."""
        if self.signed() != expected:
            raise refusals.overtaken()
        replace_durably(self.folder / log_folder.SIGNED, json.dumps(asdict(following)))
        self.at("swapped")

    def _sign(self, signed: Signed) -> str:
        text = signed.checkpoint().text()
        held = self._keys(signed.origin)
        written = Note(text, tuple(key.sign(text) for key in held)).written()
        keys.verified(written, [key.verifier() for key in held])
        return witnesses.cosigned(written, self.witnesses, self.database)

    # --- keys and epochs

    def add_key(self) -> SigningKey:
        """Make one more key that signs beside the others: the first half of changing keys."""
        with log_folder.locked(self.folder):
            signed = self.signed()
            if signed is None:
                raise Misconfigured("Nothing has been signed yet. The first key is created with the first signature.")
            last = max(int(file.name.removeprefix("key-")) for file in log_folder.key_files(self.folder))
            file = self.folder / f"key-{last + 1}"
            keys.make(file)
            return keys.load(file, signed.origin)

    def retire_key(self) -> SigningKey:
        """Take the oldest key out of use: the second half. The last one stays."""
        with log_folder.locked(self.folder):
            signed, files = self.signed(), log_folder.key_files(self.folder)
            if signed is None or len(files) < 2:
                raise Misconfigured("There is only one key: add another one first.")
            key = keys.load(files[0], signed.origin)
            files[0].rename(files[0].with_name(f"retired-{files[0].name}"))
            return key

    def new_epoch(self, actor: Actor, reason: str) -> Signed:
        """Begin a new epoch: a log of another name over the entries that are there now, and an entry that says so.

        For a database that was restored and lost entries that were signed. The old checkpoints stay what they were:
        whoever holds one can show what was lost.
        """
        with log_folder.locked(self.folder):
            signed = self.signed()
            with self.database.writing() as session:
                head = session.scalars(select(LogHead)).one()
                before = session.scalar(
                    select(Revision.number)
                    .where(Revision.subject_kind == SubjectKind.LOG, Revision.subject_id == head.log_id)
                    .order_by(Revision.number.desc())
                    .limit(1)
                )
                published = session.scalar(select(LogCheckpoint.epoch).order_by(LogCheckpoint.epoch.desc()).limit(1))
                epoch = max(signed.epoch if signed else 0, published or 0) + 1
                lost = {"size": signed.size, "root": signed.root} if signed else None
                revisions.append(
                    session, actor, SubjectKind.LOG, head.log_id, (before or 0) + 1, "new_epoch",
                    [{"field": "epoch", "before": epoch - 1, "after": epoch},
                     {"field": "signed", "before": lost, "after": None}], reason,
                )  # fmt: skip
                name = signed.origin if signed else f"factcheck.invalid/{head.log_id}"
            base = name.rpartition("/epoch-")[0] if "/epoch-" in name else name
            if not log_folder.key_files(self.folder):
                keys.make(self.folder / "key-1")
            fresh = Signed(epoch, f"{base}/epoch-{epoch}", 0, _EMPTY)
            self._frontier = Frontier()
            self._swap(signed, fresh)
            return fresh

    def _keys(self, origin: str) -> list[SigningKey]:
        return [keys.load(file, origin) for file in log_folder.key_files(self.folder)]

    # --- in the background

    def run(self) -> None:
        """Publish whenever the log has grown, until `stop`: at most a second or two after each commit."""
        while not self._stop.is_set():
            try:
                self.publish()
            except FactcheckError as error:
                log.warning("not_published", detail=error.detail)
            self._stop.wait(EVERY)

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.run, name="publisher", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        self._stop.set()


_EMPTY = base64.b64encode(Frontier().root()).decode()


def _leaves(connection: Connection, start: int, end: int) -> Iterator[bytes]:
    for first in range(start, end, BATCH):
        yield from connection.execute(
            select(Revision.leaf)
            .where(Revision.log_index >= first, Revision.log_index < min(first + BATCH, end))
            .order_by(Revision.log_index)
        ).scalars()
