"""Two-person review: whoever entered a claim, or ever amended what a verdict is about, does not decide that question.

Who amended what is read from the log, along an index of amendments by claim and person: nothing is kept beside it that
could say otherwise. `FACTCHECK_TWO_PERSON_REVIEW` turns the rule on; callers ask only then.
"""

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.actors import Actor
from factcheck.errors import Forbidden
from factcheck.rules.amending import ABOUT
from factcheck.rules.status import Question
from factcheck.storage.columns import holds_bytes
from factcheck.storage.logbook import AMENDMENTS, Revision, RevisionContent
from factcheck.storage.models import Claim
from factcheck.storage.reads import Read

ENTERED, AMENDED = "entered", "amended"


def part_in(connection: Connection | Session, claim_id: str, person_id: str, question: Question) -> str | None:
    """Return what this person did to the claim that keeps them from deciding the question, None for nothing.

    A redacted claim has no contents to go by, and takes no verdict. One query for the entry, one for amendments.
    """
    values = {"claim": claim_id, "person": person_id}
    if _ENTERED.first(connection, values) is not None:
        return ENTERED
    return AMENDED if _AMENDED[question].first(connection, values) is not None else None


def demand_another(session: Session, claim: Claim, actor: Actor, question: Question) -> None:
    """Raise Forbidden for somebody who entered the claim, or amended what the question is about."""
    if (did := part_in(session, claim.id, actor.id, question)) is not None:
        raise Forbidden(refusal(did))


def refusal(did: str) -> str:
    """Say why somebody may not decide, to themselves."""
    what = "entered this claim" if did == ENTERED else "edited what this verdict is about"
    return f"You {what}, and this desk asks for two people: somebody else must decide it."


def _amending(question: Question) -> Read:
    # Contents are canonical JSON: a quotation mark in anybody's words has a backslash, so these bytes are a field's.
    named = [f'"field":"{name}"'.encode() for name in ABOUT[question]]
    return Read(
        select(Revision.log_index)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(
            AMENDMENTS,
            and_(Revision.subject_id == bindparam("claim"), Revision.actor_id == bindparam("person")),
            or_(*(holds_bytes(RevisionContent.content, each) for each in named)),
        )
        .limit(1)
    )


_ENTERED = Read(select(Claim.id).where(Claim.id == bindparam("claim"), Claim.entered_by_id == bindparam("person")))
_AMENDED = {question: _amending(question) for question in Question}
