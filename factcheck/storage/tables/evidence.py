"""The tables of evidence and of occurrences: what a claim has outside its article."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.status import Stance
from factcheck.rules.web.occurrences import TIMED, OccurrenceKind
from factcheck.storage.tables.base import Base, one_of
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source

_CAPTURED = text("capture_id IS NOT NULL")
_TIMED = ", ".join(f"'{kind}'" for kind in sorted(TIMED))


class Evidence(Base):
    """Something that speaks for or against a claim. `unreachable` says why its page does not answer, if it does not."""

    __tablename__ = "evidence"
    __table_args__ = (
        one_of("stance", Stance),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawal"),
        CheckConstraint("(unreachable IS NULL) = (unreachable_since IS NULL)", name="unreachable_since"),
        Index("ix_evidence_claim_id_position", "claim_id", "position", unique=True),
        Index("ix_evidence_capture_id", "capture_id", sqlite_where=_CAPTURED, postgresql_where=_CAPTURED),
        Index("ix_evidence_url", "url", postgresql_using="hash"),  # longer than a B-tree's keys may be
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id))
    position: Mapped[int]
    stance: Mapped[str]
    url: Mapped[str | None]
    title: Mapped[str | None]
    source_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Source.id), index=True)
    origin_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Source.id), index=True)
    excerpt: Mapped[str | None]
    archived_url: Mapped[str | None]
    note: Mapped[str | None]
    added_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    added_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    capture_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Capture.id))
    unreachable: Mapped[str | None]
    unreachable_since: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]


class Occurrence(Base):
    """A place where somebody said what a claim says: a post, a speech, a broadcast. One that is withdrawn stays."""

    __tablename__ = "occurrences"
    __table_args__ = (
        one_of("kind", OccurrenceKind),
        CheckConstraint(f"timecode IS NULL OR kind IN ({_TIMED})", name="timecode"),
        CheckConstraint(
            "withdrawn_at IS NOT NULL OR url IS NOT NULL OR place IS NOT NULL OR account IS NOT NULL"
            " OR said_on IS NOT NULL",
            name="somewhere",
        ),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawal"),
        Index("ix_occurrences_claim_id_position", "claim_id", "position", unique=True),
        Index("ix_occurrences_capture_id", "capture_id", sqlite_where=_CAPTURED, postgresql_where=_CAPTURED),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id))
    position: Mapped[int]
    url: Mapped[str | None]
    kind: Mapped[str]
    said_on: Mapped[date | None]
    place: Mapped[str | None]
    account: Mapped[str | None]
    capture_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Capture.id))
    timecode: Mapped[str | None]
    added_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    added_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
