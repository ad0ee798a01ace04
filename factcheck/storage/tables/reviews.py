"""The tables of reviews, and of second opinions: a verdict that somebody else decides once more, without seeing it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.opinions import Outcome
from factcheck.rules.status import Question, Status
from factcheck.storage.tables.base import Base, LogIndex, one_of
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id, Json
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.people import Person


class Review(Base):
    """One decision of one person on one question. Never changed."""

    __tablename__ = "reviews"
    __table_args__ = (
        one_of("question", Question),
        one_of("before", Status),
        one_of("status", Status),
        Index("ix_reviews_claim_id_log_index", "claim_id", "log_index"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    log_index: Mapped[int] = mapped_column(ForeignKey(Revision.log_index), unique=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id))
    question: Mapped[str]
    before: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    evidence_ids: Mapped[Any] = mapped_column(Json)
    valid_on: Mapped[date | None]
    review_by: Mapped[date | None]
    rating: Mapped[Any] = mapped_column(Json, nullable=True)
    reviewer_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    reviewed_at: Mapped[datetime]


OPEN = "closed_at IS NULL"
ANSWERED = "second_status IS NOT NULL"


class SecondOpinion(Base):
    """One request and how it ended. It repeats what it needs of the two reviews: `first_index` is the first one's log
    index, the statuses are what the agreement is counted from.

    `reviewer_id` is the person asked; null = anybody but the first reviewer and whoever asked. Asked by the desk's
    policy, `asked_by_id` is the first reviewer.
    """

    __tablename__ = "second_opinions"
    __table_args__ = (
        one_of("question", Question),
        one_of("first_status", Status),
        one_of("second_status", Status, nullable=True),
        one_of("outcome", Outcome, nullable=True),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closing"),
        CheckConstraint("(second_review_id IS NULL) = (second_status IS NULL)", name="answer"),
        CheckConstraint("(second_status IS NULL) = (outcome IS NULL OR outcome = 'lapsed')", name="answered"),
        CheckConstraint(
            "outcome IS NULL OR outcome = 'lapsed' OR (outcome = 'agreed') = (first_status = second_status)",
            name="verdicts",
        ),
        CheckConstraint(
            "reviewer_id IS NULL OR (reviewer_id <> first_reviewer_id AND reviewer_id <> asked_by_id)", name="another"
        ),
        Index("ix_second_opinions_claim_id_log_index", "claim_id", "log_index"),
        Index(
            "ix_second_opinions_open",
            "claim_id",
            "question",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "ix_second_opinions_answered",
            "question",
            "closed_at",
            "first_status",
            "second_status",
            sqlite_where=text(ANSWERED),
            postgresql_where=text(ANSWERED),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    log_index: Mapped[int] = mapped_column(LogIndex, ForeignKey(Revision.log_index), unique=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id))
    question: Mapped[str]
    by_policy: Mapped[bool]
    asked_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    asked_at: Mapped[datetime]
    note: Mapped[str | None]
    reviewer_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    first_review_id: Mapped[str] = mapped_column(Id, ForeignKey("reviews.id"))
    first_index: Mapped[int]
    first_reviewer_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    first_status: Mapped[str]
    second_review_id: Mapped[str | None] = mapped_column(Id, ForeignKey("reviews.id"), unique=True)
    second_status: Mapped[str | None]
    outcome: Mapped[str | None]
    closed_at: Mapped[datetime | None]
