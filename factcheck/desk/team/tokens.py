"""Tokens of people: each person has their own, and admins have everybody's."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import callers, tokens
from factcheck.desk.team import profiles
from factcheck.errors import Clash, Forbidden, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.engine import authorization_lock
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Token

MOST = 50  # tokens of one person that are in force
Json = dict[str, Any]


def listed(
    connection: Connection, viewer: Actor, person_id: str, before: str | None, limit: int
) -> list[tuple[str, Json]]:
    """Return a person's tokens, newest first, also those that are over, from before the one with the id `before`.

    Each comes with its id.
    """
    profiles.get(connection, viewer, person_id)
    wanted = _TOKENS.where(Token.person_id == person_id)
    if before is not None:
        wanted = wanted.where(Token.id < before)
    return [(row.id, _as_json(row)) for row in connection.execute(wanted.order_by(Token.id.desc()).limit(limit))]


def get(connection: Connection, viewer: Actor, person_id: str, token_id: str) -> Json:
    """Return a token's JSON without its secret. Raises Forbidden and NotFound."""
    profiles.get(connection, viewer, person_id)
    return _as_json(_row(connection, person_id, token_id))


@action(Role.READER)
def issue(
    session: Session,
    actor: Actor,
    /,
    person_id: str,
    *,
    label: str | None = None,
    lasts: timedelta | None = None,
    seen: Precondition = ANY,
) -> Json:
    """Make a token of the person, and return its JSON with the `token`, which is shown this once.

    Raises Forbidden for somebody else's unless an admin does it, and Clash when the person has too many.
    """
    profiles.demand_own(actor, person_id)
    person = profiles.locked(session, person_id, seen)
    if person.disabled_at is not None:
        raise Forbidden(message("{name} is disabled.", name=person.name))
    in_force = (
        select(func.count())
        .select_from(Token)
        .where(
            Token.person_id == person_id,
            Token.revoked_at.is_(None),
            Token.expires_at.is_(None) | (Token.expires_at > now()),
        )
    )
    if session.execute(in_force).scalar_one() >= MOST:
        raise Clash(
            message("{name} has {most} tokens already. Revoke one that is not used.", name=person.name, most=MOST)
        )
    made = tokens.add(session, actor, person, lasts=lasts, label=label)
    session.flush()
    return _as_json(_row(session.connection(), person_id, made.id), made.secret)


@action(Role.READER, alone=True)
def revoke(session: Session, actor: Actor, /, person_id: str, token_id: str, *, seen: Precondition = ANY) -> None:
    """End a token of the person; one that is over stays as it is. Raises Forbidden as `issue` does, and NotFound."""
    authorization_lock.take_alone(session)
    profiles.demand_own(actor, person_id)
    person = profiles.locked(session, person_id, seen)
    row = _row(session.connection(), person_id, token_id)
    if row.revoked_at is not None:
        return
    person.revision += 1
    change = {"field": "token", "before": token_id, "after": None}
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "revoke_token", [change]
    )  # fmt: skip
    session.execute(update(Token).where(Token.id == token_id).values(revoked_at=entry.at))
    callers.forget_with(session)


def _row(connection: Connection, person_id: str, token_id: str) -> Any:
    row = connection.execute(_TOKENS.where(Token.id == token_id, Token.person_id == person_id)).first()
    if row is None:
        raise NotFound(message("This person has no token with this id."))
    return row


def _as_json(row: Any, secret: str | None = None) -> Json:
    over = row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now())
    return {
        "id": row.id,
        "label": row.label,
        "token": secret,
        "active": not over,
        "created_at": stamp(row.created_at),
        "expires_at": row.expires_at and stamp(row.expires_at),
        "revoked_at": row.revoked_at and stamp(row.revoked_at),
        "last_used_at": row.last_used_at and stamp(row.last_used_at),
        "links": {"self": f"/v1/people/{row.person_id}/tokens/{row.id}", "person": f"/v1/people/{row.person_id}"},
    }


_TOKENS = select(
    Token.id, Token.person_id, Token.label, Token.created_at, Token.expires_at, Token.revoked_at, Token.last_used_at
)
