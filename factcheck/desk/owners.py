"""Owners of webhooks: each is sent what its owner may see at that moment, and ends with their right to have one."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk import attempts, webhook_views
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import Disabled
from factcheck.storage.people import Person
from factcheck.storage.webhooks import Webhook

ROLE = webhook_views.ROLE  # the least that an owner has


def ended(disabled_at: datetime | None, role: str) -> Disabled | None:
    """Return why an owner may not have webhooks as they stand now; None where they may."""
    if disabled_at is not None:
        return Disabled.OWNER
    return None if Role(role).includes(ROLE) else Disabled.ROLE


def end_webhook(session: Session, seq: int, at: datetime) -> None:
    """Turn off a webhook whose owner may not have it. Asked again, under its lock: an admin may have taken it over."""
    webhook = attempts.locked(session, seq)
    if webhook is None:
        return
    owner = session.get_one(Person, webhook.owner_id)
    if (why := ended(owner.disabled_at, owner.role)) is not None:
        attempts.turn_off(session, webhook, at, why)


def end_webhooks(session: Session, person_id: str, at: datetime, why: Disabled) -> None:
    """Turn off all of a person's webhooks that are on. What waits is sent when an admin turns them on, as theirs."""
    owned = select(Webhook).where(Webhook.owner_id == person_id, Webhook.disabled_at.is_(None)).order_by(Webhook.seq)
    for webhook in session.scalars(owned.with_for_update()).all():
        attempts.turn_off(session, webhook, at, why)
