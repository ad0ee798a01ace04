"""Accounts at the identity provider: which of them is whose. Admins bind them; people log in with them.

An account is known by its issuer and its number there (`iss` and `sub`). The log has the SHA-256 of both: whoever knows
them can check whose account it was, and nobody can read them there.
"""

import hashlib
from typing import Any

import orjson
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.team import profiles
from factcheck.errors import Clash, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.engine import authorization_lock
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import BrowserSession, ProviderAccount

MOST = 20  # accounts of one person
Json = dict[str, Any]


def digest_of(issuer: str, subject: str) -> str:
    """Return what stands for an account: the SHA-256 of the JSON list of its issuer and its number, in hexadecimal."""
    return hashlib.sha256(orjson.dumps([issuer, subject])).hexdigest()


def listed(
    connection: Connection, viewer: Actor, person_id: str, after: str | None, limit: int
) -> list[tuple[str, Json]]:
    """Return a person's accounts in the order in which they were bound, from behind the one with the id `after`.

    Each comes with its id. Raises Forbidden for somebody else's unless an admin asks, and NotFound.
    """
    profiles.get(connection, viewer, person_id)
    wanted = _ACCOUNTS.where(ProviderAccount.person_id == person_id)
    if after is not None:
        wanted = wanted.where(ProviderAccount.id > after)
    return [(row.id, _as_json(row)) for row in connection.execute(wanted.order_by(ProviderAccount.id).limit(limit))]


def get(connection: Connection, viewer: Actor, person_id: str, account_id: str) -> Json:
    """Return an account's JSON. Raises Forbidden and NotFound."""
    profiles.get(connection, viewer, person_id)
    return _as_json(_row(connection, person_id, account_id))


@action(Role.ADMIN)
def bind(
    session: Session, actor: Actor, /, person_id: str, *, issuer: str, subject: str, seen: Precondition = ANY
) -> Json:
    """Bind an account to a person, who can then log in with it, and return its JSON.

    Raises Clash for an account that is bound already, and for the operator, who has the shell.
    """
    person = profiles.locked(session, person_id, seen)
    if person.folded_name == people.OPERATOR:
        raise Clash(message("The operator logs in from the shell alone."))
    if person.redacted_index is not None:
        raise Clash(message("The name of this person was erased, which also ended their access for ever."))
    digest = digest_of(issuer, subject)
    if session.execute(select(ProviderAccount.id).where(ProviderAccount.digest == digest)).first() is not None:
        raise Clash(message("This account is bound to a person already."))
    bound = select(func.count()).select_from(ProviderAccount).where(ProviderAccount.person_id == person_id)
    if session.execute(bound).scalar_one() >= MOST:
        raise Clash(message("{name} has {most} accounts already. Remove one first.", name=person.name, most=MOST))
    account = {"id": new_id(), "issuer": issuer, "digest": digest}
    person.revision += 1
    change = {"field": "account", "before": None, "after": account}
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "bind_account", [change]
    )  # fmt: skip
    session.execute(insert(ProviderAccount), account | {"person_id": person_id, "bound_at": entry.at})
    return _as_json(_row(session.connection(), person_id, str(account["id"])))


@action(Role.ADMIN, alone=True)
def unbind(session: Session, actor: Actor, /, person_id: str, account_id: str, *, seen: Precondition = ANY) -> None:
    """Remove an account from a person, and log them out wherever they logged in at the provider. Raises NotFound."""
    authorization_lock.take_alone(session)
    person = profiles.locked(session, person_id, seen)
    row = _row(session.connection(), person_id, account_id)
    account = {"id": row.id, "issuer": row.issuer, "digest": row.digest}
    person.revision += 1
    change = {"field": "account", "before": account, "after": None}
    entry = revisions.append(
        session, actor, SubjectKind.PERSON, person.id, person.revision, "unbind_account", [change]
    )  # fmt: skip
    bound = session.get_one(ProviderAccount, account_id)
    session.delete(bound)
    session.flush()
    begun_there = BrowserSession.person_id == person_id, BrowserSession.id_token.is_not(None)
    session.execute(
        update(BrowserSession)
        .where(*begun_there, BrowserSession.ended_at.is_(None))
        .values(ended_at=entry.at, id_token=None)
    )


def _row(connection: Connection, person_id: str, account_id: str) -> Any:
    found = _ACCOUNTS.where(ProviderAccount.id == account_id, ProviderAccount.person_id == person_id)
    row = connection.execute(found).first()
    if row is None:
        raise NotFound(message("This person has no account with this id."))
    return row


def _as_json(row: Any) -> Json:
    here = f"/v1/people/{row.person_id}"
    return {
        "id": row.id,
        "issuer": row.issuer,
        "digest": row.digest,
        "bound_at": stamp(row.bound_at),
        "links": {"self": f"{here}/accounts/{row.id}", "person": here},
    }


_ACCOUNTS = select(*ProviderAccount.__table__.columns)
