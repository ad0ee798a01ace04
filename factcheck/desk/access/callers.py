"""Who calls: whose token or browser session it is, for reading and inside a transaction that writes."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.errors import Unauthenticated
from factcheck.log.actors import Actor, as_actor
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.storage.engine import authorization_lock
from factcheck.storage.engine.database import afterwards
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.people import BrowserSession, Person, Token


@dataclass(frozen=True)
class Credential:
    """How a caller showed who they are; looked at again inside the writing transaction."""

    kind: type[Token] | type[BrowserSession]
    digest: bytes


class Callers:
    """Remembers for readers whose a token is, for LASTS seconds; writers are looked up inside their transaction.

    A person who is disabled is forgotten at once by the process that did it, and after LASTS by all others: a query
    for each read would cost as much as the read. Browser sessions are not remembered: whoever logs out is out.
    """

    LASTS = 0.9  # seconds
    MOST = 10_000  # tokens; more callers than that in LASTS, and all are looked up again

    def __init__(self, note: Callable[[Credential], None] = lambda _used: None) -> None:
        """`note` is called with each credential that is looked up and good."""
        self._note = note
        self._known: dict[bytes, tuple[Found, float, int]] = {}

    def recall(self, credential: Credential) -> Actor | None:
        """Return whose token this is if it was looked up a moment ago, None when it must be looked up."""
        kept = self._known.get(credential.digest)
        if kept is None:
            return None
        found, until, seen = kept
        if time.monotonic() >= until or seen != _credential_epoch.number or found.is_over():
            return None
        return found.actor

    def identify(self, connection: Connection, credential: Credential) -> Actor | None:
        """Look up whose credential this is, and remember it if it is a token."""
        seen, until = _credential_epoch.number, time.monotonic() + self.LASTS
        found = looked_up(connection, credential)
        if found is None:
            return None
        self._note(credential)
        if credential.kind is Token:
            if len(self._known) >= self.MOST:
                self._known = {}
            self._known[credential.digest] = (found, until, seen)
        return found.actor


@dataclass(frozen=True)
class Found:
    """Whose credential it is, and until when."""

    actor: Actor
    expires_at: datetime | None

    def is_over(self) -> bool:
        return self.expires_at is not None and self.expires_at <= now()


class _CredentialEpoch:
    """Counts the changes to people's rights that this process made."""

    number = 0


_credential_epoch = _CredentialEpoch()


def forget_with(session: Session) -> None:
    """Forget whom this process remembers when this transaction, which changes somebody's rights, has committed."""

    def count() -> None:
        _credential_epoch.number += 1

    afterwards(session, count)


def looked_up(connection: Connection, credential: Credential) -> Found | None:
    """Look up a credential, in one query; None when it is not, or no longer, good."""
    row = connection.execute(_IDENTIFY[credential.kind], _asked(credential)).first()
    return Found(as_actor(row), row.expires_at) if row else None


def demand_token(connection: Connection, token: str) -> Found:
    """Return whose token this is, by one look-up that locks nothing. Raises Unauthenticated."""
    found = looked_up(connection, Credential(Token, digest(token)))
    if found is None:
        raise Unauthenticated(message("This token is not valid: it was revoked, has expired, or never existed."))
    return found


def _asked(credential: Credential) -> dict[str, Any]:
    return {"digest": credential.digest, "now": now()}


def identify_for_writing(session: Session, credential: Credential, *, alone: bool = False) -> Actor:
    """Return the actor as of this transaction, which no later change of role or token can overtake.

    `alone` is for an action that changes somebody's rights: it waits until nobody writes any more.
    Raises Unauthenticated when the credential was good at the door and is not any more.
    """
    lock = authorization_lock.take_alone if alone else authorization_lock.share
    lock(session)  # the statement after it sees what was committed until then
    row = session.execute(_IDENTIFY[credential.kind], _asked(credential)).first()
    if row is None:
        raise Unauthenticated(message("Your token or session is no longer valid."))
    return as_actor(row)


def digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


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


_IDENTIFY = {kind: (_credential_query(kind)) for kind in (Token, BrowserSession)}
