"""Reviews: decide a question. `claim_state/moves.py` asks the table in `rules/status.py` what a move needs.

An undo (`undo.py`) and a reopening (`claim_state/reopening.py`) change statuses too.
"""

from collections.abc import Collection, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import second_opinions
from factcheck.desk.access import authorship, blindness, masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents, room
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.locks import References, hold_sources
from factcheck.desk.claim_state.moves import Given, demand_move, demand_news
from factcheck.desk.claim_state.reopening import reopen, status_change
from factcheck.desk.claim_state.states import ClaimState
from factcheck.desk.evidence import prepared, write
from factcheck.desk.publishing import rating_scales
from factcheck.desk.team import assignments
from factcheck.errors import Clash, Forbidden, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Entry
from factcheck.messages import message
from factcheck.rules.opinions import Outcome, demanded, open_to
from factcheck.rules.ratings import REWORDED
from factcheck.rules.roles import Role
from factcheck.rules.status import VERDICTS, Kind, Question, Status
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.reviews import Review, SecondOpinion


@action(Role.ANALYST)
def decide(
    session: Session,
    actor: Actor,
    /,
    claim_id: str,
    *,
    status: str,
    seen: Precondition,
    question: str = Question.CONTENT,
    reason: str | None = None,
    evidence: Sequence[dict[str, Any]] = (),
    valid_on: Any = None,
    review_by: Any = None,
    rating: dict[str, str] | None = None,
    two_person: bool = False,
    policy: str = "",
) -> dict[str, Any]:
    """Decide one question about a claim, with new evidence if there is any, and return the review's JSON.

    From somebody who is to give a second opinion on the question, this is it. `policy` says of which claims a new
    verdict on content is given one by itself; the same verdict with a corrected reason is no new one. `rating` is the
    scale's id and the key of the rating that a verdict on content names. Raises Stale, Forbidden (two people are asked
    for), Clash (no such move), RuleUnmet (the move lacks something, or the rating is not one of this verdict).
    """
    asked, after = Question(question), Status(status)
    references = [(at, name) for at in range(len(evidence)) for name in ("source_id", "origin_id")]
    sources = hold_sources(session, {f"/evidence/{at}/{name}": evidence[at][name] for at, name in references})
    state = claim_states.locked(session, claim_id)
    claim = state.claim
    # Compared with what this person was shown, so that an answer 412 tells a blinded one nothing either.
    blindness.demand_seen(session, actor, claim, seen)
    if two_person:
        authorship.demand_another(session, claim, actor, asked)
    named = rating_scales.chosen(session.connection(), rating, after) if asked is Question.CONTENT else None
    given = Given(asked, after, reason, evidence, valid_on, review_by, named)
    opinion = second_opinions.open_on(session, claim, asked)
    blinds = blindness.of_claim(session.connection(), actor, claim)
    blind = next((each for each in blinds if each.question is asked), None)
    if opinion is not None and blind is not None:
        return _second(session, actor, state, given, sources, opinion, blind.evidence_ids)
    if opinion is not None and after in VERDICTS and actor.id in (opinion.first_reviewer_id, opinion.asked_by_id):
        raise Forbidden(
            message(
                "A second opinion is open on this question, and you gave the first or asked for it: somebody else must"
                " give it. To take the verdict back, move the claim to in_review."
            )
        )
    before = Status(claim.status if asked is Question.CONTENT else claim.attribution_status)
    demand_move(state, before, given)
    demand_news(claim, before, given)

    size = len(claim.document)
    items, changes = prepared(session, actor, state, evidence)
    changes.insert(0, status_change(asked, before, after))
    if asked is Question.CONTENT:
        changes += revisions.differences(
            {"valid_on": _day(claim.valid_on), "review_by": _day(claim.review_by), REWORDED: claim.rating},
            {"valid_on": _day(valid_on), "review_by": _day(review_by), REWORDED: named},
        )
    changes += second_opinions.lapse(session, state, asked)
    if asked is Question.CONTENT:
        claim.status = after
    else:
        claim.attribution_status = after
    part = None
    if asked is Question.CONTENT and after in VERDICTS - {before} and open_to(Kind(claim.kind), asked):
        part = demanded(policy, Kind(claim.kind), claim.tags)
    review_id = new_id()
    settled = facts.of_review(review_id, valid_on, review_by, named)
    entry = revisions.append_of_claim(session, actor, claim, "review", changes, reason, facts=settled)
    write(session, state, items, sources, actor, entry)
    review = _written(session, actor, claim, given, before, items, entry, review_id)
    if asked is Question.CONTENT:
        claim.reason, claim.valid_on, claim.review_by, claim.rating = reason, valid_on, review_by, named
        claim.reviewed_by_id, claim.reviewed_at = actor.id, entry.at
    else:
        claim.attribution_reason = reason
        claim.attribution_reviewed_by_id, claim.attribution_reviewed_at = actor.id, entry.at
    if part:
        entry = second_opinions.ask_by_policy(session, actor, state, review, part)
    documents.store(session, [(state, entry)])
    if items:
        room.demand_for_json(claim, size)
    if given.question is Question.CONTENT and given.status in VERDICTS:
        assignments.finish(session, actor, claim.id)
    return _json(review, actor.name)


def _second(
    session: Session,
    actor: Actor,
    state: ClaimState,
    given: Given,
    sources: References,
    opinion: SecondOpinion,
    hidden: Collection[str],
) -> dict[str, Any]:
    """Take a second opinion, a move from `in_review` for whoever gives it, and return the review's JSON.

    The same verdict leaves the first one as it stands; another one puts the question back to `in_review`. What the
    move needs is counted without the evidence that this person cannot see: else a refusal would tell of it.
    """
    claim, before = state.claim, Status.IN_REVIEW
    if given.status not in VERDICTS:
        listed = ", ".join(status for status in Status if status in VERDICTS)
        raise Clash(
            message(
                "You were asked for a second opinion on {question}. It must be a verdict: one of {listed}.",
                question=given.question,
                listed=listed,
            )
        )
    demand_move(state, before, given, hidden)

    agrees = given.status == opinion.first_status
    outcome = Outcome.AGREED if agrees else Outcome.DISAGREED
    size = len(claim.document)
    items, changes = prepared(session, actor, state, given.evidence)
    review_id = new_id()
    changes.insert(0, second_opinions.closing(opinion, outcome, review_id, given.status))
    settled = facts.of_review(review_id, given.valid_on, given.review_by, given.rating)
    entry = revisions.append_of_claim(session, actor, claim, "second_opinion", changes, given.reason, facts=settled)
    write(session, state, items, sources, actor, entry)
    review = _written(session, actor, claim, given, before, items, entry, review_id)
    second_opinions.close(session, state, opinion, outcome, entry.at, review)
    if not agrees:
        why = f"Reopened: two opinions on {given.question} differ, {opinion.first_status} and {given.status}."
        changes = reopen(session, state, given.question, why)
        entry = revisions.append_of_claim(session, actor, claim, "reopen", changes, why)
    documents.store(session, [(state, entry)])
    if items:
        room.demand_for_json(claim, size)
    if given.question is Question.CONTENT and given.status in VERDICTS:
        assignments.finish(session, actor, claim.id)
    return _json(review, actor.name, opinion.id)


def _written(
    session: Session,
    actor: Actor,
    claim: Claim,
    given: Given,
    before: Status,
    items: list[dict[str, Any]],
    entry: Entry,
    review_id: str,
) -> Any:
    """Store a review under the log entry that tells of it, and return its row."""
    values = {
        "id": review_id,
        "log_index": entry.log_index,
        "claim_id": claim.id,
        "question": given.question,
        "before": before,
        "status": given.status,
        "reason": given.reason,
        "evidence_ids": [item["id"] for item in items],
        "valid_on": given.valid_on,
        "review_by": given.review_by,
        "rating": given.rating,
        "reviewer_id": actor.id,
        "reviewed_at": entry.at,
    }
    add_rows(session.connection(), Review, tuple(values), [tuple(values.values())])
    return SimpleNamespace(**values)


def get(connection: Connection, claim_id: str, review_id: str, viewer: Actor | None = None) -> dict[str, Any]:
    """Return one review's JSON. Raises NotFound, for one that `viewer` must not see too."""
    row = connection.execute(_REVIEWS.where(Review.claim_id == claim_id, Review.id == review_id)).first()
    items = [] if row is None else masking.masked(connection, viewer, View.REVIEW, [_told(row)])
    if not items:
        raise NotFound(message("The claim has no such review."))
    return items[0]


def of_claim(connection: Connection, claim_id: str, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Return a claim's reviews, oldest first, each with its log index, from the one after log index `after`."""
    rows = connection.execute(
        _REVIEWS.where(Review.claim_id == claim_id, Review.log_index > after).order_by(Review.log_index).limit(limit)
    )
    return [(row.log_index, _told(row)) for row in rows]


_REVIEWS: Select[Any] = (
    select(*Review.__table__.columns, Person.name.label("reviewer"), SecondOpinion.id.label("second_opinion_id"))
    .join(Person, Person.id == Review.reviewer_id)
    .outerjoin(SecondOpinion, SecondOpinion.second_review_id == Review.id)
)


def _told(row: Any) -> dict[str, Any]:
    return _json(row, row.reviewer, row.second_opinion_id)


def _json(row: Any, reviewer: str, second_opinion_id: str | None = None) -> dict[str, Any]:
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
        "rating": row.rating,
        "reviewed_by": {"id": row.reviewer_id, "name": reviewer},
        "reviewed_at": stamp(row.reviewed_at),
        "second_opinion_id": second_opinion_id,
        "log_index": row.log_index,
    }


def _day(day: Any) -> str | None:
    return day.isoformat() if day else None
