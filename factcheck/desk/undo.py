"""Undo: take one's own newest decision back. The table in `rules/status.py` says what the question gets back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from factcheck.desk import reviews, second_opinions
from factcheck.desk.access import blindness
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.reopening import status_change
from factcheck.errors import Clash, Forbidden
from factcheck.log import facts, revisions
from factcheck.log.actors import Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change
from factcheck.messages import message
from factcheck.rules import status as rules
from factcheck.rules.ratings import REWORDED
from factcheck.rules.roles import Role
from factcheck.rules.status import Question, Status
from factcheck.storage.tables.claims import Claim, ClaimVersion
from factcheck.storage.tables.reviews import Review

LOST = "Undone. The evidence for the verdict before this decision was withdrawn."


@dataclass(frozen=True)
class Judgement:
    """What a claim shows of one question: its status, why, whose decision it is, and its dates."""

    status: Status
    reason: str | None = None
    reviewed_by_id: str | None = None
    reviewed_at: datetime | None = None
    valid_on: date | None = None
    review_by: date | None = None
    rating: dict[str, Any] | None = None


@action(Role.ANALYST)
def undo(session: Session, actor: Actor, /, claim_id: str, review_id: str, *, seen: Precondition) -> dict[str, Any]:
    """Undo one's own newest decision on a question, and return the JSON of the review that does it.

    The question gets back the status, reason, reviewer, dates and rating from before. Evidence that came with the
    decision stays; a second opinion that it ended stays ended. Raises Stale, NotFound, Forbidden (somebody else's
    decision), Clash (too late, or something came after it).
    """
    state = claim_states.locked(session, claim_id)
    claim = state.claim
    blindness.demand_seen(session, actor, claim, seen)
    review = reviews.get(session.connection(), claim_id, review_id, actor)
    question = Question(review["question"])
    if review["reviewed_by"]["id"] != actor.id:
        raise Forbidden(message("Only the person who decided can undo a decision."))
    current = _current(claim, question)
    if current.reviewed_at is None or (stamp(current.reviewed_at), current.reviewed_by_id, current.status) != (
        review["reviewed_at"], actor.id, review["status"]
    ):  # fmt: skip
        raise Clash(message("This decision is no longer the newest one. To change the status, decide again."))
    if now() - current.reviewed_at > rules.UNDO_WITHIN:
        seconds = round(rules.UNDO_WITHIN.total_seconds())
        raise Clash(
            message(
                "A decision can be undone within {seconds} seconds. To change the status, decide again.",
                seconds=seconds,
            )
        )

    given_back = _before(session, claim, question, review["log_index"])
    status = rules.undone(given_back.status, question, state.tally())
    if status is not given_back.status:
        given_back = Judgement(status, LOST)
    changes = [status_change(question, current.status, status), *_changes(question, current, given_back)]
    changes += second_opinions.lapse(session, state, question)
    _give_back(claim, question, given_back)
    told = f"Undone: the decision at log index {review['log_index']}."
    undoing_id = new_id()
    settled = facts.of_review(undoing_id, given_back.valid_on, given_back.review_by, given_back.rating)
    entry = revisions.append_of_claim(session, actor, claim, "undo", changes, told, facts=settled)
    undoing = {
        "id": undoing_id,
        "log_index": entry.log_index,
        "claim_id": claim_id,
        "question": question,
        "before": current.status,
        "status": status,
        "reason": told,
        "evidence_ids": [],
        "valid_on": given_back.valid_on,
        "review_by": given_back.review_by,
        "rating": given_back.rating,
        "reviewer_id": actor.id,
        "reviewed_at": entry.at,
    }
    session.execute(insert(Review), undoing)
    documents.render(session, [claim_id], entry)
    return reviews.get(session.connection(), claim_id, undoing_id, actor)


def _current(claim: Claim, question: Question) -> Judgement:
    if question is Question.CONTENT:
        return Judgement(
            Status(claim.status), claim.reason, claim.reviewed_by_id, claim.reviewed_at, claim.valid_on,
            claim.review_by, claim.rating,
        )  # fmt: skip
    return Judgement(
        Status(claim.attribution_status),
        claim.attribution_reason,
        claim.attribution_reviewed_by_id,
        claim.attribution_reviewed_at,
    )


def _before(session: Session, claim: Claim, question: Question, log_index: int) -> Judgement:
    """Return what the claim showed until the entry at `log_index`: from its JSON, which was kept when it changed."""
    document = session.execute(
        select(ClaimVersion.document)
        .where(ClaimVersion.claim_seq == claim.seq, ClaimVersion.changed_index < log_index)
        .order_by(ClaimVersion.changed_index.desc())
        .limit(1)
    ).scalar_one()
    shown = orjson.loads(document)
    part = shown if question is Question.CONTENT else shown["attribution"]
    valid_on, review_by = part.get("valid_on"), part.get("review_by")
    return Judgement(
        Status(part["status"]),
        part["reason"],
        part["reviewed_by"] and part["reviewed_by"]["id"],
        datetime.fromisoformat(part["reviewed_at"]) if part["reviewed_at"] else None,
        date.fromisoformat(valid_on) if valid_on else None,
        date.fromisoformat(review_by) if review_by else None,
        part.get("rating"),
    )


def _changes(question: Question, before: Judgement, after: Judgement) -> list[Change]:
    """List for the log what the undo gives back beside the status."""
    prefix = "" if question is Question.CONTENT else "attribution."

    def told(judgement: Judgement) -> dict[str, Any]:
        at = judgement.reviewed_at
        named = {
            "reason": judgement.reason,
            "reviewed_by_id": judgement.reviewed_by_id,
            "reviewed_at": stamp(at) if at else None,
            "valid_on": judgement.valid_on and judgement.valid_on.isoformat(),
            "review_by": judgement.review_by and judgement.review_by.isoformat(),
            REWORDED: judgement.rating,
        }
        return {f"{prefix}{name}": value for name, value in named.items()}

    return revisions.differences(told(before), told(after))


def _give_back(claim: Claim, question: Question, judgement: Judgement) -> None:
    if question is Question.CONTENT:
        claim.status, claim.reason = judgement.status, judgement.reason
        claim.reviewed_by_id, claim.reviewed_at = judgement.reviewed_by_id, judgement.reviewed_at
        claim.valid_on, claim.review_by, claim.rating = judgement.valid_on, judgement.review_by, judgement.rating
        return
    claim.attribution_status, claim.attribution_reason = judgement.status, judgement.reason
    claim.attribution_reviewed_by_id = judgement.reviewed_by_id
    claim.attribution_reviewed_at = judgement.reviewed_at
