"""The log: every action appends to it, in its own transaction, through the functions here."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import orjson
from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, case, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.log import leaves
from factcheck.log.actors import Actor
from factcheck.log.clock import now, stamp
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.logbook import LogHead, Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.people import Person

Change = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """Where an appended revision stands: its place in the log, the time that the log gave it, and whose it is."""

    log_index: int
    at: datetime
    actor_id: str


def append(
    session: Session,
    actor: Actor,
    subject: SubjectKind,
    subject_id: str,
    number: int,
    action: str,
    changes: list[Change],
    reason: str | None = None,
    statuses: tuple[str, str] | None = None,
    edition: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """Append one revision and return its place. `statuses` are a claim's after it, on content and on attribution.

    `edition` is that of the rule which decided what else changes; `facts` are what the entry settles beside `changes`.

    Takes the lock of the log's head, which is held until the commit, so call it as late in an action as can be.
    Numbers have no gaps: a transaction that rolls back gives its number back. The log's time never goes back,
    whatever the clock does.
    """
    content, salt = leaves.content_of(changes, reason, edition, facts), secrets.token_bytes(leaves.SALT)
    previous = None
    if number > 1:
        before = session.execute(_PREVIOUS, {"kind": subject, "id": subject_id, "number": number - 1}).first()
        if before is None:
            raise RuntimeError(f"{subject} {subject_id} has no entry before its number {number}")
        previous = before.log_index
    moment = now()
    connection = session.connection()
    head = connection.execute(_GROW, {"moment": moment, "entries": 1}).one()
    entry = Entry(head.size - 1, head.last_at, actor.id)
    leaf = leaves.Leaf(
        subject, subject_id, number, previous, action, statuses, actor.mark, entry.at, leaves.commitment(salt, content)
    )
    written = (entry.log_index, subject, subject_id, number, action, actor.id, entry.at, leaf.written())
    add_rows(connection, Revision, _REVISION, [written])
    add_rows(connection, RevisionContent, _CONTENT, [(entry.log_index, salt, content)])
    session.info[_LAST] = entry.log_index
    return entry


@dataclass(frozen=True)
class Next:
    """A revision of those that are appended together: a new thing's first one, unless `number` and `previous` say
    which it is. `statuses` are a claim's.
    """

    subject: SubjectKind
    subject_id: str
    changes: list[Change]
    statuses: tuple[str, str] | None = None
    number: int = 1
    previous: int | None = None
    facts: Mapping[str, Any] | None = None


def append_all(session: Session, actor: Actor, things: Sequence[Next], action: str) -> list[Entry]:
    """Append one revision of each of many things, one after the other and at one time, and return their places.

    The same entries as `append` makes, with one take of the lock of the log's head: what does not hang on the place
    or the time is worked out before it.
    """
    prepared = []
    for thing in things:
        content, salt = leaves.content_of(thing.changes, None, facts=thing.facts), secrets.token_bytes(leaves.SALT)
        prepared.append((thing, content, salt, leaves.commitment(salt, content)))
    connection = session.connection()
    head = connection.execute(_GROW, {"moment": now(), "entries": len(prepared)}).one()
    entries = [Entry(index, head.last_at, actor.id) for index in range(head.size - len(prepared), head.size)]
    revisions: list[tuple[Any, ...]] = []
    contents: list[tuple[Any, ...]] = []
    for entry, (thing, content, salt, commit) in zip(entries, prepared, strict=True):
        subject, subject_id, number = thing.subject, thing.subject_id, thing.number
        leaf = leaves.Leaf(
            subject, subject_id, number, thing.previous, action, thing.statuses, actor.mark, entry.at, commit
        )
        revisions.append((entry.log_index, subject, subject_id, number, action, actor.id, entry.at, leaf.written()))
        contents.append((entry.log_index, salt, content))
    add_rows(connection, Revision, _REVISION, revisions)
    add_rows(connection, RevisionContent, _CONTENT, contents)
    session.info[_LAST] = head.size - 1
    return entries


def last_index(session: Session) -> int | None:
    """Return the place of the last entry that this transaction has appended; None when it has appended none."""
    return session.info.get(_LAST)


_LAST = "factcheck.last_log_index"  # its place in a session's info
_CONTENT = ("log_index", "salt", "content")
_REVISION = ("log_index", "subject_kind", "subject_id", "number", "deed", "actor_id", "at", "leaf")


def append_of_claim(
    session: Session,
    actor: Actor,
    claim: Claim,
    action: str,
    changes: list[Change],
    reason: str | None = None,
    edition: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """Append a claim's next revision, with the statuses that the claim has now, and count it."""
    claim.revision += 1
    with session.no_autoflush:  # the action has more to write into the claim's row
        return append(
            session, actor, SubjectKind.CLAIM, claim.id, claim.revision, action, changes, reason,
            statuses=(claim.status, claim.attribution_status), edition=edition, facts=facts,
        )  # fmt: skip


_PREVIOUS = select(Revision.log_index).where(
    Revision.subject_kind == bindparam("kind"),
    Revision.subject_id == bindparam("id"),
    Revision.number == bindparam("number"),
)
_moment = bindparam("moment", type_=Instant)
_later = case((LogHead.last_at > _moment, LogHead.last_at), else_=_moment)
_head = cast(Any, LogHead).__table__
_GROW = (
    update(_head)
    .values(size=LogHead.size + bindparam("entries", type_=BigInteger), last_at=_later)
    .returning(_head.c.size, _head.c.last_at)
)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List the fields that differ, in the order of `after`, as ``{field, before, after}``."""
    return [
        {"field": field, "before": before.get(field), "after": value}
        for field, value in after.items()
        if before.get(field) != value
    ]


def of_subject(
    connection: Connection, subject: SubjectKind, subject_id: str, after: int, limit: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield a thing's revisions in their order, each with its number, from the one after number `after`."""
    rows = connection.execute(
        _REVISIONS.where(Revision.subject_kind == subject, Revision.subject_id == subject_id, Revision.number > after)
        .order_by(Revision.number)
        .limit(limit)
    )
    for row in rows:
        yield row.number, as_json(row)


def since(connection: Connection, after: int, limit: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the desk's revisions in log order, each with its index, from the one after log index `after`.

    None is ever skipped: an index is given out under a lock held until the commit, so that a higher one is
    never visible before a lower one.
    """
    rows = connection.execute(_REVISIONS.where(Revision.log_index > after).order_by(Revision.log_index).limit(limit))
    for row in rows:
        yield row.log_index, as_json(row)


def those(connection: Connection, *wanted: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """Yield the revisions that meet some conditions, in log order."""
    for row in connection.execute(_REVISIONS.where(*wanted).order_by(Revision.log_index)):
        yield as_json(row)


def with_leaves(connection: Connection, after: int, limit: int) -> list[tuple[dict[str, Any], bytes]]:
    """Return what `since` does, each with its entry of the transparency log."""
    wanted = _REVISIONS.add_columns(Revision.leaf).where(Revision.log_index > after)
    return [(as_json(row), row.leaf) for row in connection.execute(wanted.order_by(Revision.log_index).limit(limit))]


_REVISIONS = cast(
    Select[Any],
    select(
        Revision.log_index,
        Revision.subject_kind,
        Revision.subject_id,
        Revision.number,
        Revision.action.label("action"),
        Revision.actor_id,
        Person.name.label("actor_name"),
        Revision.at,
        RevisionContent.content,
        RevisionContent.restated_index,
    )
    .join(Person, Person.id == Revision.actor_id)
    .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index),
)


def as_json(row: Row[Any]) -> dict[str, Any]:
    """Return a revision's JSON. One whose content was redacted says so; as a whole, it has no changes and no reason."""
    content = orjson.loads(row.content) if row.content is not None else {"changes": [], "reason": None}
    return {
        "log_index": row.log_index,
        "subject": {"kind": row.subject_kind, "id": row.subject_id},
        "number": row.number,
        "action": row.action,
        "actor": {"id": row.actor_id, "name": row.actor_name},
        "at": stamp(row.at),
        "reason": content["reason"],
        "changes": content["changes"],
        "redacted": row.content is None or row.restated_index is not None,
        "blind": False,
    }
