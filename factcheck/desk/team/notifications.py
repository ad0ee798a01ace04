"""How far somebody has seen their notifications. That is theirs alone, and not in the log."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from factcheck.log.actors import Actor, action
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import LogHead
from factcheck.storage.tables.notifications import NotificationMark
from factcheck.storage.upserts import insert_unless_there


@action(Role.READER)
def see(session: Session, actor: Actor, /, *, seen_index: int) -> int:
    """Note that `actor` has seen all notifications up to an entry of the log, and return up to which they have now.

    What was seen stays seen. What is not in the log yet cannot be.
    """
    last = session.scalars(select(LogHead.size)).one() - 1
    seen = min(seen_index, last)
    if insert_unless_there(session, NotificationMark, {"person_id": actor.id, "seen_index": seen}):
        return seen
    of_actor = NotificationMark.person_id == actor.id
    session.execute(
        update(NotificationMark).where(of_actor, NotificationMark.seen_index < seen).values(seen_index=seen)
    )
    return session.scalars(select(NotificationMark.seen_index).where(of_actor)).one()
