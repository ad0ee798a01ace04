"""Bearer tokens: shown once when they are made, and kept as SHA-256 alone."""

import secrets
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import insert
from sqlalchemy.orm import Session

from factcheck.desk.access.callers import digest
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.log.ids import new_id
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person, Token

MARK = "fck_"  # lets scanners of leaked secrets know ours


class NewToken(NamedTuple):
    """A token that was just made: this is the only time that its secret can be seen."""

    id: str
    secret: str


def add(
    session: Session, actor: Actor, person: Person, *, lasts: timedelta | None, label: str | None = None
) -> NewToken:
    """Make a token of a person, who is locked. Its `label` goes into the log."""
    made = NewToken(new_id(), MARK + secrets.token_urlsafe(32))
    changes = [{"field": "token", "before": None, "after": made.id}]
    if label is not None:
        changes.append({"field": "token_label", "before": None, "after": label})
    person.revision += 1
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "issue_token", changes
    )  # fmt: skip
    session.execute(
        insert(Token),
        {
            "id": made.id,
            "person_id": person.id,
            "digest": digest(made.secret),
            "created_at": entry.at,
            "expires_at": entry.at + lasts if lasts else None,
            "label": label,
        },
    )
    return made
