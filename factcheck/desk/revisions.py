"""The log: every deed appends to it, in its own transaction, through the one function here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, case, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.actors import Actor
from factcheck.desk.clock import now, stamp
from factcheck.storage.models import LogHead, Person, Revision, RevisionContent, SubjectKind

Change = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """Where an appended revision stands: its place in the log and the time that the log gave it."""

    log_index: int
    at: datetime


def append(
    session: Session,
    actor: Actor,
    subject: SubjectKind,
    subject_id: str,
    number: int,
    deed: str,
    changes: list[Change],
    reason: str | None = None,
) -> Entry:
    """Append one revision and return its place.

    Takes the lock of the log's head, which is held until the commit, so call it as late in a deed as can be.
    Numbers have no gaps: a transaction that rolls back gives its number back. The log's time never goes back,
    whatever the clock does.
    """
    moment = now()
    head = session.execute(
        update(LogHead)
        .values(size=LogHead.size + 1, last_at=case((LogHead.last_at > moment, LogHead.last_at), else_=moment))
        .returning(LogHead.size, LogHead.last_at),
        execution_options={"synchronize_session": False},
    ).one()
    entry = Entry(head.size - 1, head.last_at)
    session.execute(
        insert(Revision),
        {
            "log_index": entry.log_index,
            "subject_kind": subject,
            "subject_id": subject_id,
            "number": number,
            "deed": deed,
            "actor_id": actor.id,
            "at": entry.at,
        },
    )
    session.execute(insert(RevisionContent), {"log_index": entry.log_index, "reason": reason, "changes": changes})
    return entry


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List the fields that differ, in the order of `after`, as ``{field, before, after}``."""
    return [
        {"field": field, "before": before.get(field), "after": value}
        for field, value in after.items()
        if before.get(field) != value
    ]


def of_subject(
    connection: Connection, subject: SubjectKind, subject_id: str, after: int, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """Return a thing's revisions in their order, each with its number, from the one after number `after`."""
    rows = connection.execute(
        _REVISIONS.where(Revision.subject_kind == subject, Revision.subject_id == subject_id, Revision.number > after)
        .order_by(Revision.number)
        .limit(limit)
    )
    return [(row.number, as_json(row)) for row in rows]


def since(connection: Connection, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Return the desk's revisions in log order, each with its index, from the one after log index `after`.

    None is ever skipped: an index is given out under a lock held until the commit, so that a higher one is
    never visible before a lower one.
    """
    rows = connection.execute(_REVISIONS.where(Revision.log_index > after).order_by(Revision.log_index).limit(limit))
    return [(row.log_index, as_json(row)) for row in rows]


_REVISIONS: Select[Any] = (
    select(
        Revision.log_index,
        Revision.subject_kind,
        Revision.subject_id,
        Revision.number,
        Revision.deed,
        Revision.actor_id,
        Person.name.label("actor_name"),
        Revision.at,
        RevisionContent.reason,
        RevisionContent.changes,
    )
    .join(Person, Person.id == Revision.actor_id)
    .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
)


def as_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "log_index": row.log_index,
        "subject": {"kind": row.subject_kind, "id": row.subject_id},
        "number": row.number,
        "deed": row.deed,
        "actor": {"id": row.actor_id, "name": row.actor_name},
        "at": stamp(row.at),
        "reason": row.reason,
        "changes": row.changes,
    }
