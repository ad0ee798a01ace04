"""Webhooks: subscriptions to the log. Each belongs to whoever made it, or amended it last, and sees what they may see.

What is sent, and when, is `followers/webhooks/deliveries.py`; what is shown of webhooks is `desk/webhook_views.py`. The
log says of a webhook that it was made, by its id alone: an address may hold a secret of its receiver's.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from factcheck.desk import webhook_views as views
from factcheck.errors import Clash, Flaw, Invalid
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.ids import new_id
from factcheck.log.revisions import Entry
from factcheck.messages import message
from factcheck.rules import webhooks as rules
from factcheck.rules.addresses import AddressRefused, Guard
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import FILTERS, OLD_SIGNS_FOR, Disabled
from factcheck.schemas.base import load_patched
from factcheck.schemas.webhooks import WebhookIn
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.webhooks import Webhook, WebhookDelivery, WebhookMessage

Json = dict[str, Any]
MOST = 100  # webhooks of a desk: each reads the log by itself


@dataclass(frozen=True)
class Desk:
    """What webhooks need to know of the desk: the key that secrets are made of, and where it may send."""

    key: str
    guard: Guard


@action(Role.ADMIN)
def add(session: Session, actor: Actor, /, *, desk: Desk, **fields: Any) -> Json:
    """Make a webhook of the actor's own (the fields of WebhookIn) and return its JSON with its secret.

    It is told of what comes after it. Raises Invalid for an address that the desk does not send to.
    """
    _demand_allowed(desk.guard, fields["url"])
    if (session.scalar(select(func.count()).select_from(Webhook)) or 0) >= MOST:
        raise Clash(message("This desk has {most} webhooks, which is the maximum: remove one first.", most=MOST))
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
            "by_status_since": entry.log_index if views.by_status(fields) else None,
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
    return views.get(session.connection(), actor, webhook_id) | {"secret": rules.written_secret(secret)}


@action(Role.ADMIN)
def amend(session: Session, actor: Actor, /, webhook_id: str, *, patch: Json, seen: Precondition, desk: Desk) -> Json:
    """Apply a merge patch to a webhook and return its JSON. One that is enabled again goes on where it stopped.

    It is the actor's from then on: otherwise they could send to themselves what another may see and they may not.
    """
    webhook = locked(session, webhook_id)
    current = views.get(session.connection(), actor, webhook_id)
    seen.demand(views.etag(current))
    before = {name: current[name] for name in ("url", "description", *FILTERS, "enabled")}
    after = load_patched(WebhookIn(), before, patch)
    if after == before:
        return current
    if after["url"] != before["url"] or after["enabled"] > before["enabled"]:
        _demand_allowed(desk.guard, after["url"])
    entry = _told(session, actor, "amend_webhook", webhook_id, webhook_id)
    webhook.url, webhook.description = after["url"], after["description"]
    webhook.filters = {name: after[name] for name in FILTERS}
    if webhook.by_status_since is None and views.by_status(after):
        webhook.by_status_since = entry.log_index
    webhook.owner_id, webhook.updated_at = actor.id, entry.at
    if after["enabled"] != before["enabled"]:
        for name, value in _turned(after["enabled"], entry.at).items():
            setattr(webhook, name, value)
    if after["enabled"]:
        resume(session, webhook, entry.at)
    session.flush()
    return views.get(session.connection(), actor, webhook_id)


@action(Role.ADMIN)
def rotate(session: Session, actor: Actor, /, webhook_id: str, *, desk: Desk, seen: Precondition = ANY) -> Json:
    """Give a webhook a new secret and return its JSON with it. The one before signs too, for a day."""
    webhook = locked(session, webhook_id)
    _demand_seen(session, actor, webhook_id, seen)
    entry = _told(session, actor, "rotate_webhook_secret", webhook_id, webhook_id)
    secret = rules.secret_of(desk.key, webhook_id, webhook.secret_number + 1)
    webhook.secret_number += 1
    webhook.secret_digest = hashlib.sha256(secret).digest()
    webhook.rotated_at = webhook.updated_at = entry.at
    session.flush()
    return views.get(session.connection(), actor, webhook_id) | {"secret": rules.written_secret(secret)}


@action(Role.ADMIN)
def remove(session: Session, actor: Actor, /, webhook_id: str, *, seen: Precondition = ANY) -> None:
    """Remove a webhook, its messages and its attempts. The log keeps that it was there."""
    webhook = locked(session, webhook_id)
    _demand_seen(session, actor, webhook_id, seen)
    _told(session, actor, "remove_webhook", webhook_id, None)
    for table in (WebhookMessage, WebhookDelivery):
        session.execute(delete(table).where(table.webhook_seq == webhook.seq))
    session.execute(delete(Webhook).where(Webhook.seq == webhook.seq))


def _demand_seen(session: Session, actor: Actor, webhook_id: str, seen: Precondition) -> None:
    seen.demand(views.etag(views.get(session.connection(), actor, webhook_id)))


def _told(session: Session, actor: Actor, action: str, before: str | None, after: str | None) -> Entry:
    """Append to the actor's own entries, as for a token; the row's lock keeps their numbers apart."""
    number = session.execute(
        update(Person).where(Person.id == actor.id).values(revision=Person.revision + 1).returning(Person.revision),
        execution_options={"synchronize_session": False},
    ).scalar_one()
    changes = [{"field": "webhook", "before": before, "after": after}]
    return revisions.append(session, actor, SubjectKind.PERSON, actor.id, number, action, changes)


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


def _turned(enabled: bool, moment: datetime) -> dict[str, Any]:
    if enabled:
        return {"disabled_at": None, "disabled_for": None}
    return {"disabled_at": moment, "disabled_for": Disabled.PAUSED}


def locked(session: Session, webhook_id: str) -> Webhook:
    """Return a webhook's row, locked until the commit. Raises NotFound."""
    webhook = session.scalar(select(Webhook).where(Webhook.id == webhook_id).with_for_update())
    if webhook is None:
        raise views.unknown()
    return webhook


def _demand_allowed(guard: Guard, url: str) -> None:
    try:
        guard.target(url)
    except AddressRefused as refused:
        raise Invalid(
            message("The desk does not send webhooks to this URL."), flaws=[Flaw(refused.detail, pointer="/url")]
        ) from None
