"""Browser sessions: begun by a login link, a token or a login at the identity provider, ended by leaving or by time."""

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
from factcheck.messages import message
from factcheck.storage.tables.people import BrowserSession, LoginLink, Person

SESSION_LASTS = timedelta(days=14)
PROVIDER_LASTS = timedelta(hours=12)  # the role that the provider gives is taken over at each login alone
LONGEST_TOKEN = 8192  # characters of an ID token that is kept: whoever logs out hands it to the provider in a URL
AGENT_LENGTH = 300  # characters that are kept of what a browser says of itself
BAD_LINK = message("This login link was already used or has expired. Ask for a new one.")


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


def enter_by_provider(session: Session, person_id: str, id_token: str, user_agent: str | None = None) -> str:
    """Return the secret of a new browser session for somebody whom the identity provider has named.

    The ID tokens of their sessions that are over go.
    """
    moment = now()
    over = BrowserSession.ended_at.is_not(None) | (BrowserSession.expires_at <= moment)
    session.execute(update(BrowserSession).where(BrowserSession.person_id == person_id, over).values(id_token=None))
    kept = id_token if len(id_token) <= LONGEST_TOKEN else ""
    return _new_browser(session, person_id, moment, moment + PROVIDER_LASTS, user_agent, kept)


def leave(session: Session, secret: str) -> str | None:
    """End a browser session; its cookie is worth nothing afterwards.

    Return the ID token with which it began, None if it began otherwise, or is over.
    """
    mine = BrowserSession.digest == digest(secret), BrowserSession.ended_at.is_(None)
    began = session.execute(select(BrowserSession.id_token).where(*mine)).scalar()
    session.execute(update(BrowserSession).where(*mine).values(ended_at=now(), id_token=None))
    return began


def _good_link(secret: str, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return LoginLink.digest == digest(secret), LoginLink.used_at.is_(None), LoginLink.expires_at > moment


def _new_browser(
    session: Session,
    person_id: str,
    begins: datetime,
    ends: datetime,
    user_agent: str | None,
    id_token: str | None = None,
) -> str:
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
            "id_token": id_token,
        },
    )
    return fresh
