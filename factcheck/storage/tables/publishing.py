"""The tables of what readers see: rating scales, and reports with their versions and publications."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.publishing.reports import ReportState
from factcheck.rules.publishing.site_pages import SitePageName
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id, Json
from factcheck.storage.tables.people import Person

WAITING, ANSWERED = text("answer IS NULL"), text("answer IS NOT NULL")  # of requests for corrections


class RatingScale(Base):
    """A scale, until the entry at `withdrawn_index`. `ratings` are in the scale's order, each with its key, its status,
    its number or null, and its labels and definitions by language. `language` is the one that every label has.
    """

    __tablename__ = "rating_scales"
    __table_args__ = (CheckConstraint("(withdrawn_index IS NULL) = (withdrawn_at IS NULL)", name="withdrawal"),)

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    name: Mapped[str]
    language: Mapped[str]
    description: Mapped[str | None]
    url: Mapped[str | None]
    ratings: Mapped[Any] = mapped_column(Json)
    revision: Mapped[int]
    added_at: Mapped[datetime]
    withdrawn_index: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]


class Report(Base):
    """What is published about claims. `number` is its newest version, in `state`, whose are `title` and `language`.

    Readers see the version of the newest publication whose time has come: see `ReportPublication`. `changed_index` is
    the report's newest entry in the log. A report has ended once it is retracted or withdrawn.
    """

    __tablename__ = "reports"
    __table_args__ = (
        one_of("state", ReportState),
        CheckConstraint("(state IN ('retracted', 'withdrawn')) = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_reports_changed_index", "changed_index"),
        Index("ix_reports_state_changed_index", "state", "changed_index"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    language: Mapped[str]
    embargo_until: Mapped[datetime | None]
    title: Mapped[str]
    state: Mapped[str]
    number: Mapped[int]
    created_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_reason: Mapped[str | None]
    ended_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    redacted_index: Mapped[int | None]
    revision: Mapped[int]
    changed_index: Mapped[int]


class ReportVersion(Base):
    """The words of a report as somebody saved them. Only a redaction, by the entry at `redacted_index` of the report,
    changes them.
    """

    __tablename__ = "report_versions"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    report_id: Mapped[str] = mapped_column(Id, ForeignKey("reports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_index: Mapped[int] = mapped_column(unique=True)
    language: Mapped[str]
    title: Mapped[str]
    summary: Mapped[str | None]
    text: Mapped[str]
    saved_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    saved_at: Mapped[datetime]


class ReportPublication(Base):
    """One publication of a version: readers see it when `at` has come, unless it was cancelled before.

    `correction` says what was corrected and why; the first publication has none.
    """

    __tablename__ = "report_publications"
    __table_args__ = (
        Index("ix_report_publications_report_id", "report_id", "at", "log_index"),
        Index("ix_report_publications_at", "at", "log_index"),
    )

    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    report_id: Mapped[str] = mapped_column(Id, ForeignKey("reports.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    correction: Mapped[str | None]
    published_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    cancelled_index: Mapped[int | None]


class SitePage(Base):
    """A page of the public site about the house, in one language, until the entry at `withdrawn_index`."""

    __tablename__ = "site_pages"
    __table_args__ = (
        one_of("name", SitePageName),
        CheckConstraint("(withdrawn_index IS NULL) = (withdrawn_at IS NULL)", name="withdrawal"),
        Index("ix_site_pages_name", "name"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    name: Mapped[str]
    language: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    revision: Mapped[int]
    changed_at: Mapped[datetime]
    changed_index: Mapped[int]
    withdrawn_index: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]


class PublicationClaim(Base):
    """A claim that the version of a publication refers to: its verdict is published from the publication's time on.

    It stays published when a later version of the report leaves it out, and when the report is retracted or redacted.
    """

    __tablename__ = "publication_claims"
    __table_args__ = (IN_ITS_KEY,)

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id), primary_key=True)
    log_index: Mapped[int] = mapped_column(
        LogIndex, ForeignKey(ReportPublication.log_index), primary_key=True, autoincrement=False, index=True
    )


class ReportClaim(Base):
    """A claim that a version of a report refers to."""

    __tablename__ = "report_claims"
    __table_args__ = (Index("ix_report_claims_report_id", "report_id"), IN_ITS_KEY)

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id), primary_key=True)
    report_id: Mapped[str] = mapped_column(Id, ForeignKey("reports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Correction(Base):
    """Something that readers had seen and that changed at `at`, by the entry at `log_index`: a verdict, or a report.

    The follower `corrections` writes all of it, and can write it again from the log. So there are no foreign keys.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        Index("ix_corrections_at", "at", "log_index"),
        Index("ix_corrections_claim_id", "claim_id", "at", "log_index"),
    )

    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    claim_id: Mapped[str | None] = mapped_column(Id)
    report_id: Mapped[str | None] = mapped_column(Id, index=True)


class CorrectionRequest(Base):
    """What a reader wants corrected in a report or a claim, and the answer of the house.

    The desk learns nothing of the reader but these words. `changed_index` is the request's newest entry in the log.
    """

    __tablename__ = "correction_requests"
    __table_args__ = (
        CheckConstraint("(report_id IS NULL) <> (claim_id IS NULL)", name="about"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer"),
        CheckConstraint("(answer IS NULL) = (answered_by_id IS NULL)", name="answered_by"),
        Index("ix_correction_requests_waiting", "seq", sqlite_where=WAITING, postgresql_where=WAITING),
        Index("ix_correction_requests_answered", "seq", sqlite_where=ANSWERED, postgresql_where=ANSWERED),
        Index("ix_correction_requests_claim_id", "claim_id", "seq"),
        Index("ix_correction_requests_report_id", "report_id", "seq"),
        Index("ix_correction_requests_received_at", "received_at"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    report_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Report.id))
    claim_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Claim.id))
    text: Mapped[str]
    url: Mapped[str | None]
    received_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    redacted_index: Mapped[int | None]
    revision: Mapped[int]
    changed_index: Mapped[int]


class ReportDraft(Base):
    """What somebody typed and did not save yet, and the version from which they began. It is not in the log."""

    __tablename__ = "report_drafts"

    report_id: Mapped[str] = mapped_column(Id, ForeignKey("reports.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    number: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str | None]
    text: Mapped[str]
    saved_at: Mapped[datetime]
