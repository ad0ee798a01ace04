"""Browser sessions: begun by a login link or a token, ended by leaving or after two weeks."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import callers
from factcheck.desk.access.callers import digest
from factcheck.errors import Unauthenticated
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.storage.tables.people import BrowserSession, LoginLink, Person

SESSION_LASTS = timedelta(days=14)
AGENT_LENGTH = 300  # characters that are kept of what a browser says of itself
BAD_LINK = "This login link was already used or has expired. Ask for a new one."


def demand_link(connection: Connection, secret: str) -> None:
    """Raise Unauthenticated unless a login link can be used, by one look-up that locks nothing."""
    good = select(LoginLink.digest).where(*_good_link(secret, now()))
    if connection.execute(good).first() is None:
        raise Unauthenticated(BAD_LINK)


def enter_by_link(session: Session, secret: str, user_agent: str | None = None) -> str:
    """Use up a login link and return the secret of a new browser session.

    Raises Unauthenticated; in one answer for links that never were, are used up, or came too late.
    """
    moment = now()
    used = session.execute(
        update(LoginLink).where(*_good_link(secret, moment)).values(used_at=moment).returning(LoginLink.person_id),
        execution_options={"synchronize_session": False},
    ).scalar()
    person = session.get(Person, used) if used else None
    if person is None or person.disabled_at is not None:
        raise Unauthenticated(BAD_LINK)
    return _new_browser(session, person.id, moment, moment + SESSION_LASTS, user_agent)


def enter_by_token(session: Session, token: str, user_agent: str | None = None) -> str:
    """Return the secret of a new browser session for whoever has this token; it ends with the token at the latest.

    Raises Unauthenticated.
    """
    moment = now()
    found = callers.demand_token(session.connection(), token)
    ends = min(moment + SESSION_LASTS, found.expires_at or moment + SESSION_LASTS)
    return _new_browser(session, found.actor.id, moment, ends, user_agent)


def leave(session: Session, secret: str) -> None:
    """End a browser session; its cookie is worth nothing afterwards."""
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.digest == digest(secret), BrowserSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def _good_link(secret: str, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return LoginLink.digest == digest(secret), LoginLink.used_at.is_(None), LoginLink.expires_at > moment


def _new_browser(session: Session, person_id: str, begins: datetime, ends: datetime, user_agent: str | None) -> str:
    fresh = secrets.token_urlsafe(32)
    session.execute(
        insert(BrowserSession),
        {
            "digest": digest(fresh),
            "id": new_id(),
            "person_id": person_id,
            "created_at": begins,
            "expires_at": ends,
            "user_agent": user_agent and user_agent[:AGENT_LENGTH],
        },
    )
    return fresh
