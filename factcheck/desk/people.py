"""People, their roles, and the three ways in: tokens, one-time login links, browser sessions.

Accounts at an identity provider, with which browser sessions begin too, are in `team/accounts.py`.

Secrets are shown once and kept as SHA-256 alone: they are 256 random bits, so a slow hash would add nothing.
"""

import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import callers, owners, tokens
from factcheck.desk.access.callers import digest
from factcheck.errors import Clash, Flaw, Forbidden, Invalid, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import Actor, action, as_actor
from factcheck.log.clock import now, stamp
from factcheck.log.ids import new_id, random_id
from factcheck.messages import message
from factcheck.rules.names import mentions
from factcheck.rules.roles import Role
from factcheck.rules.text.visible import blank
from factcheck.rules.webhooks import Disabled
from factcheck.storage.engine import authorization_lock
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import BrowserSession, LoginLink, Person, Token

OPERATOR = "operator"  # whoever has the shell of the machine; the first entry of every log
LINK_LASTS = timedelta(hours=24)
NAME_LENGTH = 100  # code points
# What lets somebody in, and the column that says when it ended.
WAYS_IN: tuple[tuple[Any, Any], ...] = (
    (Token, Token.revoked_at),
    (BrowserSession, BrowserSession.ended_at),
    (LoginLink, LoginLink.used_at),
)


def operator(session: Session) -> Actor:
    """Return the operator, who is entered the first time that the shell changes anything."""
    person = session.scalar(select(Person).where(Person.folded_name == OPERATOR))
    if person is None:
        actor = Actor(new_id(), OPERATOR, Role.ADMIN, random_id())
        _enter(session, actor, actor)
        return actor
    return as_actor(person)


def known(session: Session | Connection, name: str) -> Actor:
    """Return somebody by their name, who keeps it until a session ends. Raises NotFound, and Forbidden if disabled."""
    if isinstance(session, Session):
        authorization_lock.share(session)
    person = session.execute(select(*Person.__table__.columns).where(Person.folded_name == folded_name(name))).first()
    if person is None:
        raise NotFound(message("Nobody has the name “{name}”.", name=name))
    if person.disabled_at is not None:
        raise Forbidden(message("{name} is disabled.", name=person.name))
    return as_actor(person)


@action(Role.ADMIN)
def add(session: Session, actor: Actor, /, *, name: str, role: Role, display_name: str | None = None) -> Actor:
    """Enter a person. Raises Clash when the name is taken or cannot be told from a taken one.

    The `display_name` is what readers without a token see; without one, they see the desk.
    """
    name = checked_name(name)
    shown = None if display_name is None else checked_name(display_name, "display_name")
    if session.scalar(select(Person.id).where(Person.folded_name == folded_name(name))):
        raise Clash(message("Somebody already has a name that looks like “{name}”.", name=name))
    person = Actor(new_id(), name, role, random_id())
    _enter(session, actor, person, shown)
    return person


@action(Role.ADMIN)
def set_display_name(session: Session, actor: Actor, /, *, name: str, display_name: str | None) -> None:
    """Set the name under which readers without a token see a person; None shows them the desk instead.

    Several people may share one. Raises Clash when it is this one already.
    """
    shown = None if display_name is None else checked_name(display_name, "display_name")
    person = locked(session, name)
    if person.display_name == shown:
        raise Clash(
            message("The display name of {name} is “{shown}” already.", name=person.name, shown=shown)
            if shown
            else message("The display name of {name} is not set already.", name=person.name)
        )
    change = {"field": "display_name", "before": person.display_name, "after": shown}
    person.revision += 1
    revisions.append(session, actor, SubjectKind.PERSON, person.id, person.revision, "set_display_name", [change])
    person.display_name = shown


@action(Role.ADMIN, alone=True)
def disable(session: Session, actor: Actor, /, *, name: str, reason: str | None = None) -> None:
    """Disable a person and end their tokens and sessions. Their work stays under their name."""
    authorization_lock.take_alone(session)
    owners.lock_webhooks(session, folded_name(name))
    person = locked(session, name)
    if person.folded_name == OPERATOR:
        raise Clash(message("The operator cannot be disabled, because the shell needs this account."))
    if person.disabled_at is not None:
        raise Clash(message("{name} is already disabled.", name=person.name))
    person.revision += 1
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "disable",
        [{"field": "disabled", "before": False, "after": True}], reason,
    )  # fmt: skip
    person.disabled_at = entry.at
    callers.forget_with(session)
    end_ways_in(session, person.id, entry.at)
    owners.end_webhooks(session, person.id, entry.at, Disabled.OWNER)


@action(Role.ADMIN, alone=True)
def revoke(session: Session, actor: Actor, /, *, name: str, reason: str | None = None) -> None:
    """End a person's tokens, sessions, login links and webhooks, and let the person stay: for what was lost or leaked.

    Whoever had the token may have made a webhook with it: an admin turns on again what is to go on.
    """
    authorization_lock.take_alone(session)
    owners.lock_webhooks(session, folded_name(name))
    person = locked(session, name)
    person.revision += 1
    entry = revisions.append(session, actor, SubjectKind.PERSON, person.id, person.revision, "revoke", [], reason)
    callers.forget_with(session)
    end_ways_in(session, person.id, entry.at)
    owners.end_webhooks(session, person.id, entry.at, Disabled.REVOKED)


@action(Role.ADMIN, alone=True)
def give_role(session: Session, actor: Actor, /, *, name: str, role: Role, reason: str | None = None) -> None:
    """Give a person another role. Nothing that they send is done under the old one after this.

    Their webhooks end when the new role may not have any.
    """
    authorization_lock.take_alone(session)
    owners.lock_webhooks(session, folded_name(name))
    person = locked(session, name)
    _demand_enabled(person)
    if person.folded_name == OPERATOR:
        raise Clash(message("The operator must be admin, because somebody must be able to change roles."))
    if person.role == role:
        raise Clash(message("{name} already has the role {role}.", name=person.name, role=role))
    person.revision += 1
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "give_role",
        [{"field": "role", "before": str(person.role), "after": str(role)}], reason,
    )  # fmt: skip
    person.role = role
    if not role.includes(owners.ROLE):
        owners.end_webhooks(session, person.id, entry.at, Disabled.ROLE)
    callers.forget_with(session)


@action(Role.ADMIN, alone=True)
def enable(session: Session, actor: Actor, /, *, name: str, reason: str | None = None) -> None:
    """Let a person who was disabled in again. They need a new token or login link. Raises Clash for who is not."""
    authorization_lock.take_alone(session)
    person = locked(session, name)
    if person.redacted_index is not None:
        raise Clash(message("The name of this person was erased, which also ended their access for ever."))
    if person.disabled_at is None:
        raise Clash(message("{name} is not disabled.", name=person.name))
    person.revision += 1
    change = {"field": "disabled", "before": True, "after": False}
    revisions.append(session, actor, SubjectKind.PERSON, person.id, person.revision, "enable", [change], reason)
    person.disabled_at = None


@action(Role.ADMIN)
def issue_token(session: Session, actor: Actor, /, *, name: str, lasts: timedelta | None = None) -> str:
    """Make a bearer token and return it: this is the only time that it can be seen."""
    person = locked(session, name)
    _demand_enabled(person)
    return tokens.add(session, actor, person, lasts=lasts).secret


@action(Role.ADMIN)
def issue_login_link(session: Session, actor: Actor, /, *, name: str) -> str:
    """Make the secret of a one-time login link, good for a day, and return it."""
    person = locked(session, name)
    _demand_enabled(person)
    secret = secrets.token_urlsafe(32)
    person.revision += 1
    entry = revisions.append(session, actor, SubjectKind.PERSON, person.id, person.revision, "issue_login_link", [])
    session.execute(
        insert(LoginLink),
        {
            "digest": digest(secret),
            "person_id": person.id,
            "created_at": entry.at,
            "expires_at": entry.at + LINK_LASTS,
        },
    )
    return secret


def listed(connection: Connection) -> list[dict[str, Any]]:
    """Return everybody, in the order in which they came."""
    rows = connection.execute(
        select(
            Person.id, Person.name, Person.display_name, Person.role, Person.created_at, Person.disabled_at
        ).order_by(Person.id)
    )  # fmt: skip
    return [
        {
            "id": row.id,
            "name": row.name,
            "display_name": row.display_name,
            "role": row.role,
            "created_at": stamp(row.created_at),
            "disabled_at": stamp(row.disabled_at) if row.disabled_at else None,
        }
        for row in rows
    ]


def name_of(connection: Connection, person_id: str) -> str | None:
    """Return a person's name, None when there is no such person."""
    return connection.execute(select(Person.name).where(Person.id == person_id)).scalar()


def _enter(session: Session, actor: Actor, person: Actor, display_name: str | None = None) -> None:
    moment = now()
    session.execute(
        insert(Person),
        {
            "id": person.id,
            "name": person.name,
            "folded_name": folded_name(person.name),
            "display_name": display_name,
            "role": person.role,
            "mark": person.mark,
            "revision": 1,
            "created_at": moment,
        },
    )
    after = {"name": person.name, "role": str(person.role)}
    after |= {"display_name": display_name} if display_name else {}
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, 1, "add", revisions.differences({}, after),
        facts=facts.of_person(person.mark),
    )  # fmt: skip
    # The entry names the row, so the row comes first, and gets its time from the log afterwards.
    session.execute(update(Person).where(Person.id == person.id).values(created_at=entry.at))


def locked(session: Session, name: str) -> Person:
    """Lock a person by their name and return them. Raises NotFound."""
    person = session.scalar(
        select(Person).where(Person.folded_name == folded_name(name)).with_for_update(key_share=True)
    )
    if person is None:
        raise NotFound(message("Nobody has the name “{name}”.", name=name))
    return person


def end_ways_in(session: Session, person_id: str, at: datetime) -> None:
    """End a person's tokens, sessions and login links."""
    for kind, over in WAYS_IN:
        session.execute(update(kind).where(kind.person_id == person_id, over.is_(None)).values({over: at}))


def _demand_enabled(person: Person) -> None:
    if person.disabled_at is not None:
        raise Forbidden(message("{name} is disabled.", name=person.name))


def folded_name(name: str) -> str:
    """Return what two names must not share: no case, no compatibility forms, single spaces."""
    return mentions.folded(name)


def checked_name(name: str, field: str = "name") -> str:
    """Return a name with single spaces. Raises Invalid for one that is not allowed; `field` is where it was given."""
    name = " ".join(name.split())
    flaw = None
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable() or blank(name):
        flaw = message("A name has 1 to {most} printable characters.", most=NAME_LENGTH)
    elif len(_scripts(name)) > 1:
        flaw = message("A name must not mix Latin, Greek and Cyrillic letters, because it can look like another name.")
    if flaw:
        raise Invalid(message("The name is not allowed."), flaws=[Flaw(flaw, pointer=f"/{field}")])
    return name


def _scripts(name: str) -> set[str]:
    """Return which of the scripts whose letters look alike the name uses."""
    alike = ("LATIN", "GREEK", "CYRILLIC")
    first_words = {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}
    return first_words.intersection(alike)
