"""Webhooks: who is told of what. Each belongs to whoever made it, or amended it last, and sees what they may see.

What is sent, and when, is `desk/deliveries.py`; the log says of a webhook that it was made, by its id alone: an
address may hold a secret of its receiver's.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import documents, revisions
from factcheck.desk.actors import Actor, Seen, deed
from factcheck.desk.clock import stamp
from factcheck.desk.ids import new_id
from factcheck.desk.revisions import Entry
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.rules import webhooks as rules
from factcheck.rules.addresses import AddressRefused, Guard
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import FILTERS, OLD_SIGNS_FOR, Disabled
from factcheck.schemas.base import load_patched
from factcheck.schemas.webhooks import WebhookIn
from factcheck.storage.logbook import LogHead, SubjectKind
from factcheck.storage.people import Person
from factcheck.storage.webhooks import Webhook, WebhookDelivery, WebhookMessage

Json = dict[str, Any]
MOST = 100  # webhooks of a desk: each reads the log by itself


@dataclass(frozen=True)
class Desk:
    """What webhooks need to know of the desk: the key that secrets are made of, and where it may send."""

    key: str
    guard: Guard


@deed(Role.ADMIN)
def add(session: Session, actor: Actor, /, *, desk: Desk, **fields: Any) -> Json:
    """Make a webhook of the actor's own (the fields of WebhookIn) and return its JSON with its secret.

    It is told of what comes after it. Raises Invalid for an address that the desk does not send to.
    """
    _demand_allowed(desk.guard, fields["url"])
    if (session.scalar(select(func.count()).select_from(Webhook)) or 0) >= MOST:
        raise Clash(f"This desk has {MOST} webhooks, which is the most that it takes: remove one first.")
    webhook_id = new_id()
    secret = rules.secret_of(desk.key, webhook_id, 1)
    entry = _told(session, actor, "add_webhook", None, webhook_id)
    session.execute(
        insert(Webhook),
        {
            "seq": entry.log_index,
            "id": webhook_id,
            "owner_id": actor.id,
            "url": fields["url"],
            "description": fields["description"],
            "filters": {name: fields[name] for name in FILTERS},
            "secret_number": 1,
            "secret_digest": hashlib.sha256(secret).digest(),
            "position": entry.log_index,
            "failures": 0,
            "attempts": 0,
            **_turned(fields["enabled"], entry.at),
            "created_at": entry.at,
            "updated_at": entry.at,
        },
    )
    return _read(session.connection(), webhook_id) | {"secret": rules.written_secret(secret)}


@deed(Role.ADMIN)
def amend(session: Session, actor: Actor, /, webhook_id: str, *, patch: Json, seen: Seen, desk: Desk) -> Json:
    """Apply a merge patch to a webhook and return its JSON. One that is enabled again goes on where it stopped.

    It is the actor's from then on: otherwise they could send to themselves what another may see and they may not.
    """
    webhook = locked(session, webhook_id)
    current = _read(session.connection(), webhook_id)
    seen.demand(etag(current))
    before = {name: current[name] for name in ("url", "description", *FILTERS, "enabled")}
    after = load_patched(WebhookIn(), before, patch)
    if after == before:
        return current
    if after["url"] != before["url"] or after["enabled"] > before["enabled"]:
        _demand_allowed(desk.guard, after["url"])
    entry = _told(session, actor, "amend_webhook", webhook_id, webhook_id)
    webhook.url, webhook.description = after["url"], after["description"]
    webhook.filters = {name: after[name] for name in FILTERS}
    webhook.owner_id, webhook.updated_at = actor.id, entry.at
    if after["enabled"] != before["enabled"]:
        for name, value in _turned(after["enabled"], entry.at).items():
            setattr(webhook, name, value)
    if after["enabled"]:
        resume(session, webhook, entry.at)
    session.flush()
    return _read(session.connection(), webhook_id)


@deed(Role.ADMIN)
def rotate(session: Session, actor: Actor, /, webhook_id: str, *, desk: Desk) -> Json:
    """Give a webhook a new secret and return its JSON with it. The one before signs too, for a day."""
    webhook = locked(session, webhook_id)
    entry = _told(session, actor, "rotate_webhook_secret", webhook_id, webhook_id)
    secret = rules.secret_of(desk.key, webhook_id, webhook.secret_number + 1)
    webhook.secret_number += 1
    webhook.secret_digest = hashlib.sha256(secret).digest()
    webhook.rotated_at = webhook.updated_at = entry.at
    session.flush()
    return _read(session.connection(), webhook_id) | {"secret": rules.written_secret(secret)}


@deed(Role.ADMIN)
def remove(session: Session, actor: Actor, /, webhook_id: str) -> None:
    """Remove a webhook, its messages and its attempts. The log keeps that it was there."""
    webhook = locked(session, webhook_id)
    _told(session, actor, "remove_webhook", webhook_id, None)
    for table in (WebhookMessage, WebhookDelivery):
        session.execute(delete(table).where(table.webhook_seq == webhook.seq))
    session.execute(delete(Webhook).where(Webhook.seq == webhook.seq))


def _told(session: Session, actor: Actor, deed: str, before: str | None, after: str | None) -> Entry:
    """Append to the actor's own entries, as for a token; the row's lock keeps their numbers apart."""
    number = session.execute(
        update(Person).where(Person.id == actor.id).values(revision=Person.revision + 1).returning(Person.revision),
        execution_options={"synchronize_session": False},
    ).scalar_one()
    changes = [{"field": "webhook", "before": before, "after": after}]
    return revisions.append(session, actor, SubjectKind.PERSON, actor.id, number, deed, changes)


def resume(session: Session, webhook: Webhook, moment: datetime) -> None:
    """End a webhook's pause: what waits is sent as soon as can be."""
    webhook.failures, webhook.failing_since, webhook.resume_at = 0, None, None
    session.execute(
        update(WebhookMessage).where(WebhookMessage.webhook_seq == webhook.seq).values(next_at=moment),
        execution_options={"synchronize_session": False},
    )


def secrets_of(webhook: Any, desk: Desk, moment: datetime) -> list[bytes] | None:
    """Return the secrets that sign now, the newest first; None when the desk's key is not the one they are made of."""
    newest = rules.secret_of(desk.key, webhook.id, webhook.secret_number)
    if hashlib.sha256(newest).digest() != webhook.secret_digest:
        return None
    if webhook.rotated_at is None or moment >= webhook.rotated_at + OLD_SIGNS_FOR:
        return [newest]
    return [newest, rules.secret_of(desk.key, webhook.id, webhook.secret_number - 1)]


def get(connection: Connection, actor: Actor, webhook_id: str) -> Json:
    """Return a webhook's JSON. Raises NotFound."""
    actor.demand(add.role)
    return _read(connection, webhook_id)


def listed(connection: Connection, actor: Actor, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return the desk's webhooks in the order in which they were made, each with its number."""
    actor.demand(add.role)
    rows = connection.execute(_WEBHOOKS.where(Webhook.seq > after).order_by(Webhook.seq).limit(limit))
    return [(row.seq, _as_json(row)) for row in rows]


def state(connection: Connection, actor: Actor, webhook_id: str) -> Json:
    """Return how far a webhook has come. Raises NotFound."""
    actor.demand(add.role)
    row = connection.execute(_STATES.where(Webhook.id == webhook_id)).first()
    if row is None:
        raise _unknown()
    return _state(row)


def states(connection: Connection, actor: Actor) -> dict[str, Json]:
    """Return how far each webhook has come, by its id."""
    actor.demand(add.role)
    return {row.id: _state(row) for row in connection.execute(_STATES)}


_WAITING = select(func.count()).select_from(WebhookMessage).where(WebhookMessage.webhook_seq == Webhook.seq)
_STATES = select(
    *Webhook.__table__.columns,
    select(LogHead.size).scalar_subquery().label("size"),
    _WAITING.scalar_subquery().label("waiting"),
)


def _state(row: Any) -> Json:
    return {
        "position": row.position,
        "behind": max(0, row.size - 1 - row.position),
        "waiting": row.waiting,
        **{name: _stamp(getattr(row, name)) for name in ("failing_since", "resume_at", "last_success_at")},
    }


def deliveries(
    connection: Connection, actor: Actor, webhook_id: str, before: int, limit: int
) -> list[tuple[int, Json]]:
    """Return a webhook's newest attempts, the last first, each with its number, from below `before` (0 = all)."""
    actor.demand(add.role)
    seq = connection.execute(select(Webhook.seq).where(Webhook.id == webhook_id)).scalar()
    if seq is None:
        raise _unknown()
    wanted = select(*WebhookDelivery.__table__.columns).where(WebhookDelivery.webhook_seq == seq)
    if before > 0:
        wanted = wanted.where(WebhookDelivery.number < before)
    rows = connection.execute(wanted.order_by(WebhookDelivery.number.desc()).limit(limit))
    return [(row.number, delivery_json(row)) for row in rows]


def delivery_json(row: Any) -> Json:
    return {
        **{name: getattr(row, name) for name in ("number", "message_id", "log_index", "attempt")},
        "at": stamp(row.at),
        **{name: getattr(row, name) for name in ("milliseconds", "status", "error")},
        "succeeded": row.status is not None and 200 <= row.status < 300,
        "given_up": row.given_up,
    }


def etag(webhook: Json) -> str:
    """Return the version of a webhook's JSON, whether or not its secret is shown in it."""
    return documents.etag_of(documents.dumped(webhook | {"secret": None}))


_WEBHOOKS = select(*Webhook.__table__.columns, Person.name.label("owner_name")).join(
    Person, Person.id == Webhook.owner_id
)


def _read(connection: Connection, webhook_id: str) -> Json:
    row = connection.execute(_WEBHOOKS.where(Webhook.id == webhook_id)).first()
    if row is None:
        raise _unknown()
    return _as_json(row)


def _as_json(row: Any) -> Json:
    here = f"/v1/webhooks/{row.id}"
    return {
        "id": row.id,
        "owner": {"id": row.owner_id, "name": row.owner_name},
        "url": row.url,
        "description": row.description,
        **{name: row.filters[name] for name in FILTERS},
        "enabled": row.disabled_at is None,
        "disabled": row.disabled_at and {"at": stamp(row.disabled_at), "reason": row.disabled_for},
        "secret": None,
        "secret_changed_at": _stamp(row.rotated_at),
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "links": {"self": here, "state": f"{here}/state", "deliveries": f"{here}/deliveries"},
    }


def _stamp(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _turned(enabled: bool, moment: datetime) -> dict[str, Any]:
    if enabled:
        return {"disabled_at": None, "disabled_for": None}
    return {"disabled_at": moment, "disabled_for": Disabled.PAUSED}


def locked(session: Session, webhook_id: str) -> Webhook:
    """Return a webhook's row, locked until the commit. Raises NotFound."""
    webhook = session.scalar(select(Webhook).where(Webhook.id == webhook_id).with_for_update())
    if webhook is None:
        raise _unknown()
    return webhook


def _unknown() -> NotFound:
    return NotFound("There is no webhook with this id.")


def _demand_allowed(guard: Guard, url: str) -> None:
    try:
        guard.target(url)
    except AddressRefused as refused:
        raise Invalid("The desk does not send there.", flaws=[Flaw(str(refused), pointer="/url")]) from None
