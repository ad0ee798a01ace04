"""Owners of webhooks: each is sent what its owner may see at that moment, and ends with their right to have one."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk import attempts, webhook_views
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import Disabled
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.webhooks import Webhook

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


def lock_webhooks(session: Session, name: str) -> None:
    """Lock the webhooks of the person with this folded name: before the person and the log's head, as webhooks do."""
    mine = select(Webhook.seq).join(Person, Person.id == Webhook.owner_id).where(Person.folded_name == name)
    session.execute(mine.order_by(Webhook.seq).with_for_update(of=Webhook))


def end_webhooks(session: Session, person_id: str, at: datetime, why: Disabled) -> None:
    """Turn off all of a person's webhooks that are on; they are locked. What waits is sent when an admin turns one on.

    It is that admin's from then on.
    """
    owned = select(Webhook).where(Webhook.owner_id == person_id, Webhook.disabled_at.is_(None)).order_by(Webhook.seq)
    for webhook in session.scalars(owned).all():
        attempts.turn_off(session, webhook, at, why)
