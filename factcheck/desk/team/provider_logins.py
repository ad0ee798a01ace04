"""Logins of people whom the identity provider has named: who they are here, and with which role."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access import browser_sessions
from factcheck.desk.team import accounts
from factcheck.errors import Clash, Invalid, LoginRefused
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.engine import authorization_lock
from factcheck.storage.tables.people import Person, ProviderAccount

FROM_PROVIDER = "The identity provider gives them this role."
NO_ROLE = "The identity provider gives them no role at this desk any more."
FIRST_ROLE = Role.READER  # of people who are added, where the provider gives no roles


@dataclass(frozen=True)
class Login:
    """Somebody at the identity provider. With `takes_role`, the provider gives them a `role` here, or none."""

    issuer: str
    subject: str
    names: tuple[str, ...]
    takes_role: bool
    role: Role | None
    id_token: str


def enter(session: Session, login: Login, *, add_people: bool, user_agent: str | None = None) -> str | None:
    """Return the secret of a new browser session for somebody whom the provider has named, in the role it gives them.

    None for somebody to whom it gives none: all their ways in have ended, which must be committed. Raises LoginRefused
    for somebody who is disabled, and for somebody whom the desk does not know, unless it may add people.
    """
    row = _bound(session, login)
    if not _stays(row, login):
        authorization_lock.take_alone(session)
        row = _bound(session, login)
    if login.takes_role and login.role is None:
        if row is not None and _has_ways_in(session, row.id):
            people.revoke(session, people.operator(session), name=row.name, reason=NO_ROLE)
        return None
    if row is not None and row.disabled_at is not None:
        raise LoginRefused(
            message("{name} is disabled at this desk. Ask an admin of the desk.", name=row.name), reason="disabled"
        )
    if row is None:
        person_id = _added(session, login, add_people=add_people)
    else:
        person_id = row.id
        if login.role is not None and row.role != login.role:
            operator = people.operator(session)
            people.give_role(session, operator, name=row.name, role=login.role, reason=FROM_PROVIDER)
    return browser_sessions.enter_by_provider(session, person_id, login.id_token, user_agent)


def _bound(session: Session, login: Login) -> Any:
    digest = accounts.digest_of(login.issuer, login.subject)
    return session.execute(_BOUND.where(ProviderAccount.digest == digest)).first()


def _stays(row: Any, login: Login) -> bool:
    """Say whether this login changes nobody's rights."""
    return row is not None and (not login.takes_role or row.role == login.role)


def _added(session: Session, login: Login, *, add_people: bool) -> str:
    """Add a person, bind the account to them, and return their id. Nobody gets the account of a name that is taken."""
    if not add_people:
        told = message(
            "The desk does not know this account. Ask an admin to add it to you. Your account there has the number"
            " {number}.",
            number=login.subject,
        )
        raise LoginRefused(told, reason="unknown_account")
    operator = people.operator(session)
    person = _person(session, operator, login)
    if person is None:
        told = message(
            "The desk cannot add you under your name, or has somebody of that name. Ask an admin. Your account there"
            " has the number {number}.",
            number=login.subject,
        )
        raise LoginRefused(told, reason="name_taken")
    accounts.bind(session, operator, person.id, issuer=login.issuer, subject=login.subject)
    return person.id


def _person(session: Session, operator: Actor, login: Login) -> Actor | None:
    for name in login.names:
        try:
            return people.add(session, operator, name=name, role=login.role or FIRST_ROLE)
        except (Clash, Invalid):
            continue
    return None


def _has_ways_in(session: Session, person_id: str) -> bool:
    for kind, over in people.WAYS_IN:
        still = over.is_(None), kind.expires_at.is_(None) | (kind.expires_at > now())
        if session.execute(select(kind.person_id).where(kind.person_id == person_id, *still)).first() is not None:
            return True
    return False


_BOUND = select(Person.id, Person.name, Person.role, Person.disabled_at).join(
    ProviderAccount, ProviderAccount.person_id == Person.id
)
