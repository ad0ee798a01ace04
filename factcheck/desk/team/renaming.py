"""Rename a person: claims as they are now show the new name at once, and earlier versions the old one."""

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access import callers
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.errors import Clash
from factcheck.log import revisions
from factcheck.log.actors import Actor, action
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.engine import authorization_lock
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.evidence import Evidence
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person


@action(Role.ADMIN, alone=True)
def rename(session: Session, actor: Actor, /, *, name: str, new_name: str, reason: str | None = None) -> None:
    """Give a person another name. It is no change of the claims that show it; comments stay as they were written.

    Nobody writes meanwhile. Raises Clash when the name is taken or cannot be told from a taken one, when it is theirs
    already, for the operator and for somebody who was erased.
    """
    authorization_lock.take_alone(session)
    new_name = people.checked_name(new_name)
    person = people.locked(session, name)
    if person.folded_name == people.OPERATOR:
        raise Clash(message("The operator cannot be renamed, because the shell needs this name."))
    if person.redacted_index is not None:
        raise Clash(message("The name of this person is already redacted."))
    if person.name == new_name:
        raise Clash(message("The name of this person is “{name}” already.", name=new_name))
    folded = people.folded_name(new_name)
    if session.scalar(select(Person.id).where(Person.folded_name == folded, Person.id != person.id)):
        raise Clash(message("Somebody already has a name that looks like “{name}”.", name=new_name))
    showing = list(session.scalars(_showing(person.id)))
    lock_claims(session, showing)
    change = {"field": "name", "before": person.name, "after": new_name}
    person.revision += 1
    revisions.append(session, actor, SubjectKind.PERSON, person.id, person.revision, "rename", [change], reason)
    person.name, person.folded_name = new_name, folded
    callers.forget_with(session)
    session.flush()
    documents.rename(session, showing, {person.id: new_name})


def _showing(person_id: str) -> Select[str]:
    """Select the claims whose JSON names a person: who decided a question, or added evidence that is active."""
    added = select(Evidence.claim_id).where(Evidence.added_by_id == person_id, Evidence.withdrawn_at.is_(None))
    decided = or_(Claim.reviewed_by_id == person_id, Claim.attribution_reviewed_by_id == person_id)
    return select(Claim.id).where(or_(decided, Claim.id.in_(added)))
