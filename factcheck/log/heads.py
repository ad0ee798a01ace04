"""Read the heads of the log that were signed, and verify their signatures."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.log import keys
from factcheck.log.verification import Fault, shown
from factcheck.rules import notes
from factcheck.rules.notes import Checkpoint, NoteError
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.logbook import LogCheckpoint


def signed_heads(
    session: Session, verifiers: Sequence[str], saved: Sequence[str]
) -> tuple[list[Checkpoint], list[Fault]]:
    """Return the published heads of the newest epoch and the saved ones, and what is wrong with their signatures."""
    rows = session.execute(
        select(LogCheckpoint.epoch, LogCheckpoint.size, as_kept(LogCheckpoint.note).label("note")).order_by(
            LogCheckpoint.epoch, LogCheckpoint.size
        )
    ).all()
    newest = rows[-1].epoch if rows else 0
    heads, faults = [], []
    written = [(f"checkpoint of {row.size} entries", row.note, row.size) for row in rows if row.epoch == newest]
    written += [("saved checkpoint", note, None) for note in saved]
    for name, note, size in written:
        try:
            if not isinstance(note, str):
                raise NoteError(f"log_checkpoints.note is {shown(note)}")
            if verifiers:
                keys.verified(note, verifiers)
            head = notes.parse_checkpoint(notes.parse(note).text)
            if size is not None and head.size != size:
                raise NoteError("it is of another size than its row says")
            heads.append(head)
        except NoteError as error:
            faults.append(Fault(name, f"Its signature or form is not valid: {error}."))
    return heads, faults
