"""Second opinions: asked for on a question that has a verdict, given by a review, or lapsed with the verdict.

At most one is open on a question of a claim, and a verdict has at most one that was answered, so that each pair of
verdicts counts once. `reviews.decide` is the one action that gives it; what its giver must not see is in `blindness`.
"""

from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk.access import authorship, blindness, masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.states import ClaimState
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change, Entry
from factcheck.messages import message
from factcheck.rules.opinions import Outcome, open_to
from factcheck.rules.roles import Role
from factcheck.rules.status import VERDICTS, Kind, Question, Status
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.reviews import Review, SecondOpinion

Json = dict[str, Any]


@action(Role.ANALYST)
def ask(
    session: Session,
    actor: Actor,
    /,
    claim_id: str,
    *,
    question: str = Question.CONTENT,
    reviewer_id: str | None = None,
    note: str | None = None,
    two_person: bool = False,
    seen: Precondition = ANY,
) -> Json:
    """Ask somebody, or anybody, to decide a question once more without seeing the verdict; return the request's JSON.

    Raises Clash when one is open, when there is no verdict or it was confirmed already, and Invalid for a person who
    cannot give it. What is wrong with the person is told last: until then it could tell who decided.
    """
    asked = Question(question)
    state = claim_states.locked(session, claim_id)
    claim = state.claim
    blindness.demand_seen(session, actor, claim, seen)
    changes: list[Change] = []
    if (pending := open_on(session, claim, asked)) is not None:
        if pending.reviewer_id is None or _able(session, pending.reviewer_id):
            raise Clash(message("A second opinion on {asked} is already open.", asked=asked), id=pending.id)
        changes = lapse(session, state, asked)  # whoever was asked is not here any more
    if not open_to(Kind(claim.kind), asked):
        raise Clash(
            message(
                "The kind {kind} allows only one verdict on content, so a second opinion cannot differ.",
                kind=claim.kind,
            )
        )
    if Status(claim.status if asked is Question.CONTENT else claim.attribution_status) not in VERDICTS:
        raise Clash(message("There is no verdict on {asked} for a second opinion.", asked=asked))
    first = _first_review(session, claim, asked)
    confirmed = select(SecondOpinion.id).where(
        SecondOpinion.claim_id == claim.id,
        SecondOpinion.first_review_id == first.id,
        SecondOpinion.second_status.is_not(None),
    )
    if (done := session.scalar(confirmed)) is not None:
        raise Clash(
            message("A second opinion on this verdict already agreed. To decide again, move it to in_review."), id=done
        )
    if reviewer_id is not None:
        _demand_another(session, actor, claim, first, reviewer_id, two_person)
    opinion_id, entry = _open(session, actor, state, first, changes, reviewer_id=reviewer_id, note=note)
    documents.store(session, [(state, entry)])
    return get(session.connection(), claim.id, opinion_id, actor)


def ask_by_policy(session: Session, actor: Actor, state: ClaimState, first: Any, part: str) -> Entry:
    """Ask anybody, because the desk's policy demands it of such a claim. The caller stores the claim's JSON."""
    return _open(session, actor, state, first, [], by_policy=f"Asked for by the desk's policy: {part}.")[1]


def open_on(session: Session, claim: Claim, question: Question) -> SecondOpinion | None:
    """Return the second opinion that is open on a question; without a query where none is."""
    if claim.second_opinion_at is None:
        return None
    return session.scalar(_OPEN.where(SecondOpinion.claim_id == claim.id, SecondOpinion.question == question))


def closing(opinion: SecondOpinion, outcome: Outcome, review_id: str | None, status: str | None) -> Change:
    """Return what the log says of an end. One that lapses ends before the log gives a time, so it brings its own."""
    told = {"id": opinion.id, "question": opinion.question}
    after = {**told, "outcome": outcome, "second_review_id": review_id, "second_status": status}
    return {"field": "second_opinion", "before": {**told, "outcome": None}, "after": after}


def close(
    session: Session, state: ClaimState, opinion: SecondOpinion, outcome: Outcome, at: datetime, review: Any = None
) -> None:
    """Write the end of a second opinion; a review that answers it must be there already."""
    claim = state.claim
    state.opinions = [each for each in state.opinions if each.id != opinion.id]
    opinion.outcome, opinion.closed_at = outcome, at
    if review is not None:
        opinion.second_review_id, opinion.second_status = review.id, review.status
    session.flush()
    claim.second_opinion_at = session.scalar(
        select(func.max(SecondOpinion.asked_at)).where(
            SecondOpinion.claim_id == claim.id, SecondOpinion.closed_at.is_(None)
        )
    )


def lapse(session: Session, state: ClaimState, *questions: Question) -> list[Change]:
    """End what is open on these questions because its verdict goes away, and return the changes for the log.

    It takes this moment and not the log's: the entry that says so comes after its changes are known.
    """
    changes = []
    for question in questions:
        if (opinion := open_on(session, state.claim, question)) is not None:
            at = max(now(), opinion.asked_at)
            change = closing(opinion, Outcome.LAPSED, None, None)
            changes.append(change | {"after": change["after"] | {"closed_at": stamp(at)}})
            close(session, state, opinion, Outcome.LAPSED, at)
    return changes


def get(connection: Connection, claim_id: str, opinion_id: str, viewer: Actor | None = None) -> Json:
    """Return one second opinion's JSON as `viewer` sees it. Raises NotFound."""
    row = connection.execute(_OPINIONS.where(SecondOpinion.claim_id == claim_id, SecondOpinion.id == opinion_id))
    if (found := row.first()) is None:
        raise NotFound(message("The claim has no such second opinion."))
    return masking.masked(connection, viewer, View.SECOND_OPINION, [_json(found)])[0]


def of_claim(connection: Connection, claim_id: str, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return a claim's second opinions, oldest first, each with its log index, from the one after log index `after`."""
    rows = connection.execute(
        _OPINIONS.where(SecondOpinion.claim_id == claim_id, SecondOpinion.log_index > after)
        .order_by(SecondOpinion.log_index)
        .limit(limit)
    )
    return [(row.log_index, _json(row)) for row in rows]


_OPEN = select(SecondOpinion).where(SecondOpinion.closed_at.is_(None))
_asker, _named = aliased(Person), aliased(Person)
_OPINIONS: Select[Any] = (
    select(*SecondOpinion.__table__.columns, _asker.name.label("asker"), _named.name.label("named"))
    .join(_asker, _asker.id == SecondOpinion.asked_by_id)
    .outerjoin(_named, _named.id == SecondOpinion.reviewer_id)
)


def _json(row: Any) -> Json:
    return {
        "id": row.id,
        "claim_id": row.claim_id,
        "question": row.question,
        "asked_by": {"id": row.asked_by_id, "name": row.asker},
        "asked_at": stamp(row.asked_at),
        "by_policy": row.by_policy,
        "note": row.note,
        "reviewer": {"id": row.reviewer_id, "name": row.named} if row.reviewer_id else None,
        "outcome": row.outcome,
        "closed_at": stamp(row.closed_at) if row.closed_at else None,
        "first_review_id": row.first_review_id,
        "first_status": row.first_status,
        "second_review_id": row.second_review_id,
        "second_status": row.second_status,
        "log_index": row.log_index,
        "blind": False,
    }


def _open(
    session: Session,
    actor: Actor,
    state: ClaimState,
    first: Any,
    changes: list[Change],
    *,
    reviewer_id: str | None = None,
    note: str | None = None,
    by_policy: str | None = None,
) -> tuple[str, Entry]:
    claim, opinion_id = state.claim, new_id()
    after = {
        "id": opinion_id,
        "question": first.question,
        "reviewer_id": reviewer_id,
        "note": note,
        "by_policy": by_policy is not None,
        "first_review_id": first.id,
        "outcome": None,
        "second_review_id": None,
        "second_status": None,
    }
    changes = [*changes, {"field": "second_opinion", "before": None, "after": after}]
    entry = revisions.append_of_claim(session, actor, claim, "ask_second_opinion", changes, by_policy)
    session.execute(
        insert(SecondOpinion),
        {
            **after,
            "log_index": entry.log_index,
            "claim_id": claim.id,
            "asked_by_id": actor.id,
            "asked_at": entry.at,
            "first_index": first.log_index,
            "first_reviewer_id": first.reviewer_id,
            "first_status": first.status,
        },
    )
    claim.second_opinion_at = entry.at
    opened = SimpleNamespace(id=opinion_id, question=first.question, asked_at=entry.at)
    state.opinions = [*state.opinions, opened]
    return opinion_id, entry


def _first_review(session: Session, claim: Claim, question: Question) -> Review:
    """Return the review that gave the verdict: the one whose reviewer and time the claim shows.

    The newest review need not be it: a second opinion leaves the verdict as it is, and an undo gives back the one
    before.
    """
    by, at = claim.reviewed_by_id, claim.reviewed_at
    if question is Question.ATTRIBUTION:
        by, at = claim.attribution_reviewed_by_id, claim.attribution_reviewed_at
    return session.scalars(
        select(Review).where(
            Review.claim_id == claim.id, Review.question == question, Review.reviewer_id == by, Review.reviewed_at == at
        )
    ).one()


def _demand_another(
    session: Session, actor: Actor, claim: Claim, first: Review, reviewer_id: str, two_person: bool
) -> None:
    flaw = None
    if not _able(session, reviewer_id):
        flaw = message("No active analyst has this id.")
    elif reviewer_id == first.reviewer_id:
        flaw = message("This person gave the verdict.")
    elif reviewer_id == actor.id:
        flaw = message("The person who asks has seen the verdict.")
    elif two_person and (did := authorship.part_in(session, claim.id, reviewer_id, Question(first.question))):
        flaw = message("This person edited the subject of the verdict, and this desk requires two people.")
        if did == authorship.ENTERED:
            flaw = message("This person added the claim, and this desk requires two people.")
    if flaw:
        raise Invalid(
            message("This person cannot give the second opinion."), flaws=[Flaw(flaw, pointer="/reviewer_id")]
        )


def _able(session: Session, person_id: str) -> bool:
    person = session.get(Person, person_id)
    return person is not None and person.disabled_at is None and Role(person.role).includes(Role.ANALYST)
