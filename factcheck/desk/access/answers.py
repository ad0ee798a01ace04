"""Answers kept for requests that carry an Idempotency-Key, so that sending one again does nothing again.

The answer is stored in the transaction of the action: either both are there or neither, whatever dies in between.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Text, delete, or_, select, type_coerce, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.connected import batches
from factcheck.errors import Flaw, Invalid, Redacted
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.storage.tables.columns import holds_bytes
from factcheck.storage.tables.people import KeptAnswer
from factcheck.storage.upserts import insert_unless_there

RETENTION = timedelta(days=2)


@dataclass(frozen=True)
class Answer:
    """What is sent back: status, headers that belong to it, body; and what is kept in the place of a body that holds a
    secret, which is shown once. `claim_id` is the claim that it is about, where neither path says so.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    kept: bytes | None = None
    claim_id: str | None = None


@dataclass(frozen=True)
class Key:
    """Which request this is: whose, to which route, under which key, with which body (its SHA-256)."""

    person_id: str
    route: str
    key: str
    request_digest: bytes

    def where(self) -> Any:
        return (
            (KeptAnswer.person_id == self.person_id) & (KeptAnswer.route == self.route) & (KeptAnswer.key == self.key)
        )


def recall(session: Session, key: Key) -> Answer | None:
    """Return the answer that this request got before; None when it is new, and then the key is taken.

    Waits for a request under the same key that is still running (Clash when that takes too long).
    Raises Invalid when the key was used for another body, and Redacted when the answer was emptied by a redaction:
    then nobody knows any more which body it was used for, and nothing is done again.
    """
    session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < now() - RETENTION))
    taken = insert_unless_there(
        session,
        KeptAnswer,
        {
            "person_id": key.person_id,
            "route": key.route,
            "key": key.key,
            "claim_id": None,
            "request_digest": key.request_digest,
            "status": 0,
            "headers": {},
            "body": b"",
            "created_at": now(),
        },
    )
    return None if taken else find(session.connection(), key)


def find(connection: Connection, key: Key) -> Answer | None:
    """Return the answer that this request got before, None if it got none. Raises Invalid as `recall` does."""
    kept = connection.execute(
        select(KeptAnswer.request_digest, KeptAnswer.status, KeptAnswer.headers, KeptAnswer.body).where(key.where())
    ).first()
    if kept is None:
        return None
    if not kept.request_digest:
        raise Redacted(
            message("This request was carried out before, and what it was about was redacted. Nothing was done again.")
        )
    if kept.request_digest != key.request_digest:
        raise Invalid(
            message("This Idempotency-Key was already used with another body."),
            flaws=[Flaw(message("It was already used with another body."), parameter="Idempotency-Key")],
        )
    return Answer(kept.status, kept.headers, kept.body)


def keep(session: Session, key: Key, answer: Answer) -> None:
    """Store the answer under the key that `recall` took."""
    session.execute(
        update(KeptAnswer)
        .where(key.where())
        .values(
            status=answer.status,
            headers=answer.headers,
            body=answer.body if answer.kept is None else answer.kept,
            claim_id=answer.claim_id or claim_of(key.route, answer.headers.get("Location")),
        )
    )


def forget(session: Session, key: Key) -> None:
    """Forget an answer: its key is free again."""
    session.execute(delete(KeptAnswer).where(key.where()))


def empty(session: Session, ids: Iterable[str], claims: Iterable[str] = ()) -> None:
    """Empty the answers that name things with these ids, and those about these claims.

    What they say goes, and the hash of what was sent, from which somebody could find out the same. The keys stay
    taken: sending such a request again does nothing. The request that runs now has no answer yet.
    """
    headers, given = type_coerce(KeptAnswer.headers, Text), KeptAnswer.status != 0
    for each in ids:
        places = KeptAnswer.route.contains(each), headers.contains(each), holds_bytes(KeptAnswer.body, each.encode())
        session.execute(update(KeptAnswer).where(given, or_(*places)).values(EMPTY))
    for some in batches(claims):
        session.execute(update(KeptAnswer).where(given, KeptAnswer.claim_id.in_(some)).values(EMPTY))


EMPTY: dict[str, Any] = {"request_digest": b"", "status": 410, "headers": {}, "body": b""}


def claim_of(route: str, location: str | None) -> str | None:
    """Return the id of the claim that a request was about, from its route or from where the new thing is."""
    found = _CLAIM.search(location or "") or _CLAIM.search(route)
    return found[1] if found else None


_CLAIM = re.compile(r"^(?:/v1)?/claims/([0-9a-f-]{36})")
