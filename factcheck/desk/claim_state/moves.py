"""Whether a decision can be made: what a move needs is said by the table in `rules/status.py`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from factcheck.desk.claim_state.states import ClaimState
from factcheck.errors import Clash, Flaw, RuleUnmet
from factcheck.messages import message
from factcheck.rules import status as rules
from factcheck.rules.status import EvidenceTally, Kind, Need, Question, Stance, Status
from factcheck.rules.text import series
from factcheck.storage.tables.claims import Claim


@dataclass(frozen=True)
class Given:
    """What a request decides."""

    question: Question
    status: Status
    reason: str | None
    evidence: Sequence[dict[str, Any]]
    valid_on: Any
    review_by: Any
    rating: dict[str, Any] | None = None  # as the verdict stores it


def demand_move(state: ClaimState, before: Status, given: Given, hidden: Collection[str] = ()) -> None:
    """Raise Clash or RuleUnmet unless this move can be made, without what is `hidden` from whoever makes it."""
    kind, question, after, reason = Kind(state.claim.kind), given.question, given.status, given.reason
    move = rules.BY_ENDS.get((before, after))
    if move is None:
        raise Clash(
            message(
                "The status on {question} is {before}. It cannot move to {after}.",
                question=question,
                before=before,
                after=after,
            )
        )
    if not rules.takes(kind, question, after):
        detail = message(
            "The only verdict on content for the kind {kind} is {only}.", kind=kind, only=Status.UNVERIFIABLE
        )
        raise RuleUnmet(detail, flaws=[Flaw(detail, pointer="/status", rule="kind_takes_no_such_verdict")])
    counted = EvidenceTally()
    if question is Question.CONTENT and set(move.needs) - {Need.REASON}:
        counted = _with(state.tally(without=hidden), given.evidence)
    needs = rules.unmet(move, question, reason, counted)
    if needs:
        flaws = [
            Flaw(
                message("The move to {after} needs {need}.", after=after, need=rules.IN_WORDS[need]),
                pointer=_POINTERS[need],
                rule=need.value,
            )
            for need in needs
        ]
        raise RuleUnmet(series.sentences(flaw.detail for flaw in flaws), flaws=flaws)


def demand_news(claim: Claim, before: Status, given: Given) -> None:
    """Raise Clash for the same verdict again with nothing about it corrected."""
    if given.status is not before or given.evidence:
        return
    about = [claim.reason, claim.valid_on, claim.review_by, claim.rating]
    if given.question is Question.ATTRIBUTION:
        about = [claim.attribution_reason, given.valid_on, given.review_by, None]
    if about == [given.reason, given.valid_on, given.review_by, given.rating]:
        raise Clash(
            message(
                "The verdict is already {before}, with this reason. To correct the reason, send another one.",
                before=before,
            )
        )


_POINTERS = {need: "/reason" if need is Need.REASON else "/evidence" for need in Need}


def _with(tally: EvidenceTally, evidence: Sequence[dict[str, Any]]) -> EvidenceTally:
    """Return what stands once the review's own evidence is there."""
    stances = [item["stance"] for item in evidence]
    return replace(
        tally,
        supports=tally.supports + stances.count(Stance.SUPPORTS),
        refutes=tally.refutes + stances.count(Stance.REFUTES),
        context=tally.context + stances.count(Stance.CONTEXT),
    )
