"""Look whether what must always hold does hold. What the log says of the tables is compared in `mending.py`."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from factcheck.errors import SchemaOutdated, Unavailable
from factcheck.log import log_folder
from factcheck.log.clock import now
from factcheck.storage import damage, private, schema
from factcheck.storage.archive.base import Archive
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.standbys import Look
from factcheck.storage.stumbles import surely
from factcheck.storage.tables.articles import Image
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.logbook import LogHead, Revision

TAMPERED = (
    "Run `factcheck log verify`: it names the entries. Somebody changed the database directly, or it is damaged:"
    " restore a backup beside it and compare."
)
DAMAGED = (
    "Somebody changed the database directly, or it is damaged: restore a backup beside it, compare, and correct"
    " what is named here."
)
KEYS = "Put a copy of the file back. Without one, begin a new epoch: `factcheck log epoch`."
OPEN = "Run `factcheck doctor --mend`, or remove the rights with chmod."
ARCHIVE = "Put a copy of the file back. FACTCHECK_ARCHIVE says where."
AWAY = "Check FACTCHECK_ARCHIVE: that its disk is there, or that the bucket's server runs and the AWS_… variables fit."
LEFT_OVER = "Run `factcheck doctor --mend` to remove it."
BATCH = 1000
STALE = "Run `factcheck doctor --mend` to derive it from the log again."


REPLICA = "Set FACTCHECK_READ_DATABASE_URL to a running standby of the database, or leave it out."


@dataclass(frozen=True)
class Fault:
    """Something that does not hold: what it is about, what is wrong, whether it was mended, and what mends it."""

    subject: str
    detail: str
    mended: bool = False
    mend: str = TAMPERED


def count(session: Session) -> int:
    """Return how many claims there are to look at; 0 where they cannot be counted."""
    counted = (session.scalar(select(func.count()).select_from(Claim)) or 0 for _ in range(1))
    return sum(surely(session, counted, lambda _reason: 0))


def replica_faults(database: Database) -> list[Fault]:
    """Look whether the replica can be reached, is a standby of this desk's database, and replays its log."""
    try:
        refusal = database.replica_refusal()
        if refusal is None:
            with database.reading_replica() as replica:
                schema.demand_head(replica)
                paused = Look.at(replica).paused
    except (Unavailable, SchemaOutdated) as error:
        return [Fault("replica", error.detail, mend=REPLICA)]
    if refusal:
        return [Fault("replica", refusal, mend=REPLICA)]
    return (
        [Fault("replica", "Its replay is paused.", mend="Run `SELECT pg_wal_replay_resume()` there.")] if paused else []
    )


def unread(reason: str) -> Fault:
    """Return the fault that something cannot be looked at."""
    return Fault("database", f"Something in it cannot be read: {reason}", mend=DAMAGED)


def key_faults(folder: Path) -> Iterator[Fault]:
    """Look whether the log's keys, and the record of what was signed last, can be read."""
    for detail in log_folder.faults(folder):
        yield Fault("log folder", detail, mend=KEYS)


def captured_faults(session: Session, archive: Archive, known: set[str]) -> Generator[Fault, None, bool]:
    """Look for captures and images whose file is not as the log says, and add to `known` the files that they name.

    Return whether the archive can be reached: if not, that is the one fault.
    """
    if trouble := archive.trouble():
        yield Fault("archive", trouble, mend=AWAY)
        return False
    for noun, table in (("capture", Capture), ("image", Image)):
        rows = select(as_kept(table.id).label("id"), as_kept(table.warc_sha256).label("sha256"))
        for row in session.execute(rows.where(table.warc_sha256.is_not(None)).execution_options(yield_per=BATCH)):
            known.add(str(row.sha256))
            detail = archive.fault(str(row.sha256))
            if detail is not None:
                yield Fault(f"{noun} {row.id}", detail, mend=ARCHIVE)
    return True


def archive_faults(session: Session, archive: Archive, *, mend: bool = False) -> Iterator[Fault]:
    """Look for captures and images whose file is not as the log says, and for files that none of them names.

    With `mend`, files that are left over are removed.
    """
    known: set[str] = set()
    reached = yield from captured_faults(session, archive, known)
    if not reached:
        return
    try:
        for name in archive.abandoned(known, now().timestamp()):
            gone = mend and archive.drop(name)
            yield Fault(archive.where(name), "No capture names this file: it is left over.", gone, LEFT_OVER)
    except Unavailable as error:
        yield Fault("archive", error.detail, mend=AWAY)


def file_faults(url: str, folder: Path, index: Path, archive: Path | None, *, mend: bool = False) -> Iterator[Fault]:
    """Look for files of the desk that other users of this machine can use; with `mend`, take their rights away."""
    for path in private.open_to_others(url, folder, index, archive):
        detail = f"Other users of this machine can access it: its mode is {path.stat().st_mode & 0o777:o}."
        if mend:
            private.close_to_others(path)
        yield Fault(str(path), detail, mend, OPEN)


def damage_faults(session: Session) -> Iterator[Fault]:
    """Look for rows that cannot be what a desk wrote."""
    for each in damage.found(session.connection()):
        yield Fault(each.place, each.detail, mend=DAMAGED)


def log_faults(session: Session) -> Iterator[Fault]:
    """Look for gaps in the log's numbers, and in those of each thing."""
    size = session.scalar(select(as_kept(LogHead.size)))
    rows, first, last = session.execute(
        select(func.count(), func.min(Revision.log_index), func.max(Revision.log_index))
    ).one()
    if rows != size or (rows and (first, last) != (0, rows - 1)):
        yield Fault("log", f"The head says {size} revisions; there are {rows}, from index {first} to {last}.")
    gaps = session.execute(
        select(Revision.subject_kind, Revision.subject_id, func.count(), func.max(Revision.number))
        .group_by(Revision.subject_kind, Revision.subject_id)
        .having((func.count() != func.max(Revision.number)) | (func.min(Revision.number) != 1))
    )
    for kind, subject_id, count, highest in gaps:
        yield Fault(f"{kind} {subject_id}", f"It has {count} revisions, the last numbered {highest}.")


def hold_head(session: Session) -> None:
    """Take the lock of the log's head: nothing is written until the transaction ends."""
    session.execute(select(LogHead.size).with_for_update())
