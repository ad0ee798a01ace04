"""Occurrences: where else a claim was said. No verdict is about them. Withdrawn, never deleted."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk.access import blindness, masking
from factcheck.desk.access.masking import View
from factcheck.desk.capturing import cited
from factcheck.desk.claim_state import documents, room
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.rendering import occurrence_json
from factcheck.errors import Clash, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.evidence import Occurrence
from factcheck.storage.tables.people import Person

FIELDS = ("url", "kind", "said_on", "place", "account", "capture_id", "timecode")
Json = dict[str, Any]


@action(Role.CONTRIBUTOR)
def add(session: Session, actor: Actor, /, claim_id: str, *, seen: Precondition = ANY, **fields: Any) -> Json:
    """Add an occurrence (the fields of CitedOccurrenceIn) to a claim and return its JSON. A verdict stays.

    Raises Clash when the claim has no room for it, Invalid for a capture of another page than its URL.
    """
    state = claim_states.locked(session, claim_id)
    claim = state.claim
    blindness.demand_seen(session, actor, claim, seen)
    size = len(claim.document)
    position = state.occurrences[-1].position + 1 if state.occurrences else 0
    room.demand_for_occurrence(position)
    cited.demand_usable(session, actor, fields["capture_id"], fields["url"], "/capture_id")
    item = {"id": new_id(), "claim_id": claim.id, "position": position, **{name: fields[name] for name in FIELDS}}
    entry = revisions.append_of_claim(session, actor, claim, "add_occurrence", [added(item)])
    row = {**item, "added_by_id": actor.id, "added_at": entry.at}
    add_rows(session.connection(), Occurrence, tuple(row), [tuple(row.values())])
    state.occurrences = [*state.occurrences, SimpleNamespace(**row, withdrawn_at=None)]
    documents.store(session, [(state, entry)])
    room.demand_for_json(claim, size)
    return get(session.connection(), claim.id, item["id"], actor)


@action(Role.CONTRIBUTOR)
def withdraw(
    session: Session, actor: Actor, /, claim_id: str, occurrence_id: str, *, reason: str, seen: Precondition = ANY
) -> Json:
    """Withdraw an occurrence and return its JSON.

    Whoever added it may; anyone else needs the role of an analyst. Raises Stale for another version of the occurrence
    than was `seen`, and Clash when it is withdrawn already.
    """
    state = claim_states.locked(session, claim_id)
    item = session.scalar(select(Occurrence).where(Occurrence.claim_id == claim_id, Occurrence.id == occurrence_id))
    if item is None:
        raise NotFound(NONE)
    if item.added_by_id != actor.id:
        actor.demand(Role.ANALYST)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(get(session.connection(), claim_id, occurrence_id, actor))))
    if item.withdrawn_at is not None:
        raise Clash(message("This occurrence is already withdrawn."))
    changes: list[Change] = [{"field": "occurrences", "before": _said(vars(item)), "after": None}]
    entry = revisions.append_of_claim(session, actor, state.claim, "withdraw_occurrence", changes, reason)
    item.withdrawn_at, item.withdrawn_reason, item.withdrawn_by_id = entry.at, reason, actor.id
    documents.render(session, [claim_id], entry)
    return get(session.connection(), claim_id, occurrence_id, actor)


def added(item: Mapping[str, Any]) -> Change:
    """Return the change by which the log tells of a new occurrence."""
    return {"field": "occurrences", "before": None, "after": _said(item)}


def get(connection: Connection, claim_id: str, occurrence_id: str, viewer: Actor | None) -> Json:
    """Return one occurrence of a claim, withdrawn or not, as `viewer` sees it. Raises NotFound."""
    wanted = _OCCURRENCES.where(Occurrence.claim_id == claim_id, Occurrence.id == occurrence_id)
    row = connection.execute(wanted).first()
    if row is None:
        raise NotFound(NONE)
    [shown] = masking.masked(connection, viewer, View.OCCURRENCE, [_json(row)])
    return shown


def of_claim(connection: Connection, claim_id: str, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return a claim's occurrences in order, withdrawn ones too, each with its position, from the one after `after`."""
    rows = connection.execute(
        _OCCURRENCES.where(Occurrence.claim_id == claim_id, Occurrence.position > after)
        .order_by(Occurrence.position)
        .limit(limit)
    )
    return [(row.position, _json(row)) for row in rows]


NONE = message("The claim has no such occurrence.")
_adder, _withdrawer = aliased(Person), aliased(Person)
_OCCURRENCES: Select[Any] = (
    select(*Occurrence.__table__.columns, _adder.name.label("adder"), _withdrawer.name.label("withdrawer"))
    .join(_adder, _adder.id == Occurrence.added_by_id)
    .outerjoin(_withdrawer, _withdrawer.id == Occurrence.withdrawn_by_id)
)


def _json(row: Any) -> Json:
    by = {"id": row.withdrawn_by_id, "name": row.withdrawer} if row.withdrawn_by_id else None
    return occurrence_json(row) | {
        "claim_id": row.claim_id,
        "added_by": {"id": row.added_by_id, "name": row.adder},
        "added_at": stamp(row.added_at),
        "withdrawn_at": stamp(row.withdrawn_at) if row.withdrawn_at else None,
        "withdrawn_by": by,
        "withdrawn_reason": row.withdrawn_reason,
    }


def _said(item: Mapping[str, Any]) -> Json:
    """Return what the log says of an occurrence; its day in ISO 8601."""
    day = item["said_on"]
    return {name: item[name] for name in ("id", *FIELDS)} | {"said_on": day and day.isoformat()}
