"""Browsers in which somebody is logged in: each person sees and ends their own, and admins everybody's."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.team import profiles
from factcheck.errors import NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import BrowserSession

Json = dict[str, Any]


def listed(
    connection: Connection, viewer: Actor, person_id: str, before: str | None, limit: int, current: bytes | None
) -> list[tuple[str, Json]]:
    """Return the sessions that a person is logged in with, newest first, from before the one with the id `before`.

    Each comes with its id. `current` is the digest of the session that asks, if one does.
    """
    profiles.get(connection, viewer, person_id)
    wanted = _good(person_id)
    if before is not None:
        wanted = wanted.where(BrowserSession.id < before)
    rows = connection.execute(wanted.order_by(BrowserSession.id.desc()).limit(limit))
    return [(row.id, _as_json(row, current)) for row in rows]


@action(Role.READER)
def end(session: Session, actor: Actor, /, person_id: str, session_id: str, *, seen: Precondition = ANY) -> None:
    """Log a person out in one browser. Raises Forbidden for somebody else's unless an admin does it, and NotFound."""
    profiles.demand_own(actor, person_id)
    person = profiles.locked(session, person_id, seen)
    if session.execute(_good(person_id).where(BrowserSession.id == session_id)).first() is None:
        raise NotFound(message("This person has no session with this id, or it is over."))
    person.revision += 1
    entry = revisions.append(session, actor, SubjectKind.PERSON, person.id, person.revision, "end_session", [])
    session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(ended_at=entry.at))


def _good(person_id: str) -> Any:
    return select(
        BrowserSession.id,
        BrowserSession.digest,
        BrowserSession.user_agent,
        BrowserSession.created_at,
        BrowserSession.expires_at,
        BrowserSession.last_used_at,
    ).where(
        BrowserSession.person_id == person_id,
        BrowserSession.ended_at.is_(None),
        BrowserSession.expires_at > now(),
    )


def _as_json(row: Any, current: bytes | None) -> Json:
    return {
        "id": row.id,
        "user_agent": row.user_agent,
        "current": row.digest == current,
        "created_at": stamp(row.created_at),
        "expires_at": stamp(row.expires_at),
        "last_used_at": row.last_used_at and stamp(row.last_used_at),
    }
