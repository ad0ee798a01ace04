"""Verify the log: every entry's bytes, its place, its commitment to its content, every root that was signed.

What the log then says of everything else is compared in `replay.py`.
"""

import hmac
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from orjson import OPT_SORT_KEYS, JSONDecodeError, dumps, loads
from sqlalchemy import Text, cast, func, select
from sqlalchemy.engine import Connection

from factcheck.log.ids import is_canonical
from factcheck.log.leaves import ACTION
from factcheck.log.restatements import Restatements
from factcheck.rules.merkle import Frontier, leaf_hash
from factcheck.rules.notes import Checkpoint
from factcheck.rules.redacting import REDACTIONS
from factcheck.storage.tables.columns import as_kept, as_stamp
from factcheck.storage.tables.logbook import LogCheckpoint, LogHead, LogSubtree, Redaction, Revision, RevisionContent
from factcheck.storage.tables.people import Person

ROWS = 2000
BITS = 32  # of the number of an entry among those of its thing
MOST_ENTRIES = (1 << BITS) - 1
MEMBERS = frozenset(("actor", "at", "commit", "number", "previous", "status", "subject", "v"))  # of any entry
# What is read of an entry: the columns, in order, and what each must be to be compared with anything.
COLUMNS: dict[str, tuple[type[Any], ...]] = {
    "revisions.log_index": (int,), "revisions.subject_kind": (str,), "revisions.subject_id": (str,),
    "revisions.number": (int,), "revisions.deed": (str,), "revisions.at": (str,), "revisions.leaf": (bytes,),
    "people.mark, by revisions.actor_id,": (str,), "revision_contents.salt": (bytes, NoneType),
    "revision_contents.content": (bytes, NoneType), "revision_contents.restated_index": (int, NoneType),
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Something that differs: about which thing, at which of its revisions and which log index (where one is known)."""

    subject: str
    detail: str
    number: int | None = None
    log_index: int | None = None

    def told(self) -> str:
        place = "" if self.number is None else f", revision {self.number}"
        place += "" if self.log_index is None else f", log index {self.log_index}"
        return f"{self.subject}{place}: {self.detail}"


@dataclass
class Progress:
    """How far the verification is in its present phase: entries or rows done, of how many. `entries` are the log's."""

    done: int = 0
    total: int = 0
    entries: int = 0
    faults: list[Fault] = field(default_factory=list)
    phase: str = "Checking entries"

    def begin(self, phase: str, total: int) -> None:
        """Begin a phase of the work, which ends when all of its total is done."""
        self.phase, self.done, self.total = phase, 0, total


def log_entries(connection: Connection, checkpoints: Sequence[Checkpoint], progress: Progress) -> Iterator[list[Fault]]:
    """Check every entry of the log and every root that was signed; yield what differs, some entries at a time.

    `checkpoints` are heads that must hold: those published, the one kept beside the key, one that an auditor saved.
    Takes memory for the last entry of each thing, some 120 bytes a thing.
    """
    faults: list[Fault] = []
    dialect = connection.dialect.name
    heads = connection.execute(
        select(as_kept(LogHead.size), as_stamp(dialect, LogHead.last_at), as_kept(LogHead.id))
    ).all()
    if len(heads) != 1:
        faults.append(Fault("log", f"log_head has {len(heads)} rows, where it must have one."))
    size, last_at, head_id = heads[0] if heads else (0, "", 1)
    if head_id != 1:
        faults.append(Fault("log", f"log_head.id is {head_id}, not 1."))
    progress.begin("Checking entries", size if isinstance(size, int) else 0)
    due = deque(sorted({(checkpoint.size, checkpoint.root) for checkpoint in checkpoints}))
    chain = _Chain(connection)
    rows = connection.execute(
        select(
            Revision.log_index, Revision.subject_kind, cast(Revision.subject_id, Text), Revision.number,
            Revision.action, as_stamp(dialect, Revision.at), as_kept(Revision.leaf), cast(Person.mark, Text),
            as_kept(RevisionContent.salt), as_kept(RevisionContent.content),
            as_kept(RevisionContent.restated_index),
        )
        .outerjoin(Person, Person.id == Revision.actor_id)
        .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .order_by(Revision.log_index)
        .execution_options(yield_per=ROWS)
    )  # fmt: skip
    faults += chain.reached(due)
    for part in rows.partitions(ROWS):
        for row in part:
            if wrong := chain.entry(row):
                faults += wrong
            if due and due[0][0] <= chain.frontier.size:
                faults += chain.reached(due)
        faults += chain.hashed()
        progress.done = chain.frontier.size
        yield faults
        faults = []
    if chain.frontier.size != size:
        faults.append(Fault("log", f"Its head says {size} entries; there are {chain.frontier.size}."))
    if chain.last_at and chain.last_at != last_at:
        faults.append(Fault("log", f"Its head says that it last grew at {last_at}; its last entry does not."))
    faults += chain.left()
    contents = select(as_kept(RevisionContent.log_index)).outerjoin(
        Revision, Revision.log_index == RevisionContent.log_index
    )
    for index in connection.execute(contents.where(Revision.log_index.is_(None))).scalars():
        faults.append(Fault("log", f"revision_contents, log index {index}: It is the content of no entry."))
    for wanted, _ in due:
        detail = f"{wanted} entries were signed; there are {chain.frontier.size}: the end is missing."
        faults.append(Fault("log", detail))
    yield faults


def unread(reason: str) -> list[Fault]:
    """Return the fault that entries cannot be read."""
    return [Fault("log", f"Its entries, or those that are left, cannot be read: {reason}")]


class _Chain:
    """What must follow from one entry to the next."""

    def __init__(self, connection: Connection) -> None:
        self.frontier = Frontier()
        self.last_at = ""
        # A thing's last index and number, by its id. Each in one integer: there may be a million things.
        self._ends: dict[Any, int] = {}
        self._trusted = 0  # the last size at which a signed root held
        self._subtrees = {
            (row.level, row.number): row.hash
            for row in connection.execute(select(LogSubtree.level, LogSubtree.number, as_kept(LogSubtree.hash)))
        }
        self._published = connection.scalar(select(func.max(as_kept(LogCheckpoint.size)))) or 0
        # Redacted claims, with the entry that says so: those before it have no content, it and those after it have.
        redactions = connection.execute(select(Redaction.claim_id, as_kept(Redaction.log_index)))
        self._redacted = {claim_id: at if isinstance(at, int) else -1 for claim_id, at in redactions}
        self._restatements = Restatements()

    def entry(self, row: Any) -> list[Fault]:
        """Check one entry. Written for speed: what is wrong is looked for only where something is."""
        index, kind, subject, number, action, at, leaf, mark, salt, content, restated = row
        place = self.frontier.size
        self.frontier.append(leaf_hash(leaf if isinstance(leaf, bytes) else b""))
        thing = int(subject.replace("-", ""), 16) if is_canonical(subject) else subject
        end = self._ends.get(thing)
        last, before = (0, None) if end is None else (end & MOST_ENTRIES, end >> BITS)
        good = isinstance(number, int) and 0 < number <= MOST_ENTRIES
        self._ends[thing] = place << BITS | (number if good else last + 1)
        try:
            said = loads(leaf)
            fine = (
                said
                == {
                    "actor": mark, "at": at, "commit": said["commit"], ACTION[said["v"]]: action, "number": last + 1,
                    "previous": before, "status": said["status"], "subject": {"id": subject, "kind": kind},
                    "v": said["v"],
                }
                and index == place
                and number == last + 1
                and at >= self.last_at
                and dumps(said, option=OPT_SORT_KEYS) == leaf
                and (content is None) == (place < self._redacted.get(subject, -1))
                and (
                    content is None
                    or (type(restated) is int and salt == b"")
                    or (restated is None and hmac.digest(salt, content, "sha256").hex() == said["commit"])
                )
            )  # fmt: skip
        except (JSONDecodeError, KeyError, TypeError):
            fine = False
        wrong = [] if fine else list(self._wrong(row, place, last, before)) or ["Its entry is not in order."]
        self.last_at = at if isinstance(at, str) else self.last_at
        faults = [Fault(f"{kind} {subject}", detail, number, index) for detail in wrong]
        if restated is not None or action in REDACTIONS:
            faults += self._restatement(index, f"{kind} {subject}", content, restated)
        return faults

    def _restatement(self, index: Any, subject: str, content: Any, restated: Any) -> list[Fault]:
        """Check a content that is restated, or what a redaction states. What cannot be read is told elsewhere."""
        if not isinstance(index, int) or not isinstance(content, bytes) or not isinstance(restated, int | NoneType):
            return []
        if restated is None:
            found = self._restatements.states(index, subject, content)
        else:
            found = self._restatements.restated(index, subject, content, restated)
        return [Fault(subject, detail, None, place) for place, detail in found]

    def hashed(self) -> list[Fault]:
        """Compare the subtrees completed since the last time with those that were kept when they were published."""
        wrong = []
        for level, number, hashed in self.frontier.completed:
            kept = self._subtrees.pop((level, number), None)
            first, last = number * 256**level, (number + 1) * 256**level - 1
            if kept is not None and kept != hashed:
                wrong.append(Fault("log", f"Entries {first} to {last} are not those that were hashed."))
            elif kept is None and isinstance(self._published, int) and last < self._published:
                wrong.append(Fault("log", f"log_subtrees has no hash of entries {first} to {last}: it is missing."))
        self.frontier.completed.clear()
        return wrong

    def left(self) -> list[Fault]:
        """Name the hashes that are of no entries, and the contents that no redaction states."""
        return [
            Fault("log", f"log_subtrees, row level {level}, number {number}: It is the hash of no complete subtree.")
            for level, number in self._subtrees
        ] + [Fault("log", detail, None, place) for place, detail in self._restatements.left()]

    def reached(self, due: deque[tuple[int, bytes]]) -> list[Fault]:
        """Check the roots that were signed at the size that is reached now."""
        faults: list[Fault] = []
        while due and due[0][0] <= self.frontier.size:
            size, root = due.popleft()
            if size == self.frontier.size and root == self.frontier.root():
                self._trusted = size
            else:
                faults.append(
                    Fault("log", f"The root of {size} entries is not the one that was signed: one of the entries"
                          f" {self._trusted} to {size - 1} was changed, or one was put in or taken out.")
                )  # fmt: skip
        return faults

    def _wrong(self, row: Any, place: int, last: int, before: int | None) -> Iterator[str]:
        """Say what is wrong with an entry."""
        unread = [
            f"{column} is {shown(value)}: the entry cannot be compared."
            for (column, kinds), value in zip(COLUMNS.items(), row, strict=True)
            if not isinstance(value, kinds)
        ]
        if unread:
            yield from unread
            return
        index, kind, subject, number, action, at, leaf, mark, salt, content, restated = row
        if index != place:
            yield f"It is at place {place} of the log, not at its index."
        if number != last + 1:
            yield f"It does not follow on revision {last}."
        if at < self.last_at:
            yield "Its time is before that of the entry before it."
        try:
            said = loads(leaf)
            if said["v"] not in ACTION:
                yield f"Its entry has the version {said['v']}, which this version of factcheck cannot read."
                return
            thing, named = said["subject"], ACTION[said["v"]]
            told = (thing["kind"], thing["id"], said["number"], said[named], said["actor"], said["at"])
            previous, commit = said["previous"], said["commit"]
        except (JSONDecodeError, KeyError, TypeError):
            yield "Its entry cannot be read."
            return
        if dumps(said, option=OPT_SORT_KEYS) != leaf or set(said) != MEMBERS | {named}:
            yield "Its entry is not written canonically, in the one form of this log."
        if told != (kind, subject, number, action, mark, at):
            yield "Its row differs from its entry."
        if previous != before:
            yield f"Its entry follows on index {previous}, not on {before}."
        redacted = place < self._redacted.get(subject, -1)
        if content is None:
            if not redacted:
                yield "Its content is gone, and no redaction says so."
        elif restated is not None and salt:
            yield "Its content was redacted in part, and it has a salt."
        elif restated is None and hmac.digest(salt, content, "sha256").hex() != commit:
            yield "Its content is not what its entry commits to."
        elif redacted:
            yield "Its content is there, and a redaction says that it was removed."


def shown(value: Any) -> str:
    """Return what a fault says of a value that cannot be compared."""
    return "empty" if value is None else f"of the type {type(value).__name__}"
