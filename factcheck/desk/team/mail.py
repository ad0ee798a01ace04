"""What is mailed to whom, and how far that is. None of it is in the log: it is the business of each person.

Each kind of notification has its own place in the log up to which it was mailed. So whoever changes their mind about
one is mailed nothing twice, and misses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.log.actors import Actor, action, as_actor
from factcheck.rules.roles import Role
from factcheck.rules.team.mailing import digest_day
from factcheck.rules.team.notifying import Delivery, NotificationKind
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import LogHead
from factcheck.storage.tables.notifications import Notification
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.preferences import MailChoice, MailMark, Preference
from factcheck.storage.upserts import insert_unless_there

DEFAULT = Delivery.DAILY


@dataclass(frozen=True)
class Begun:
    """A mail that is to be sent: to whom, of which kinds, each from where on, and up to which entry of the log."""

    person: Actor
    address: str
    language: str | None
    delivery: Delivery
    after: Mapping[str, int]
    last: int


def choices(connection: Connection, person_id: str) -> dict[str, str]:
    """Return when each kind of notification is mailed to a person who has an address."""
    rows = connection.execute(select(MailChoice.kind, MailChoice.delivery).where(MailChoice.person_id == person_id))
    chosen = {row.kind: row.delivery for row in rows}
    return {str(kind): chosen.get(kind, str(DEFAULT)) for kind in NotificationKind}


@action(Role.READER)
def choose(session: Session, actor: Actor, /, *, chosen: Mapping[str, str]) -> dict[str, str]:
    """Choose when some kinds of notifications are mailed to `actor`, and return when each kind is.

    What is mailed from now on is what happens from now on.
    """
    _set(session, actor.id, chosen)
    return choices(session.connection(), actor.id)


def unsubscribe(session: Session, person_id: str) -> None:
    """Mail nothing more to a person. Whoever is unknown, or was erased, gets nothing anyway."""
    there = select(Person.id).where(Person.id == person_id, Person.redacted_index.is_(None)).with_for_update(read=True)
    if session.scalar(there) is not None:
        _set(session, person_id, dict.fromkeys(map(str, NotificationKind), str(Delivery.NEVER)))


def start(session: Session, person_id: str) -> None:
    """Begin to mail to a person, who has an address from now on: nothing that happened before."""
    end = _end(session)
    for kind in NotificationKind:
        row = {"person_id": person_id, "kind": str(kind), "delivery": str(DEFAULT), "mailed_index": end}
        insert_unless_there(session, MailChoice, row)
    session.execute(update(MailChoice).where(MailChoice.person_id == person_id).values(mailed_index=end))
    nothing = {"daily_on": None, "at_once_begun": None, "daily_begun": None}
    if not insert_unless_there(session, MailMark, {"person_id": person_id, **nothing}):
        session.execute(update(MailMark).where(MailMark.person_id == person_id).values(nothing))


def due(connection: Connection, moment: datetime) -> list[tuple[str, Delivery]]:
    """Return who is to be looked at for which mail: what is new for them, or a day whose daily mail is due.

    Costs one row for each person with an address.
    """
    found = []
    for row in connection.execute(_RECIPIENTS):
        if row.at_once_begun is not None or row.newest is not None:
            found.append((row.id, Delivery.AT_ONCE))
        if row.daily_begun is not None or digest_day(moment, row.time_zone, row.daily_on):
            found.append((row.id, Delivery.DAILY))
    return found


def begin(session: Session, person_id: str, delivery: Delivery, moment: datetime) -> Begun | None:
    """Note which mail is about to be sent, and return it; None where there is nothing to send.

    A mail that was begun before and may have been sent is that mail again.
    """
    row = session.execute(_RECIPIENTS.where(Person.id == person_id)).first()
    if row is None:
        return None
    mine = (MailChoice.person_id == person_id, MailChoice.delivery == delivery)
    after = {
        each.kind: each.mailed_index
        for each in session.execute(select(MailChoice.kind, MailChoice.mailed_index).where(*mine))
    }
    day = digest_day(moment, row.time_zone, row.daily_on) if delivery is Delivery.DAILY else None
    begun = row.daily_begun if delivery is Delivery.DAILY else row.at_once_begun
    if begun is None and delivery is Delivery.DAILY:
        if day is None:
            return None
        _note(session, person_id, daily_on=day)
    last = begun if begun is not None else session.scalar(_newest(person_id, delivery))
    if last is None:
        return None
    _note(session, person_id, **{_begun(delivery): last})
    return Begun(as_actor(row), row.email, row.language, delivery, after, last)


def derived(connection: Connection, last: int) -> bool:
    """Say whether the notifications are derived up to an entry of the log: not while they are derived anew."""
    position = select(FollowerPosition.position).where(FollowerPosition.name == "notifications")
    return (connection.scalar(position) or 0) > last


def done(session: Session, mail: Begun) -> None:
    """Note that a mail was sent, or that it held nothing: what it is about is not mailed again."""
    theirs = (MailChoice.person_id == mail.person.id, MailChoice.kind.in_(mail.after))
    session.execute(
        update(MailChoice).where(*theirs, MailChoice.mailed_index < mail.last).values(mailed_index=mail.last)
    )
    _note(session, mail.person.id, **{_begun(mail.delivery): None})


def _set(session: Session, person_id: str, chosen: Mapping[str, str]) -> None:
    end = _end(session)
    # What came while a kind was not mailed stays unmailed.
    place = case((MailChoice.delivery == Delivery.NEVER, end), else_=MailChoice.mailed_index)
    for kind, delivery in sorted(chosen.items()):
        row = {"person_id": person_id, "kind": kind, "delivery": delivery, "mailed_index": end}
        if not insert_unless_there(session, MailChoice, row):
            mine = (MailChoice.person_id == person_id, MailChoice.kind == kind)
            session.execute(update(MailChoice).where(*mine).values(delivery=delivery, mailed_index=place))


def _note(session: Session, person_id: str, **values: Any) -> None:
    session.execute(update(MailMark).where(MailMark.person_id == person_id).values(values))


def _begun(delivery: Delivery) -> str:
    return f"{delivery}_begun"


def _end(session: Session) -> int:
    return session.scalars(select(LogHead.size)).one() - 1


def _newest(person_id: Any, delivery: Delivery) -> Any:
    """Return the query for the last notification of a person that is to be mailed so, and was not.

    For each choice, from its place in the notifications' key on: what was mailed is not read again.
    """
    of_choice = (
        select(func.max(Notification.log_index))
        .where(
            Notification.person_id == MailChoice.person_id,
            Notification.kind == MailChoice.kind,
            Notification.log_index > MailChoice.mailed_index,
        )
        .correlate(MailChoice)
        .scalar_subquery()
    )
    return select(func.max(of_choice)).where(MailChoice.person_id == person_id, MailChoice.delivery == delivery)


_RECIPIENTS = (
    select(
        Person.id, Person.name, Person.role, Person.mark,
        Preference.email, Preference.language, Preference.time_zone,
        MailMark.daily_on, MailMark.at_once_begun, MailMark.daily_begun,
        _newest(Person.id, Delivery.AT_ONCE).correlate(Person).scalar_subquery().label("newest"),
    )
    .join(Preference, Preference.person_id == Person.id)
    .join(MailMark, MailMark.person_id == Person.id)
    .where(Preference.email.is_not(None), Person.disabled_at.is_(None))
    .order_by(Person.id)
)  # fmt: skip
