"""Two-person review: whoever entered a claim, or ever amended what a verdict is about, does not decide that question.

Who amended what is read from the log, along an index of amendments by claim and person: nothing is kept beside it that
could say otherwise. `FACTCHECK_TWO_PERSON_REVIEW` turns the rule on; callers ask only then.
"""

from typing import Any

from sqlalchemy import Select, and_, bindparam, literal_column, or_, select, union_all
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.errors import Forbidden
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules.amending import ABOUT
from factcheck.rules.status import Question
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import holds_bytes
from factcheck.storage.tables.logbook import AMENDMENTS, Revision, RevisionContent

ENTERED, AMENDED = "entered", "amended"


def part_in(connection: Connection | Session, claim_id: str, person_id: str, question: Question) -> str | None:
    """Return what this person did to the claim that keeps them from deciding the question, None for nothing.

    One query. A redacted claim has no contents to go by, and takes no verdict.
    """
    did: str | None = connection.scalar(_PARTS[question], {"claim": claim_id, "person": person_id})
    return did


def demand_another(session: Session, claim: Claim, actor: Actor, question: Question) -> None:
    """Raise Forbidden for somebody who entered the claim, or amended what the question is about."""
    if (did := part_in(session, claim.id, actor.id, question)) is not None:
        raise Forbidden(refusal(did))


def refusal(did: str) -> str:
    """Say why somebody may not decide, to themselves."""
    if did == ENTERED:
        return message("You added this claim, and this desk requires two people: somebody else must decide it.")
    return message(
        "You edited the subject of this verdict, and this desk requires two people: somebody else must decide it."
    )


def _parts(question: Question) -> Select[Any]:
    # Contents are canonical JSON: a quotation mark in anybody's words has a backslash, so these bytes are a field's.
    named = [f'"field":"{name}"'.encode() for name in ABOUT[question]]
    entered: Select[Any] = select(literal_column(f"'{ENTERED}'").label("did")).where(
        Claim.id == bindparam("claim"), Claim.entered_by_id == bindparam("person")
    )
    amended: Select[Any] = (
        select(literal_column(f"'{AMENDED}'").label("did"))
        .select_from(Revision)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(
            AMENDMENTS,
            and_(Revision.subject_id == bindparam("claim"), Revision.actor_id == bindparam("person")),
            or_(*(holds_bytes(RevisionContent.content, each) for each in named)),
        )
        .limit(1)
    )
    both = union_all(entered, select(amended.subquery())).subquery()
    return select(both.c.did).order_by(both.c.did.desc()).limit(1)  # who entered it is told that


_PARTS = {question: _parts(question) for question in Question}
