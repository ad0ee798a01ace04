"""People, their roles, and the three ways in: tokens, one-time login links, browser sessions.

Secrets are shown once and kept as SHA-256 alone: they are 256 random bits, so a slow hash would add nothing.
"""

import hashlib
import secrets
import time
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, event, insert, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import revisions
from factcheck.desk.actors import Actor, deed
from factcheck.desk.clock import now, stamp
from factcheck.desk.ids import new_id, random_id
from factcheck.errors import Clash, Flaw, Forbidden, Invalid, NotFound, Unauthenticated
from factcheck.rules.roles import Role
from factcheck.storage.columns import Instant
from factcheck.storage.logbook import SubjectKind
from factcheck.storage.models import BrowserSession, LoginLink, Person, Token

OPERATOR = "operator"  # whoever has the shell of the machine; the first entry of every log
TOKEN_MARK = "fck_"  # noqa: S105 - lets scanners of leaked secrets know ours
NAME_LENGTH = 100
LINK_LASTS = timedelta(hours=24)
SESSION_LASTS = timedelta(days=14)


@dataclass(frozen=True)
class Credential:
    """How a caller showed who they are; looked at again inside the writing transaction."""

    kind: type[Token] | type[BrowserSession]
    digest: bytes


def operator(session: Session) -> Actor:
    """Return the operator, who is entered the first time that the shell changes anything."""
    person = session.scalar(select(Person).where(Person.folded_name == OPERATOR))
    if person is None:
        actor = Actor(new_id(), OPERATOR, Role.ADMIN, random_id())
        _enter(session, actor, actor)
        return actor
    return as_actor(person)


def known(session: Session | Connection, name: str) -> Actor:
    """Return somebody by their name. Raises NotFound, and Forbidden for somebody who was disabled."""
    person = session.execute(select(*Person.__table__.columns).where(Person.folded_name == folded(name))).first()
    if person is None:
        raise NotFound(f"There is nobody named “{name}”.")
    if person.disabled_at is not None:
        raise Forbidden(f"{person.name} is disabled.")
    return as_actor(person)


@deed(Role.ADMIN)
def add(session: Session, actor: Actor, /, *, name: str, role: Role) -> Actor:
    """Enter a person. Raises Clash when the name is taken or cannot be told from a taken one."""
    name = _checked_name(name)
    if session.scalar(select(Person.id).where(Person.folded_name == folded(name))):
        raise Clash(f"There is already somebody whose name reads as “{name}”.")
    person = Actor(new_id(), name, role, random_id())
    _enter(session, actor, person)
    return person


@deed(Role.ADMIN)
def disable(session: Session, actor: Actor, /, *, name: str, reason: str | None = None) -> None:
    """End all of a person's ways in. What they did stays theirs."""
    person = _locked(session, name)
    if person.folded_name == OPERATOR:
        raise Clash("The operator cannot be disabled: somebody must be able to work from the shell.")
    if person.disabled_at is not None:
        raise Clash(f"{person.name} is disabled already.")
    person.revision += 1
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "disable",
        [{"field": "disabled", "before": False, "after": True}], reason,
    )  # fmt: skip
    person.disabled_at = entry.at
    _standing.changes_with(session)
    session.execute(
        update(Token).where(Token.person_id == person.id, Token.revoked_at.is_(None)).values(revoked_at=entry.at)
    )
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.person_id == person.id, BrowserSession.ended_at.is_(None))
        .values(ended_at=entry.at)
    )


@deed(Role.ADMIN)
def issue_token(session: Session, actor: Actor, /, *, name: str, lasts: timedelta | None = None) -> str:
    """Make a bearer token and return it: this is the only time that it can be seen."""
    person = _locked(session, name)
    _demand_enabled(person)
    token = TOKEN_MARK + secrets.token_urlsafe(32)
    token_id = new_id()
    person.revision += 1
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "issue_token",
        [{"field": "token", "before": None, "after": token_id}],
    )  # fmt: skip
    session.execute(
        insert(Token),
        {
            "id": token_id,
            "person_id": person.id,
            "digest": digest(token),
            "created_at": entry.at,
            "expires_at": entry.at + lasts if lasts else None,
        },
    )
    return token


@deed(Role.ADMIN)
def issue_login_link(session: Session, actor: Actor, /, *, name: str) -> str:
    """Make the secret of a one-time login link, good for a day, and return it."""
    person = _locked(session, name)
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


def enter_by_link(session: Session, secret: str) -> str:
    """Use up a login link and return the secret of a new browser session.

    Raises Unauthenticated; in one answer for links that never were, are used up, or came too late.
    """
    moment = now()
    used = session.execute(
        update(LoginLink)
        .where(LoginLink.digest == digest(secret), LoginLink.used_at.is_(None), LoginLink.expires_at > moment)
        .values(used_at=moment)
        .returning(LoginLink.person_id),
        execution_options={"synchronize_session": False},
    ).scalar()
    person = session.get(Person, used) if used else None
    if person is None or person.disabled_at is not None:
        raise Unauthenticated("This login link was used already, or is too old. Ask for a new one.")
    return _new_browser(session, person.id, moment, moment + SESSION_LASTS)


def enter_by_token(session: Session, token: str) -> str:
    """Return the secret of a new browser session for whoever has this token; it ends with the token at the latest.

    Raises Unauthenticated.
    """
    moment = now()
    row = session.execute(_IDENTIFY[Token], {"digest": digest(token), "now": moment}).first()
    if row is None:
        raise Unauthenticated("This token is not good: it never was, was revoked, or is too old.")
    ends = session.scalar(select(Token.expires_at).where(Token.digest == digest(token)))
    return _new_browser(session, row.id, moment, min(moment + SESSION_LASTS, ends or moment + SESSION_LASTS))


def leave(session: Session, secret: str) -> None:
    """End a browser session; its cookie is worth nothing afterwards."""
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.digest == digest(secret), BrowserSession.ended_at.is_(None))
        .values(ended_at=now())
    )


def identify(connection: Connection, credential: Credential) -> Actor | None:
    """Return whose credential this is, in one query; None when it is not, or no longer, good."""
    found = _looked_up(connection, credential)
    return found.actor if found else None


class Callers:
    """Remembers for readers whose a token is, for LASTS seconds; writers are looked up inside their transaction.

    A person who is disabled is forgotten at once by the process that did it, and after LASTS by all others: a query
    for each read would cost as much as the read. Browser sessions are not remembered: whoever logs out is out.
    """

    LASTS = 0.9  # seconds
    MOST = 10_000  # tokens; more callers than that in LASTS, and all are looked up again

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[_Found, float, int]] = {}

    def recall(self, credential: Credential) -> Actor | None:
        """Return whose token this is if it was looked up a moment ago, None when it must be looked up."""
        kept = self._known.get(credential.digest)
        if kept is None:
            return None
        found, until, standing = kept
        if time.monotonic() >= until or standing != _standing.number or found.is_over():
            return None
        return found.actor

    def identify(self, connection: Connection, credential: Credential) -> Actor | None:
        """Look up whose credential this is, in one query; None when it is not, or no longer, good."""
        standing, until = _standing.number, time.monotonic() + self.LASTS
        found = _looked_up(connection, credential)
        if found is None:
            return None
        if credential.kind is Token:
            if len(self._known) >= self.MOST:
                self._known = {}
            self._known[credential.digest] = (found, until, standing)
        return found.actor


@dataclass(frozen=True)
class _Found:
    actor: Actor
    expires_at: datetime | None

    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= now()


class _Standing:
    """Counts the changes to people's standing that this process made."""

    def __init__(self) -> None:
        self.number = 0

    def changes_with(self, session: Session) -> None:
        """Forget what was remembered when this transaction has committed."""

        def count(_session: Session) -> None:
            self.number += 1

        event.listen(session, "after_commit", count, once=True)


_standing = _Standing()


def _looked_up(connection: Connection, credential: Credential) -> _Found | None:
    row = connection.execute(_IDENTIFY[credential.kind], {"digest": credential.digest, "now": now()}).first()
    return _Found(as_actor(row), row.expires_at) if row else None


def identify_for_writing(session: Session, credential: Credential) -> Actor:
    """Return the actor as of this transaction, which no later change of role or token can overtake.

    Raises Unauthenticated when the credential was good at the door and is not any more.
    """
    row = session.execute(
        _IDENTIFY[credential.kind].with_for_update(read=True), {"digest": credential.digest, "now": now()}
    ).first()
    if row is None:
        raise Unauthenticated("Your token or session is no longer good.")
    return as_actor(row)


def listed(connection: Connection) -> list[dict[str, Any]]:
    """Return everybody, in the order in which they came."""
    rows = connection.execute(
        select(Person.id, Person.name, Person.role, Person.created_at, Person.disabled_at).order_by(Person.id)
    )
    return [
        {
            "id": row.id,
            "name": row.name,
            "role": row.role,
            "created_at": stamp(row.created_at),
            "disabled_at": stamp(row.disabled_at) if row.disabled_at else None,
        }
        for row in rows
    ]


def as_actor(person: Any) -> Actor:
    """Return a person, or a row of one, as somebody who acts."""
    return Actor(person.id, person.name, Role(person.role), person.mark)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def folded(name: str) -> str:
    """Return what two names must not share: no case, no compatibility forms, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def _credential_query(kind: type[Token] | type[BrowserSession]) -> Any:
    moment = bindparam("now", type_=Instant)
    over = Token.revoked_at if kind is Token else BrowserSession.ended_at
    return (
        select(Person.id, Person.name, Person.role, Person.mark, kind.expires_at)
        .join(kind, kind.person_id == Person.id)
        .where(
            kind.digest == bindparam("digest"),
            over.is_(None),
            or_(kind.expires_at.is_(None), kind.expires_at > moment),
            Person.disabled_at.is_(None),
        )
    )


_IDENTIFY = {kind: _credential_query(kind) for kind in (Token, BrowserSession)}


def _new_browser(session: Session, person_id: str, begins: datetime, ends: datetime) -> str:
    fresh = secrets.token_urlsafe(32)
    session.execute(
        insert(BrowserSession),
        {"digest": digest(fresh), "person_id": person_id, "created_at": begins, "expires_at": ends},
    )
    return fresh


def _enter(session: Session, actor: Actor, person: Actor) -> None:
    moment = now()
    session.execute(
        insert(Person),
        {
            "id": person.id,
            "name": person.name,
            "folded_name": folded(person.name),
            "role": person.role,
            "mark": person.mark,
            "revision": 1,
            "created_at": moment,
        },
    )
    after = {"name": person.name, "role": str(person.role)}
    revisions.append(session, actor, SubjectKind.PERSON, person.id, 1, "add", revisions.differences({}, after))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        raise Invalid(
            "The name is not allowed.",
            flaws=[Flaw(f"A name has 1 to {NAME_LENGTH} printable characters.", pointer="/name")],
        )
    if len(_scripts(name)) > 1:
        raise Invalid(
            "The name is not allowed.",
            flaws=[
                Flaw(
                    "A name that mixes Latin, Greek and Cyrillic letters can pass for another's.",
                    pointer="/name",
                )
            ],
        )
    return name


def _scripts(name: str) -> set[str]:
    """Return which of the scripts whose letters look alike the name uses."""
    alike = ("LATIN", "GREEK", "CYRILLIC")
    first_words = {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}
    return first_words.intersection(alike)


def _locked(session: Session, name: str) -> Person:
    person = session.scalar(select(Person).where(Person.folded_name == folded(name)).with_for_update())
    if person is None:
        raise NotFound(f"There is nobody named “{name}”.")
    return person


def _demand_enabled(person: Person) -> None:
    if person.disabled_at is not None:
        raise Forbidden(f"{person.name} is disabled.")
