"""Reviews: the only deed that decides. What a move needs is said by the table in `rules/status.py`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import documents, revisions
from factcheck.desk.actors import Actor, Seen, deed
from factcheck.desk.clock import stamp
from factcheck.desk.evidence import prepared, standing, write
from factcheck.desk.ids import new_id
from factcheck.desk.locks import hold_sources, lock_claim
from factcheck.desk.reopening import status_change
from factcheck.errors import Clash, Flaw, Forbidden, NotFound, RuleUnmet
from factcheck.rules import status as rules
from factcheck.rules.roles import Role
from factcheck.rules.status import Kind, Need, Question, Stance, Standing, Status
from factcheck.storage.models import Person, Review


@deed(Role.ANALYST)
def decide(
    session: Session,
    actor: Actor,
    /,
    claim_id: str,
    *,
    status: str,
    seen: Seen,
    question: str = Question.CONTENT,
    reason: str | None = None,
    evidence: Sequence[dict[str, Any]] = (),
    valid_on: Any = None,
    review_by: Any = None,
    two_person: bool = False,
) -> dict[str, Any]:
    """Decide one question about a claim, with new evidence if there is any, and return the review's JSON.

    Raises Stale, Forbidden (two people are asked for), Clash (no such move), RuleUnmet (the move lacks something).
    """
    asked, after = Question(question), Status(status)
    named = [(at, name) for at in range(len(evidence)) for name in ("source_id", "origin_id")]
    hold_sources(session, {f"/evidence/{at}/{name}": evidence[at][name] for at, name in named})
    claim = lock_claim(session, claim_id)
    seen.demand(claim.etag)
    if two_person and claim.entered_by_id == actor.id:
        raise Forbidden("You entered this claim, and this desk asks for two people: somebody else must decide it.")
    before = Status(claim.status if asked is Question.CONTENT else claim.attribution_status)
    _demand_move(Kind(claim.kind), asked, before, after, reason, _with(standing(session, claim_id), evidence))

    items, changes = prepared(session, claim_id, evidence)
    changes.insert(0, status_change(asked, before, after))
    if asked is Question.CONTENT:
        changes += revisions.differences(
            {"valid_on": _day(claim.valid_on), "review_by": _day(claim.review_by)},
            {"valid_on": _day(valid_on), "review_by": _day(review_by)},
        )
    if asked is Question.CONTENT:
        claim.status = after
    else:
        claim.attribution_status = after
    entry = revisions.append_of_claim(session, actor, claim, "review", changes, reason)
    write(session, actor, items, entry)
    review_id = new_id()
    session.execute(
        insert(Review),
        {
            "id": review_id,
            "log_index": entry.log_index,
            "claim_id": claim.id,
            "question": asked,
            "before": before,
            "status": after,
            "reason": reason,
            "evidence_ids": [item["id"] for item in items],
            "valid_on": valid_on,
            "review_by": review_by,
            "reviewer_id": actor.id,
            "reviewed_at": entry.at,
        },
    )
    if asked is Question.CONTENT:
        claim.reason, claim.valid_on, claim.review_by = reason, valid_on, review_by
        claim.reviewed_by_id, claim.reviewed_at = actor.id, entry.at
    else:
        claim.attribution_reason = reason
        claim.attribution_reviewed_by_id, claim.attribution_reviewed_at = actor.id, entry.at
    documents.render(session, [claim.id], entry)
    return get(session.connection(), claim.id, review_id)


def get(connection: Connection, claim_id: str, review_id: str) -> dict[str, Any]:
    """Return one review's JSON. Raises NotFound."""
    row = connection.execute(_REVIEWS.where(Review.claim_id == claim_id, Review.id == review_id)).first()
    if row is None:
        raise NotFound("There is no such review of this claim.")
    return _json(row)


def of_claim(connection: Connection, claim_id: str, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Return a claim's reviews, oldest first, each with its log index, from the one after log index `after`."""
    rows = connection.execute(
        _REVIEWS.where(Review.claim_id == claim_id, Review.log_index > after).order_by(Review.log_index).limit(limit)
    )
    return [(row.log_index, _json(row)) for row in rows]


_REVIEWS: Select[Any] = select(*Review.__table__.columns, Person.name.label("reviewer")).join(
    Person, Person.id == Review.reviewer_id
)


def _json(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "claim_id": row.claim_id,
        "question": row.question,
        "before": row.before,
        "status": row.status,
        "reason": row.reason,
        "evidence_ids": row.evidence_ids,
        "valid_on": _day(row.valid_on),
        "review_by": _day(row.review_by),
        "reviewed_by": {"id": row.reviewer_id, "name": row.reviewer},
        "reviewed_at": stamp(row.reviewed_at),
        "log_index": row.log_index,
    }


def _demand_move(
    kind: Kind, question: Question, before: Status, after: Status, reason: str | None, standing: Standing
) -> None:
    move = rules.BY_ENDS.get((before, after))
    if move is None:
        raise Clash(f"The status on {question} is {before}; there is no move from there to {after}.")
    if not rules.takes(kind, question, after):
        detail = f"A claim of kind {kind} takes no verdict on content but {Status.UNVERIFIABLE}."
        raise RuleUnmet(detail, flaws=[Flaw(detail, pointer="/status", rule="kind_takes_no_such_verdict")])
    needs = rules.unmet(move, question, reason, standing)
    if needs:
        flaws = [
            Flaw(f"The move to {after} needs {rules.IN_WORDS[need]}.", pointer=_POINTERS[need], rule=need.value)
            for need in needs
        ]
        raise RuleUnmet(" ".join(flaw.detail for flaw in flaws), flaws=flaws)


_POINTERS = {need: "/reason" if need is Need.REASON else "/evidence" for need in Need}


def _with(standing: Standing, evidence: Sequence[dict[str, Any]]) -> Standing:
    """Return what stands once the review's own evidence is there."""
    stances = [item["stance"] for item in evidence]
    return replace(
        standing,
        supports=standing.supports + stances.count(Stance.SUPPORTS),
        refutes=standing.refutes + stances.count(Stance.REFUTES),
        context=standing.context + stances.count(Stance.CONTEXT),
    )


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
