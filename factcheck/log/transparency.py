"""The published log, for reading: checkpoints, tiles and proofs. Nothing beyond the last checkpoint is shown."""

import base64
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.errors import NotFound
from factcheck.log.clock import now, stamp
from factcheck.messages import message
from factcheck.rules import merkle, notes
from factcheck.rules.merkle import TILE_HEIGHT, TILE_WIDTH
from factcheck.storage.stumbles import apart
from factcheck.storage.tables.logbook import LogCheckpoint, LogHead, LogStamp, LogSubtree, LogVerification, Revision

PROOF = "c2sp.org/tlog-proof@v1"


def checkpoint(connection: Connection) -> tuple[str, int]:
    """Return the newest checkpoint's note and its size. Raises NotFound while there is none."""
    row = connection.execute(
        select(LogCheckpoint.note, LogCheckpoint.size)
        .order_by(LogCheckpoint.epoch.desc(), LogCheckpoint.size.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(message("No checkpoint has been published yet."))
    return row.note, row.size


def checkpoint_covering(connection: Connection, log_index: int) -> dict[str, Any] | None:
    """Return `epoch`, `size` and `note` of the newest checkpoint that covers an entry, None while none does."""
    row = connection.execute(
        select(LogCheckpoint.epoch, LogCheckpoint.size, LogCheckpoint.note)
        .where(LogCheckpoint.size > log_index)
        .order_by(LogCheckpoint.epoch.desc(), LogCheckpoint.size.desc())
        .limit(1)
    ).first()
    return {"epoch": row.epoch, "size": row.size, "note": row.note} if row else None


def earlier_checkpoint(connection: Connection, epoch: int, size: int) -> str:
    """Return the note of a published checkpoint. Raises NotFound."""
    place = (LogCheckpoint.epoch == epoch, LogCheckpoint.size == size)
    note = connection.execute(select(LogCheckpoint.note).where(*place)).scalar()
    if note is None:
        raise NotFound(message("No checkpoint of this epoch and size was published."))
    return note


def time_stamp(connection: Connection, epoch: int, size: int) -> bytes:
    """Return the time stamp of a published checkpoint. Raises NotFound."""
    place = (LogStamp.epoch == epoch, LogStamp.size == size)
    response = connection.execute(select(LogStamp.response).where(*place)).scalar()
    if response is None:
        raise NotFound(message("The checkpoint of this epoch and size has no time stamp."))
    return response


def state(connection: Connection) -> dict[str, Any]:
    """Return how long the log is, the size and time of the newest checkpoint, and when all was verified last and how.

    Each of the two is None while there is none.
    """
    entries = connection.execute(select(LogHead.size)).scalar() or 0
    row = connection.execute(
        select(LogCheckpoint.size, LogCheckpoint.epoch, LogCheckpoint.published_at)
        .order_by(LogCheckpoint.epoch.desc(), LogCheckpoint.size.desc())
        .limit(1)
    ).first()
    published = {"size": row.size, "epoch": row.epoch, "published_at": stamp(row.published_at)} if row else None
    checked = connection.execute(select(*LogVerification.__table__.columns)).first()
    verified = checked and {"at": stamp(checked.at), "entries": checked.entries, "faults": checked.faults}
    return {"entries": entries, "checkpoint": published, "verification": verified}


def keep_verification(session: Session, entries: int, faults: int) -> str | None:
    """Keep that the whole log was checked now, and how many faults were found; return why it cannot be kept, if so."""
    kept = {"id": 1, "at": now(), "entries": entries, "faults": faults}

    def keep(_: object) -> str | None:
        session.execute(delete(LogVerification))  # whatever is there
        session.execute(insert(LogVerification), kept)
        return None

    [reason] = apart(session, [kept], keep, lambda _, reason: reason)
    return reason


class Tree:
    """The tree up to a published size, read tile by tile: each at most once."""

    def __init__(self, connection: Connection, size: int) -> None:
        self.connection, self.size = connection, size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def tile(self, level: int, number: int) -> list[bytes]:
        """Return the hashes of a tile, as many as the size gives it."""
        if (level, number) not in self._tiles:
            first = number * TILE_WIDTH
            end = min(first + TILE_WIDTH, self.size >> (TILE_HEIGHT * level))
            if level == 0:
                hashes = [merkle.leaf_hash(leaf) for leaf in self.leaves(first, end)]
            else:
                known = self.connection.execute(
                    select(LogSubtree.number, LogSubtree.hash).where(
                        LogSubtree.level == level, LogSubtree.number >= first, LogSubtree.number < end
                    )
                )
                kept = {row.number: row.hash for row in known}
                # What is about to be published is not kept yet: it is hashed from the level below.
                hashes = [kept.get(k) or merkle.complete(self.tile(level - 1, k)) for k in range(first, end)]
            self._tiles[level, number] = hashes
        return self._tiles[level, number]

    def leaves(self, start: int, end: int) -> list[bytes]:
        """Return entries, byte for byte."""
        return list(
            self.connection.execute(
                select(Revision.leaf)
                .where(Revision.log_index >= start, Revision.log_index < min(end, self.size))
                .order_by(Revision.log_index)
            ).scalars()
        )

    def node(self, height: int, k: int) -> bytes:
        level, rest = divmod(height, TILE_HEIGHT)
        first = k << rest
        hashes = self.tile(level, first // TILE_WIDTH)
        offset = first % TILE_WIDTH
        return merkle.complete(hashes[offset : offset + (1 << rest)])


def tile(connection: Connection, level: int, number: int, width: int) -> bytes:
    """Return a tile of hashes (C2SP tlog-tiles). Raises NotFound unless the published log has that much."""
    _, size = checkpoint(connection)
    if level > 63 or number * TILE_WIDTH + width > size >> (TILE_HEIGHT * level):
        raise NotFound(message("The published log has no such tile."))
    return b"".join(Tree(connection, size).tile(level, number)[:width])


def entries(connection: Connection, number: int, width: int) -> bytes:
    """Return an entry bundle: each entry behind its length in two bytes. Raises NotFound as `tile` does."""
    _, size = checkpoint(connection)
    first = number * TILE_WIDTH
    if first + width > size:
        raise NotFound(message("The published log has no such entries."))
    leaves = Tree(connection, size).leaves(first, first + width)
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def inclusion(connection: Connection, index: int) -> str:
    """Return a stand-alone proof that an entry is in the log (C2SP tlog-proof). Raises NotFound."""
    note, size = checkpoint(connection)
    if index >= size:
        raise NotFound(message("The entry is not in a published checkpoint (yet)."))
    hashes = merkle.inclusion_proof(index, size, Tree(connection, size).node)
    lines = [PROOF, f"index {index}", *_encoded(hashes), "", note]
    return "\n".join(lines)


def consistency(connection: Connection, first: int, second: int) -> dict[str, Any]:
    """Return the proof that the log of `first` entries is how that of `second` begins. Raises NotFound."""
    _, size = checkpoint(connection)
    if first < 1:
        raise NotFound(message("There is no proof from an empty log: every log begins with it. Start at 1."))
    if not first <= second <= size:
        raise NotFound(message("The sizes must be in order and not above {size}, what is published.", size=size))
    tree = Tree(connection, size)
    return {
        "first": {"size": first, "root": _encoded([merkle.range_hash(0, first, tree.node)])[0]},
        "second": {"size": second, "root": _encoded([merkle.range_hash(0, second, tree.node)])[0]},
        "proof": _encoded(merkle.consistency_proof(first, second, tree.node)),
    }


def parse_inclusion(written: str) -> tuple[int, list[bytes], str]:
    """Return index, hashes and the checkpoint's note of a stand-alone proof. Raises NoteError."""
    head, gap, note = written.partition("\n\n")
    mark, *lines = head.split("\n")
    if lines and lines[0].startswith("extra "):
        del lines[0]
    if mark != PROOF or not gap or not lines or not lines[0].startswith("index "):
        raise notes.NoteError("not a proof of the form c2sp.org/tlog-proof@v1")
    number = lines[0].removeprefix("index ")
    if not (number.isascii() and number.isdigit() and str(int(number)) == number):
        raise notes.NoteError("the index is not a number")
    hashes = [notes.decoded(line) for line in lines[1:]]
    if any(len(hashed) != merkle.HASH for hashed in hashes):
        raise notes.NoteError("a hash has 32 bytes")
    return int(number), hashes, note


def _encoded(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(hashed).decode() for hashed in hashes]
