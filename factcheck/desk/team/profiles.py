"""Profiles of people: what admins and each person see of them, and what admins change."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.desk.team import mail, renaming
from factcheck.errors import Clash, Forbidden, NotFound
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.engine import authorization_lock
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.preferences import Preference
from factcheck.storage.upserts import insert_unless_there

Json = dict[str, Any]
PREFERENCES = ("language", "time_zone", "email")
NEW = timedelta(days=30)  # for which the tour is offered
CHOSEN = frozenset({*PREFERENCES, "toured"})  # by each person for themselves


def demand_own(actor: Actor, person_id: str) -> None:
    """Raise Forbidden unless this is the person or an admin."""
    if actor.id != person_id and not actor.role.includes(Role.ADMIN):
        raise Forbidden(message("Only admins see and change what belongs to somebody else."), role=str(Role.ADMIN))


def get(connection: Connection, viewer: Actor, person_id: str) -> Json:
    """Return a person's JSON. Raises Forbidden for somebody else's unless an admin asks, and NotFound."""
    demand_own(viewer, person_id)
    return _found(connection, person_id)


def listed(connection: Connection, viewer: Actor, after: str | None, limit: int) -> list[tuple[str, Json]]:
    """Return people in the order in which they came, from behind the one with the id `after`, each with their id."""
    viewer.demand(Role.ADMIN)
    wanted = _PEOPLE if after is None else _PEOPLE.where(Person.id > after)
    return [(row.id, as_json(row)) for row in connection.execute(wanted.order_by(Person.id).limit(limit))]


def as_json(row: Any) -> Json:
    here = f"/v1/people/{row.id}"
    return {
        "id": row.id,
        "name": row.name,
        "display_name": row.display_name,
        "role": row.role,
        "language": row.language,
        "time_zone": row.time_zone,
        "email": row.email,
        "toured": row.toured_at is not None,
        "active": row.disabled_at is None,
        "redacted": row.redacted_index is not None,
        "created_at": stamp(row.created_at),
        "disabled_at": row.disabled_at and stamp(row.disabled_at),
        "links": {"self": here, "tokens": f"{here}/tokens", "sessions": f"{here}/sessions"},
    }


def preferences(connection: Connection, person_id: str) -> dict[str, str | None]:
    """Return a person's `language`, `time_zone` and `email`, each null where they chose none."""
    row = connection.execute(_PREFERENCES.where(Preference.person_id == person_id)).first()
    return dict(row._mapping) if row else dict.fromkeys(PREFERENCES)


def wants_tour(connection: Connection, person_id: str) -> bool:
    """Say whether a person is new at the desk, and has not ended its tour."""
    untoured = Person.id == person_id, Person.created_at > now() - NEW, Preference.toured_at.is_(None)
    joined = select(Person.id).outerjoin(Preference, Preference.person_id == Person.id)
    return connection.execute(joined.where(*untoured)).first() is not None


def etag(person: Json) -> str:
    return documents.etag_of(documents.dumped(person))


@action(Role.ADMIN)
def add(session: Session, actor: Actor, /, *, name: str, role: str, display_name: str | None = None) -> Json:
    """Add a person, as `people.add` does, and return their JSON."""
    person = people.add(session, actor, name=name, role=Role(role), display_name=display_name)
    return get(session.connection(), actor, person.id)


@action(Role.READER)
def choose(
    session: Session, actor: Actor, /, person_id: str, *, chosen: Mapping[str, Any], seen: Precondition = ANY
) -> Json:
    """Choose a person's `language`, `time_zone` and `email`, or whether they `toured`, and return their JSON.

    People choose their own, and admins anybody's. The log does not have it. Raises Forbidden, NotFound, Stale, and
    Clash for an address of somebody who was erased.
    """
    demand_own(actor, person_id)
    person = locked(session, person_id, seen)
    if chosen.get("email") is not None:
        if person.redacted_index is not None:
            raise Clash(message("The name of this person is already redacted."))
        if preferences(session.connection(), person_id)["email"] is None:
            mail.start(session, person_id)
    new: Json = {name: chosen[name] for name in PREFERENCES if name in chosen}
    if "toured" in chosen:
        new["toured_at"] = now() if chosen["toured"] else None
    if not insert_unless_there(session, Preference, {"person_id": person_id, **dict.fromkeys(PREFERENCES), **new}):
        session.execute(update(Preference).where(Preference.person_id == person_id).values(new))
    return _found(session.connection(), person_id)


@action(Role.ADMIN, alone=True)
def amend(session: Session, actor: Actor, /, person_id: str, *, changes: Mapping[str, Any], seen: Precondition) -> Json:
    """Change a person's `name`, `role`, `display_name`, preferences and whether they are `active`.

    Return their JSON. Each is an entry of its own, with the `reason` of all; preferences are in no entry. What is as it
    should be already stays.
    """
    authorization_lock.take_alone(session)
    person = locked(session, person_id, seen)
    if actor.id == person_id and not (changes.get("active", True) and changes.get("role", actor.role) == actor.role):
        raise Clash(message("Another admin must change your own role or access."))
    reason = changes.get("reason")
    if changes.get("active", person.disabled_at is None) and person.disabled_at is not None:
        people.enable(session, actor, name=person.name, reason=reason)
    name = people.checked_name(changes.get("name", person.name))
    if name != person.name:
        renaming.rename(session, actor, name=person.name, new_name=name, reason=reason)
    if changes.get("role", person.role) != person.role:
        people.give_role(session, actor, name=person.name, role=Role(changes["role"]), reason=reason)
    if changes.get("display_name", person.display_name) != person.display_name:
        people.set_display_name(session, actor, name=person.name, display_name=changes["display_name"])
    if not changes.get("active", True) and person.disabled_at is None:
        people.disable(session, actor, name=person.name, reason=reason)
    session.flush()
    if changes.keys() & CHOSEN:
        return choose(session, actor, person_id, chosen=changes)
    return get(session.connection(), actor, person_id)


def locked(session: Session, person_id: str, seen: Precondition = ANY) -> Person:
    """Lock a person by their id and return them. Raises NotFound, and Stale unless the caller has seen this version."""
    person = session.scalar(select(Person).where(Person.id == person_id).with_for_update(key_share=True))
    if person is None:
        raise _unknown()
    seen.demand(etag(_found(session.connection(), person_id)))
    return person


def _found(connection: Connection, person_id: str) -> Json:
    row = connection.execute(_PEOPLE.where(Person.id == person_id)).first()
    if row is None:
        raise _unknown()
    return as_json(row)


def _unknown() -> NotFound:
    return NotFound(unknown.PERSON)


_CHOSEN = [getattr(Preference, name) for name in PREFERENCES]
_PEOPLE = select(*Person.__table__.columns, *_CHOSEN, Preference.toured_at).outerjoin(
    Preference, Preference.person_id == Person.id
)
_PREFERENCES = select(*_CHOSEN)
