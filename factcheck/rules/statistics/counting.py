"""What statistics count of a claim, given all that happened to it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from factcheck.rules.statistics.histogram import bucket_of
from factcheck.rules.statistics.weeks import day_of, week_of
from factcheck.rules.status import VERDICTS, Question, Status

DESK = ""  # the scope of all claims
ANYBODY = ""  # in the place of a person: all of them together


class Measure(StrEnum):
    """What is counted. All but `added` is counted for each question by itself."""

    ADDED = "added"  # claims, by whoever added them
    DECIDED = "decided"  # verdicts given that the claim did not have, by whoever gave them
    CORRECTED = "corrected"  # those of them that are another verdict than the claim's last one
    REOPENED = "reopened"  # verdicts that went away, by whoever caused it
    FIRST = "first"  # first verdicts, by the bucket of the time since the claim was added
    OPINION = "opinion"  # second opinions, by both verdicts, and by whoever gave the second
    OPEN = "open"  # active claims without a verdict, by the day on which they were added and by whom


class Act(StrEnum):
    MOVE = "move"  # of the status
    UNDO = "undo"  # the last move is taken back
    OPINION = "opinion"  # a second opinion: `before` is the first verdict, `after` the second


@dataclass(frozen=True)
class Event:
    """What an entry of the log did to one question of a claim."""

    log_index: int
    question: Question
    act: Act
    before: str
    after: str
    actor_id: str
    at: datetime


@dataclass
class ClaimHistory:
    """What happened to a claim, in the order of the log. What was redacted is not known: article, outlet and tags."""

    added_at: datetime
    added_by_id: str
    article_id: str | None = None
    outlet_id: str | None = None
    tags: Sequence[str] = ()
    active: bool = True
    events: list[Event] = field(default_factory=list)

    @property
    def scopes(self) -> list[str]:
        """Under what the claim is counted."""
        outlets = [of_outlet(self.outlet_id)] if self.outlet_id else []
        return [DESK, *(of_tag(tag) for tag in sorted(set(self.tags))), *outlets]

    def status(self, question: Question) -> str:
        """Return the status of a question after the last event."""
        moves = (each for each in reversed(self.events) if each.question is question and each.act is not Act.OPINION)
        return next((each.after for each in moves), Status.UNVERIFIED.value)


class Counted(NamedTuple):
    """One thing to count: under which measure, week (or day, where it is open) and value, and whose it is."""

    measure: str
    day: date
    value: str
    person_id: str


def of_tag(tag: str) -> str:
    return f"tag:{tag}"


def of_outlet(source_id: str) -> str:
    return f"outlet:{source_id}"


def of(question: Question, measure: Measure) -> str:
    """Return the name under which a measure of a question is counted."""
    return f"{question}.{measure}"


def counted(claim: ClaimHistory, hidden: Mapping[Question, int] | None = None) -> Iterator[Counted]:
    """Yield what is counted of a claim.

    `hidden` gives the log indexes from which on a question is hidden from the reader: what happened to it since is
    not counted, and it counts as open.
    """
    yield Counted(Measure.ADDED, week_of(day_of(claim.added_at)), "", claim.added_by_id)
    for question in Question:
        since = (hidden or {}).get(question)
        yield from _of_question(claim, question, since)


def _of_question(claim: ClaimHistory, question: Question, since: int | None) -> Iterator[Counted]:
    events = [each for each in claim.events if each.question is question]
    if since is not None:
        events = [each for each in events if each.log_index < since]
    for each in events:
        if each.act is Act.OPINION:
            yield _at(each, Measure.OPINION, f"{each.before} {each.after}")
    status, last = Status.UNVERIFIED.value, None  # the status, and the last verdict
    for move in _lasting(events):
        status = move.after
        if move.after in VERDICTS:
            yield _at(move, Measure.DECIDED)
            if last is None:
                yield _at(move, Measure.FIRST, f"{bucket_of(move.at - claim.added_at):03}")
            elif last != move.after:
                yield _at(move, Measure.CORRECTED)
            last = move.after
        elif move.before in VERDICTS:
            yield _at(move, Measure.REOPENED)
    if claim.active and (since is not None or status not in VERDICTS):
        yield Counted(of(question, Measure.OPEN), day_of(claim.added_at), "", claim.added_by_id)


def _lasting(events: Sequence[Event]) -> list[Event]:
    """Return the moves that were not undone. An undo that gives back another status than the one before is a move."""
    moves: list[Event] = []
    for each in events:
        if each.act is Act.MOVE:
            moves.append(each)
        elif each.act is Act.UNDO:
            before = moves.pop().before if moves else each.before
            if before != each.after:
                moves.append(Event(each.log_index, each.question, Act.MOVE, before, each.after, each.actor_id, each.at))
    return moves


def _at(event: Event, measure: Measure, value: str = "") -> Counted:
    return Counted(of(event.question, measure), week_of(day_of(event.at)), value, event.actor_id)
