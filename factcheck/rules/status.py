"""The moves of a claim's status: one table for both questions.

A row says from where to where and what the move needs. The action asks the table, pages draw their buttons
from it, and the database's CHECK constraints come from its enums. A verdict may be given once more, with a corrected
reason. An undo takes a row back, within a minute: see `undone`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from factcheck.messages import message
from factcheck.rules.text.visible import visible_length


class Question(StrEnum):
    CONTENT = "content"  # is it so?
    ATTRIBUTION = "attribution"  # did they say it?


class Status(StrEnum):
    UNVERIFIED = "unverified"
    IN_REVIEW = "in_review"
    VERIFIED = "verified"
    DISPUTED = "disputed"
    REFUTED = "refuted"
    UNVERIFIABLE = "unverifiable"


class Kind(StrEnum):
    FACTUAL = "factual"
    QUANTITY = "quantity"
    OPINION = "opinion"
    FORECAST = "forecast"


class Stance(StrEnum):
    SUPPORTS = "supports"
    REFUTES = "refutes"
    CONTEXT = "context"


VERDICTS = frozenset({Status.VERIFIED, Status.DISPUTED, Status.REFUTED, Status.UNVERIFIABLE})
UNCHECKABLE = frozenset({Kind.OPINION, Kind.FORECAST})
REASON_LENGTH = 10  # code points at least, after trimming
UNDO_WITHIN = timedelta(seconds=60)  # pages offer it for ten seconds; the rest is for slow hands and slow networks


class Need(StrEnum):
    REASON = "reason"
    SUPPORT = "supporting_evidence"
    REFUTATION = "refuting_evidence"
    CONFLICT = "evidence_or_conflict"


IN_WORDS = {
    Need.REASON: message("a reason of at least {length} characters", length=REASON_LENGTH),
    Need.SUPPORT: message("active evidence that supports the claim"),
    Need.REFUTATION: message("active evidence that refutes the claim"),
    Need.CONFLICT: message("active evidence of any stance, or a relation `contradicts` or `in_tension_with`"),
}


@dataclass(frozen=True)
class Move:
    """One row. Needs other than the reason hold for the question `content` only."""

    before: Status
    after: Status
    needs: tuple[Need, ...]


MOVES = (
    Move(Status.UNVERIFIED, Status.IN_REVIEW, ()),
    Move(Status.UNVERIFIED, Status.VERIFIED, (Need.REASON, Need.SUPPORT)),
    Move(Status.UNVERIFIED, Status.DISPUTED, (Need.REASON, Need.CONFLICT)),
    Move(Status.UNVERIFIED, Status.REFUTED, (Need.REASON, Need.REFUTATION)),
    Move(Status.UNVERIFIED, Status.UNVERIFIABLE, (Need.REASON,)),
    Move(Status.IN_REVIEW, Status.UNVERIFIED, ()),
    Move(Status.IN_REVIEW, Status.VERIFIED, (Need.REASON, Need.SUPPORT)),
    Move(Status.IN_REVIEW, Status.DISPUTED, (Need.REASON, Need.CONFLICT)),
    Move(Status.IN_REVIEW, Status.REFUTED, (Need.REASON, Need.REFUTATION)),
    Move(Status.IN_REVIEW, Status.UNVERIFIABLE, (Need.REASON,)),
    Move(Status.VERIFIED, Status.IN_REVIEW, (Need.REASON,)),
    Move(Status.VERIFIED, Status.VERIFIED, (Need.REASON, Need.SUPPORT)),
    Move(Status.VERIFIED, Status.DISPUTED, (Need.REASON, Need.CONFLICT)),
    Move(Status.VERIFIED, Status.REFUTED, (Need.REASON, Need.REFUTATION)),
    Move(Status.VERIFIED, Status.UNVERIFIABLE, (Need.REASON,)),
    Move(Status.DISPUTED, Status.IN_REVIEW, (Need.REASON,)),
    Move(Status.DISPUTED, Status.VERIFIED, (Need.REASON, Need.SUPPORT)),
    Move(Status.DISPUTED, Status.DISPUTED, (Need.REASON, Need.CONFLICT)),
    Move(Status.DISPUTED, Status.REFUTED, (Need.REASON, Need.REFUTATION)),
    Move(Status.DISPUTED, Status.UNVERIFIABLE, (Need.REASON,)),
    Move(Status.REFUTED, Status.IN_REVIEW, (Need.REASON,)),
    Move(Status.REFUTED, Status.VERIFIED, (Need.REASON, Need.SUPPORT)),
    Move(Status.REFUTED, Status.DISPUTED, (Need.REASON, Need.CONFLICT)),
    Move(Status.REFUTED, Status.REFUTED, (Need.REASON, Need.REFUTATION)),
    Move(Status.REFUTED, Status.UNVERIFIABLE, (Need.REASON,)),
    Move(Status.UNVERIFIABLE, Status.IN_REVIEW, (Need.REASON,)),
    Move(Status.UNVERIFIABLE, Status.VERIFIED, (Need.REASON, Need.SUPPORT)),
    Move(Status.UNVERIFIABLE, Status.DISPUTED, (Need.REASON, Need.CONFLICT)),
    Move(Status.UNVERIFIABLE, Status.REFUTED, (Need.REASON, Need.REFUTATION)),
    Move(Status.UNVERIFIABLE, Status.UNVERIFIABLE, (Need.REASON,)),
)
BY_ENDS = {(move.before, move.after): move for move in MOVES}


@dataclass(frozen=True)
class EvidenceTally:
    """What speaks for and against a claim now: numbers of active evidence and relations."""

    supports: int = 0
    refutes: int = 0
    context: int = 0
    conflicts: int = 0  # relations `contradicts` and `in_tension_with` to claims that stand

    def meets(self, need: Need) -> bool:
        if need is Need.SUPPORT:
            return self.supports > 0
        if need is Need.REFUTATION:
            return self.refutes > 0
        if need is Need.CONFLICT:
            return self.supports + self.refutes + self.context + self.conflicts > 0
        return True


def moves_from(status: Status, question: Question, kind: Kind) -> Iterator[Move]:
    """Yield the rows open to a claim of this kind, in the order of the table."""
    for move in MOVES:
        if move.before is status and _suits(move.after, question, kind):
            yield move


def unmet(move: Move, question: Question, reason: str | None, tally: EvidenceTally) -> list[Need]:
    """Return what the move still lacks, in the order of the table; an empty list lets it pass."""
    return [need for need in move.needs if not _met(need, question, reason, tally)]


def takes(kind: Kind, question: Question, status: Status) -> bool:
    """Say whether a claim of this kind may have this status: an opinion or a forecast is never so or not so."""
    return _suits(status, question, kind)


def holds(status: Status, tally: EvidenceTally) -> bool:
    """Say whether what a content verdict rests on still stands."""
    needs = {need for move in MOVES if move.after is status for need in move.needs}
    return all(tally.meets(need) for need in needs)


def undone(before: Status, question: Question, tally: EvidenceTally) -> Status:
    """Return the status that undoing a decision gives back: the one `before` it.

    A verdict on content that has lost what it rests on is not given back: the claim goes to `in_review`, as it does
    when that evidence is withdrawn.
    """
    return before if question is Question.ATTRIBUTION or holds(before, tally) else Status.IN_REVIEW


def _suits(after: Status, question: Question, kind: Kind) -> bool:
    if question is Question.ATTRIBUTION or kind not in UNCHECKABLE:
        return True
    return after not in VERDICTS or after is Status.UNVERIFIABLE


def _met(need: Need, question: Question, reason: str | None, tally: EvidenceTally) -> bool:
    if need is Need.REASON:
        return visible_length(reason or "") >= REASON_LENGTH
    return question is Question.ATTRIBUTION or tally.meets(need)
