"""Captures in the log: what a page gave that was fetched or handed over, or why it failed."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import blindness, unknown
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.claim_state import documents
from factcheck.errors import Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import Actor, action
from factcheck.log.clock import stamp
from factcheck.log.revisions import Change, Entry
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.web.fetches import Origin
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.feeds import InboxItem
from factcheck.storage.tables.logbook import LogHead, Revision, SubjectKind

ITEM = "item"  # the log's field of the item of a feed that a capture is
EXTRACTED = ("title", "author", "published_on", "language", "outlet")
# What an entry says of a capture. Its text is not in the log, but the text's hash is.
FIELDS = (
    "url", "final_url", "http_status", "media_type", "bytes", "sha256", "warc_sha256", "fetched_at", "reason",
    *EXTRACTED, "canonical_url", "charset", "text_sha256", "origin",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """The item of a feed that a capture is. By its keys it is known again (`rules/web/feeds.py`)."""

    feed_id: str
    title: str | None
    published_at: datetime | None
    guid_key: str
    link_key: str

    def said(self) -> dict[str, Any]:
        """Return what the capture's entry says of it."""
        return asdict(self) | {"published_at": self.published_at and stamp(self.published_at)}


@action(Role.CONTRIBUTOR)
def add(session: Session, actor: Actor, /, page: CapturedPage, item: Item | None = None) -> dict[str, Any]:
    """Add a capture, or a failed one, and return its JSON. The page's file is in the archive already.

    `item` is the item of a feed that it is, which waits in the inbox from now on.
    """
    capture_id, last, body, extract = page.id, page.last, page.body, page.extract
    text_sha256 = hashlib.sha256(extract.text.encode()).hexdigest() if extract.text is not None else None
    fields: dict[str, Any] = {
        "url": page.url,
        "final_url": last and last.url,
        "http_status": last and last.status,
        "media_type": page.media_type,
        "bytes": len(body) if body is not None else None,
        "sha256": hashlib.sha256(body).hexdigest() if body is not None else None,
        "warc_sha256": page.warc_sha256,
        "fetched_at": stamp(page.fetched_at),
        "reason": extract.failure,
        **{name: getattr(extract, name) for name in (*EXTRACTED, "canonical_url", "charset")},
        "text_sha256": text_sha256,
        "origin": Origin.BROWSER if page.handed is not None else None,
    }
    entry = revisions.append(
        session, actor, SubjectKind.CAPTURE, capture_id, 1, "add",
        revisions.differences({}, fields | ({ITEM: item.said()} if item else {})),
    )  # fmt: skip
    day = extract.published_on
    row = fields | {
        "seq": entry.log_index,
        "id": capture_id,
        "fetched_at": page.fetched_at,
        "captured_by_id": actor.id,
        "published_on": date.fromisoformat(day) if day else None,
        "text": extract.text,
    }
    session.execute(insert(Capture), row)
    if item is not None:
        session.execute(insert(InboxItem), {"seq": entry.log_index, "capture_id": capture_id, **asdict(item)})
    page.stored = True
    return get(session.connection(), capture_id)


def lock(session: Session) -> None:
    """Lock the head of the log, and with it all captures: whatever makes or changes one appends an entry."""
    session.execute(select(LogHead.size).with_for_update())


def append_of_capture(
    session: Session,
    actor: Actor,
    capture_id: str,
    action: str,
    changes: list[Change],
    reason: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Entry:
    """Append a later revision of a capture. The log's head is locked already."""
    last = select(func.max(Revision.number)).where(
        Revision.subject_kind == SubjectKind.CAPTURE, Revision.subject_id == capture_id
    )
    number = session.execute(last).scalar_one() + 1
    return revisions.append(
        session, actor, SubjectKind.CAPTURE, capture_id, number, action, changes, reason, facts=facts
    )


def get(connection: Connection, capture_id: str, viewer: Actor | None = None) -> dict[str, Any]:
    """Return a capture's JSON with its text. Raises NotFound, for one that `viewer` must not see too."""
    row = row_of(connection, capture_id, viewer)
    return as_json(row, row.text)


def row_of(connection: Connection, capture_id: str, viewer: Actor | None = None) -> Any:
    """Return a capture's row. Raises NotFound, for one that `viewer` must not see too."""
    row = connection.execute(select(*Capture.__table__.columns).where(Capture.id == capture_id)).first()
    if row is None or capture_id in blindness.captures(connection, viewer):
        raise NotFound(unknown.CAPTURE)
    return row


def usable(connection: Connection, capture_id: str, pointer: str = "/capture_id", hidden: Collection[str] = ()) -> Any:
    """Return the row of a capture that has a text. Raises Invalid, for one that is `hidden` too."""
    row = connection.execute(select(*Capture.__table__.columns).where(Capture.id == capture_id)).first()
    if row is None or row.text is None or capture_id in hidden:
        detail = unknown.CAPTURE
        if row is not None and capture_id not in hidden:
            failed = message("This capture failed ({reason}): it has no text.", reason=row.reason)
            detail = message("This capture was redacted.") if row.redacted_index is not None else failed
        raise Invalid(detail, flaws=[Flaw(detail, pointer)])
    return row


def listed(connection: Connection, before: int | None, limit: int, viewer: Actor) -> list[tuple[int, dict[str, Any]]]:
    """Return captures as `viewer` sees them, without their texts, newest first, each with its place in the list."""
    columns = [column for column in Capture.__table__.columns if column.name != "text"]
    statement = select(*columns).order_by(Capture.seq.desc()).limit(limit)
    if hidden := blindness.captures(connection, viewer):
        statement = statement.where(Capture.id.not_in(hidden))
    rows = connection.execute(statement if before is None else statement.where(Capture.seq < before))
    return [(row.seq, as_json(row)) for row in rows]


def as_json(row: Any, text: str | None = None) -> dict[str, Any]:
    """Return a capture's JSON; `extracted` is null where the capture failed or was redacted."""
    here = f"/v1/captures/{row.id}"
    extracted = {name: getattr(row, name) for name in EXTRACTED}
    extracted["published_on"] = row.published_on and row.published_on.isoformat()
    shown = extracted if text is None else extracted | {"text": text}
    return {
        "id": row.id,
        "origin": row.origin or Origin.FETCHED,
        "url": row.url,
        "final_url": row.final_url,
        "canonical_url": row.canonical_url,
        "http_status": row.http_status,
        "fetched_at": stamp(row.fetched_at),
        "media_type": row.media_type,
        "charset": row.charset,
        "bytes": row.bytes,
        "sha256": row.sha256,
        "warc_sha256": row.warc_sha256,
        "reason": row.reason,
        "text_sha256": row.text_sha256,
        "extracted": shown if row.text_sha256 is not None else None,
        "redacted": row.redacted_index is not None,
        "links": {"self": here, "warc": f"{here}/warc" if row.warc_sha256 else None},
    }


def etag(capture: dict[str, Any]) -> str:
    return documents.etag_of(documents.dumped(capture))
