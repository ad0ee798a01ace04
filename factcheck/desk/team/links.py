"""Login links, which admins make for people."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access.callers import digest
from factcheck.desk.team import profiles
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.rules.roles import Role
from factcheck.storage.tables.people import LoginLink


@action(Role.ADMIN)
def issue(session: Session, actor: Actor, /, person_id: str, *, seen: Precondition = ANY) -> tuple[str, str]:
    """Make a one-time login link. Return its secret, and until when it is good. Raises NotFound and Forbidden."""
    person = profiles.locked(session, person_id, seen)
    secret = people.issue_login_link(session, actor, name=person.name)
    expires_at = session.execute(select(LoginLink.expires_at).where(LoginLink.digest == digest(secret))).scalar_one()
    return secret, stamp(expires_at)
