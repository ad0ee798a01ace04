"""The decision form: which moves the table allows, what each needs, and whether it is there."""

from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.engine import Connection

from factcheck.desk import reviews
from factcheck.desk.access import authorship
from factcheck.formats import quotes_now
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.rules import status as rules
from factcheck.rules.sources import CONFLICTS
from factcheck.rules.status import EvidenceTally, Kind, Move, Need, Question, Stance, Status
from factcheck.schemas.base import instant, is_id
from factcheck.web import context
from factcheck.web.speaking.languages import said

UNDO_FOR = 10  # seconds that undoing is offered
# The keys of the verdicts, and the stance that new evidence has at first.
KEYS = {Status.VERIFIED: "v", Status.DISPUTED: "d", Status.REFUTED: "r", Status.UNVERIFIABLE: "u"}
STANCES = {Status.VERIFIED: Stance.SUPPORTS, Status.REFUTED: Stance.REFUTES, Status.DISPUTED: Stance.CONTEXT}
# Which needs a piece of evidence of a stance meets: asked of the rule itself.
MEETS = {
    Stance.SUPPORTS: EvidenceTally(supports=1),
    Stance.REFUTES: EvidenceTally(refutes=1),
    Stance.CONTEXT: EvidenceTally(context=1),
}
TITLES = {Question.CONTENT: message("Verdict"), Question.ATTRIBUTION: message("Attribution check")}
NEEDS = rules.IN_WORDS | {
    Need.CONFLICT: message("active evidence of any stance, or a relation contradicts or in tension with")
}


@dataclass(frozen=True)
class Option:
    """A move that is open: what it asks for beside the reason, and what of that is not there yet."""

    status: Status
    key: str
    asks_reason: bool
    needs: tuple[Need, ...]
    lacks: tuple[Need, ...]

    @property
    def in_words(self) -> str:
        return "; ".join(said(NEEDS[need]) for need in self.needs)


@dataclass(frozen=True)
class Asked:
    """A question about a claim: its status, who decided it, and the moves from there."""

    question: Question
    title: str
    status: Status
    reason: str | None
    by: dict[str, Any] | None
    at: str | None
    options: tuple[Option, ...]
    opinion: dict[str, Any] | None  # a second opinion that is open

    @property
    def is_verdict(self) -> bool:
        return self.status in rules.VERDICTS

    @property
    def can_be_asked(self) -> bool:
        """Say whether there is a verdict on which a second opinion can be asked for."""
        return self.is_verdict and self.opinion is None

    def stance(self, chosen: str) -> str:
        """Return the stance that evidence for this decision most likely has."""
        return str(STANCES.get(Status(chosen), "")) if chosen in list(Status) else ""


def asked(question: Question, claim: dict[str, Any]) -> Asked:
    there = claim if question is Question.CONTENT else claim["attribution"]
    status, kind, tally = Status(there["status"]), Kind(claim["kind"]), tally_of(claim)
    options = tuple(_option(move, question, tally) for move in rules.moves_from(status, question, kind))
    return Asked(
        question, TITLES[question], status, there["reason"], there["reviewed_by"], there["reviewed_at"], options,
        there["second_opinion"],
    )  # fmt: skip


def tally_of(claim: dict[str, Any]) -> EvidenceTally:
    """Count what speaks for and against a claim, from its JSON."""
    stances = [item["stance"] for item in claim["evidence"]]
    return EvidenceTally(
        supports=stances.count(Stance.SUPPORTS),
        refutes=stances.count(Stance.REFUTES),
        context=stances.count(Stance.CONTEXT),
        conflicts=sum(relation["kind"] in CONFLICTS for relation in claim["relations"]),
    )


def meets(stance: Stance) -> str:
    """Return the needs that evidence of this stance meets, for scripts that say what is still lacking."""
    return " ".join(need for need in Need if need is not Need.REASON and MEETS[stance].meets(need))


def _option(move: Move, question: Question, tally: EvidenceTally) -> Option:
    needs = tuple(need for need in move.needs if need is not Need.REASON and question is Question.CONTENT)
    lacks = tuple(need for need in rules.unmet(move, question, None, tally) if need is not Need.REASON)
    return Option(move.after, KEYS.get(move.after, ""), Need.REASON in move.needs, needs, lacks)


def current_quotes(claim: dict[str, Any]) -> list[dict[str, Any]]:
    """Return where the claim's quotes, and those of its steps, are in the article's newest snapshot."""
    return [quote["current"] for quote in quotes_now.every(claim) if "current" in quote]


def undoable(connection: Any, claim: dict[str, Any]) -> dict[str, Any] | None:
    """Return the decision that was just made, if it is the caller's, still the newest one, and seconds old."""
    review_id, caller = request.args.get("undo"), context.caller()
    if not is_id(review_id) or caller is None:
        return None
    review = reviews.get(connection, claim["id"], review_id.lower(), caller)
    shown = claim if review["question"] == Question.CONTENT else claim["attribution"]
    newest = shown["reviewed_by"] == review["reviewed_by"] and shown["reviewed_at"] == review["reviewed_at"]
    age = (now() - instant(review["reviewed_at"])).total_seconds()
    return review if newest and review["reviewed_by"]["id"] == caller.id and age < UNDO_FOR else None


def barred(connection: Connection, claim_id: str, viewer: Actor | None) -> dict[Question, str]:
    """Return the questions that another person must decide, and why, where this desk asks for two people."""
    if viewer is None or not context.settings().two_person_review or not viewer.role.includes(reviews.decide.role):
        return {}
    did = {question: authorship.part_in(connection, claim_id, viewer.id, question) for question in Question}
    return {question: authorship.refusal(each) for question, each in did.items() if each is not None}


def demands() -> dict[str, Any]:
    """Return what this desk's settings ask of a decision."""
    settings = context.settings()
    return {"two_person": settings.two_person_review, "policy": settings.second_opinion}
