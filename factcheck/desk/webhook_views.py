"""What is shown of webhooks: their settings, how far they have come, and the attempts to send.

Which messages a webhook was sent tells of statuses when it filters by them, and what its receiver answered may too. So
somebody from whom a verdict is hidden sees what such a webhook is set to, and nothing of what became of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import blindness
from factcheck.desk.claim_state import documents
from factcheck.errors import NotFound
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import FILTERS, Disabled
from factcheck.storage.tables.logbook import LogHead
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.webhooks import Webhook, WebhookDelivery, WebhookMessage

Json = dict[str, Any]
ROLE = Role.ADMIN  # that webhooks take
# Ways to end that come of what was sent.
BY_OUTCOME = (Disabled.FAILING, Disabled.GONE)


def get(connection: Connection, viewer: Actor, webhook_id: str) -> Json:
    """Return a webhook's JSON as `viewer` sees it. Raises NotFound."""
    viewer.demand(ROLE)
    row = connection.execute(_WEBHOOKS.where(Webhook.id == webhook_id)).first()
    if row is None:
        raise unknown()
    return _as_json(row, outcomes_hidden(connection, viewer, row))


def listed(connection: Connection, viewer: Actor, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return the desk's webhooks in the order in which they were made, each with its number."""
    viewer.demand(ROLE)
    rows = connection.execute(_WEBHOOKS.where(Webhook.seq > after).order_by(Webhook.seq).limit(limit)).all()
    blind = blindness.any_of(connection, viewer)
    return [(row.seq, _as_json(row, blind and _goes_by_status(row))) for row in rows]


def state(connection: Connection, viewer: Actor, webhook_id: str) -> Json:
    """Return how far a webhook has come. Raises NotFound."""
    viewer.demand(ROLE)
    row = connection.execute(_STATES.where(Webhook.id == webhook_id)).first()
    if row is None:
        raise unknown()
    return _state(row, outcomes_hidden(connection, viewer, row))


def states(connection: Connection, viewer: Actor) -> dict[str, Json]:
    """Return how far each webhook has come, by its id."""
    viewer.demand(ROLE)
    rows = connection.execute(_STATES).all()
    blind = blindness.any_of(connection, viewer)
    return {row.id: _state(row, blind and _goes_by_status(row)) for row in rows}


def deliveries(
    connection: Connection, viewer: Actor, webhook_id: str, before: int, limit: int
) -> list[tuple[int, Json]]:
    """Return a webhook's newest attempts, the last first, each with its number, from below `before` (0 = all).

    None to somebody from whom the outcomes are hidden: how many there are tells of statuses too.
    """
    viewer.demand(ROLE)
    webhook = connection.execute(select(*Webhook.__table__.columns).where(Webhook.id == webhook_id)).first()
    if webhook is None:
        raise unknown()
    if outcomes_hidden(connection, viewer, webhook):
        return []
    wanted = select(*WebhookDelivery.__table__.columns).where(WebhookDelivery.webhook_seq == webhook.seq)
    if before > 0:
        wanted = wanted.where(WebhookDelivery.number < before)
    rows = connection.execute(wanted.order_by(WebhookDelivery.number.desc()).limit(limit))
    return [(row.number, delivery_json(row)) for row in rows]


def delivery_json(row: Any, *, hidden: bool = False) -> Json:
    """Return an attempt's JSON; with `hidden` outcomes without its number, which counts those before it."""
    return {
        "number": None if hidden else row.number,
        "message_id": row.message_id or None,
        **{name: getattr(row, name) for name in ("log_index", "attempt")},
        "at": stamp(row.at),
        **{name: getattr(row, name) for name in ("milliseconds", "status", "error")},
        "succeeded": row.status is not None and 200 <= row.status < 300,
        "given_up": row.given_up,
    }


def outcomes_hidden(connection: Connection, viewer: Actor, webhook: Any) -> bool:
    """Say whether what became of a webhook's messages is hidden: it goes by status, and `viewer` must not see one."""
    return _goes_by_status(webhook) and blindness.any_of(connection, viewer)


def by_status(filters: Mapping[str, Any]) -> bool:
    """Say whether filters let entries pass by a claim's status."""
    return bool(filters["statuses"] or filters["attribution_statuses"])


def _goes_by_status(webhook: Any) -> bool:
    """Say whether a webhook goes, or ever went, by status: its attempts are those of all its filters."""
    return webhook.by_status_since is not None or by_status(webhook.filters)


def etag(webhook: Json) -> str:
    """Return the version of a webhook's JSON, whether or not its secret is shown in it."""
    return documents.etag_of(documents.dumped(webhook | {"secret": None}))


_WEBHOOKS = select(*Webhook.__table__.columns, Person.name.label("owner_name")).join(
    Person, Person.id == Webhook.owner_id
)
_WAITING = select(func.count()).select_from(WebhookMessage).where(WebhookMessage.webhook_seq == Webhook.seq)
_STATES = select(
    *Webhook.__table__.columns,
    select(LogHead.size).scalar_subquery().label("size"),
    _WAITING.scalar_subquery().label("waiting"),
)


def _as_json(row: Any, hidden: bool) -> Json:
    here = f"/v1/webhooks/{row.id}"
    disabled = _disabled(row, hidden)
    return {
        "id": row.id,
        "owner": {"id": row.owner_id, "name": row.owner_name},
        "url": row.url,
        "description": row.description,
        **{name: row.filters[name] for name in FILTERS},
        "enabled": disabled is None,
        "disabled": disabled,
        "secret": None,
        "secret_changed_at": _stamp(row.rotated_at),
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "blind": hidden,
        "links": {"self": here, "state": f"{here}/state", "deliveries": f"{here}/deliveries"},
    }


def _state(row: Any, hidden: bool) -> Json:
    numbers = {"position": row.position, "behind": max(0, row.size - 1 - row.position), "waiting": row.waiting}
    moments = {name: _stamp(getattr(row, name)) for name in ("failing_since", "resume_at", "last_success_at")}
    shown: Json = dict.fromkeys((*numbers, *moments)) if hidden else {**numbers, **moments}
    return shown | {"disabled": _disabled(row, hidden), "blind": hidden}


def _disabled(row: Any, hidden: bool) -> Json | None:
    if row.disabled_at is None or (hidden and row.disabled_for in BY_OUTCOME):
        return None
    return {"at": stamp(row.disabled_at), "reason": row.disabled_for}


def _stamp(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def unknown() -> NotFound:
    return NotFound(message("No webhook has this id."))
