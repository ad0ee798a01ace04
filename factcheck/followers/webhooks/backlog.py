"""The backlog of each webhook: which have something to do, what waits for another try, and how far it has come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.logbook import LogHead
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.webhooks import Webhook, WebhookMessage


def due(connection: Connection, moment: datetime) -> list[int]:
    """Return the webhooks that have something to do now, by `seq`: one query."""
    return list(connection.execute(_DUE, {"now": moment}).scalars())


def with_owner(connection: Connection, seq: int) -> Any:
    """Return a webhook with its owner; None when there is none."""
    return connection.execute(_ONE, {"seq": seq}).first()


def with_owner_by_id(connection: Connection, webhook_id: str) -> Any:
    """Return a webhook, which must exist, with its owner."""
    return connection.execute(_ONE_BY_ID, {"id": webhook_id}).one()


def waiting(connection: Connection, seq: int, moment: datetime, failed: set[int]) -> Sequence[Any]:
    """Return the first messages of a webhook that are to be sent again now, but for those that `failed` just now."""
    return connection.execute(_WAITING, {"seq": seq, "now": moment, "failed": sorted(failed)}).all()


def drop(session: Session, seq: int, log_index: int) -> None:
    """Remove a message that waits for another try."""
    of = (WebhookMessage.webhook_seq == seq, WebhookMessage.log_index == log_index)
    session.execute(delete(WebhookMessage).where(*of))


def advance(session: Session, seq: int, upto: int) -> None:
    """Move a webhook's place in the log forward."""
    session.execute(_ADVANCE, {"of": seq, "upto": upto})


_now = bindparam("now", type_=Instant)
_DUE = (
    select(Webhook.seq)
    .where(
        Webhook.disabled_at.is_(None),
        or_(Webhook.resume_at.is_(None), Webhook.resume_at <= _now),
        or_(
            Webhook.position < select(LogHead.size - 1).scalar_subquery(),
            exists().where(WebhookMessage.webhook_seq == Webhook.seq, WebhookMessage.next_at <= _now),
        ),
    )
    .order_by(Webhook.seq)
)
_ROWS = select(
    *Webhook.__table__.columns,
    Person.name.label("owner_name"),
    Person.role.label("owner_role"),
    Person.mark.label("owner_mark"),
    Person.disabled_at.label("owner_disabled_at"),
).join(Person, Person.id == Webhook.owner_id)
_ONE = _ROWS.where(Webhook.seq == bindparam("seq"))
_ONE_BY_ID = _ROWS.where(Webhook.id == bindparam("id"))
_WAITING = (
    select(WebhookMessage.log_index, WebhookMessage.attempts)
    .where(
        WebhookMessage.webhook_seq == bindparam("seq"),
        WebhookMessage.next_at <= _now,
        WebhookMessage.log_index.not_in(bindparam("failed", expanding=True)),
    )
    .order_by(WebhookMessage.log_index)
    .limit(20)
)
_ADVANCE: Any = (
    update(Webhook)
    .where(Webhook.seq == bindparam("of"), Webhook.position < bindparam("upto"))
    .values(position=bindparam("upto"))
    .execution_options(synchronize_session=False)
)
