"""When what a verdict rests on goes away, the claim goes back to `in_review`: a machine never decides, it reopens."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from factcheck.desk import second_opinions
from factcheck.desk.claim_state.states import ClaimState
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.log.revisions import Change, Entry
from factcheck.rules.ratings import REWORDED
from factcheck.rules.status import VERDICTS, Question, Status, holds


def reopen(session: Session, state: ClaimState, question: Question, why: str) -> list[Change]:
    """Move a claim with a verdict on this question to `in_review`, and return the changes for the log.

    Without a verdict nothing changes and the list is empty. A second opinion that is open on the verdict lapses.
    """
    claim = state.claim
    before = Status(claim.status if question is Question.CONTENT else claim.attribution_status)
    if before not in VERDICTS:
        return []
    lapsed = second_opinions.lapse(session, state, question)
    if question is Question.CONTENT:
        gone = [
            {"field": name, "before": day.isoformat(), "after": None}
            for name in ("valid_on", "review_by")
            if (day := getattr(claim, name)) is not None
        ]
        if claim.rating is not None:
            gone.append({"field": REWORDED, "before": claim.rating, "after": None})
        claim.status, claim.reason = Status.IN_REVIEW, why
        claim.reviewed_by_id = claim.reviewed_at = claim.valid_on = claim.review_by = claim.rating = None
        return [status_change(question, before, Status.IN_REVIEW), *gone, *lapsed]
    claim.attribution_status, claim.attribution_reason = Status.IN_REVIEW, why
    claim.attribution_reviewed_by_id = claim.attribution_reviewed_at = None
    return [status_change(question, before, Status.IN_REVIEW), *lapsed]


def reopen_if_unfounded(session: Session, actor: Actor, state: ClaimState, why: str) -> Entry | None:
    """Reopen a claim, by a revision of its own, whose verdict on content has lost what it rests on."""
    if unfounded(state):
        changes = reopen(session, state, Question.CONTENT, why)
        return revisions.append_of_claim(session, actor, state.claim, "reopen", changes, why)
    return None


def unfounded(state: ClaimState, without: Collection[str] = ()) -> bool:
    """Say whether a claim has a verdict on content that its evidence, leaving out some, no longer supports."""
    status = Status(state.claim.status)
    return status in VERDICTS and not holds(status, state.tally(without))


def status_change(question: Question, before: Status, after: Status) -> Change:
    field = "status" if question is Question.CONTENT else "attribution.status"
    return {"field": field, "before": str(before), "after": str(after)}
