"""The tables of the audit: what is worked out from the others when a claim changes, so that reading it costs an index.

Nothing here is told by anyone: `followers/audit/writing.py` writes all of it, and can write it again from the claims
and the log. So there are no foreign keys: what the rows refer to is never deleted, and to check it with each row would
cost imports.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.status import Question, Status
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.columns import Id

DESK = ""  # in `tallies`: the whole desk, instead of an article


class ClaimAudit(Base):
    """An active claim as it was last audited: what `tallies` count it as.

    `conflict_group` is the first entered claim of those that contradict, or are in tension with, one another.
    """

    __tablename__ = "claim_audits"
    __table_args__ = (
        one_of("status", Status),
        one_of("attribution_status", Status),
        Index("ix_claim_audits_conflict_group_claim_seq", "conflict_group", "claim_seq"),
        Index(
            "ix_claim_audits_conflict_heads",
            "claim_seq",
            sqlite_where=text("conflict_group = claim_seq"),
            postgresql_where=text("conflict_group = claim_seq"),
        ),
    )

    claim_seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    article_id: Mapped[str] = mapped_column(Id)
    status: Mapped[str]
    attribution_status: Mapped[str]
    coverage: Mapped[str]
    origins: Mapped[int]
    independent_origins: Mapped[int]
    conflict_group: Mapped[int | None]


class Finding(Base):
    """One finding. `since` may lie ahead: a verdict falls due without anybody changing anything."""

    __tablename__ = "findings"
    __table_args__ = (
        one_of("kind", FindingKind),
        *(
            Index("_".join(["ix_findings", *columns]), *columns)
            for columns in (
                ("since", "claim_seq", "kind"),
                ("kind", "since", "claim_seq"),
                ("article_id", "since", "claim_seq", "kind"),
                ("status", "since", "claim_seq", "kind"),
            )
        ),
        IN_ITS_KEY,
    )

    claim_seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    explanation: Mapped[str]  # as `messages.dumped` writes it
    article_id: Mapped[str] = mapped_column(Id)
    status: Mapped[str]


class FindingSource(Base):
    """Where a finding stands in the list of a source in the claim's chain."""

    __tablename__ = "finding_sources"
    __table_args__ = (
        Index("ix_finding_sources_source_id_since_claim_seq_kind", "source_id", "since", "claim_seq", "kind"),
        IN_ITS_KEY,
    )

    claim_seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(Id, primary_key=True)
    since: Mapped[datetime]


class Tally(Base):
    """How many active claims are counted under a value of a measure, in an article or on the whole DESK."""

    __tablename__ = "tallies"
    __table_args__ = IN_ITS_KEY

    article_id: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]


class ArticleFindings(Base):
    """How many findings an article has, those left out that begin on a day: the order of the summary by article."""

    __tablename__ = "article_findings"
    __table_args__ = (Index("ix_article_findings_n_article_id", "n", "article_id"), IN_ITS_KEY)

    article_id: Mapped[str] = mapped_column(Id, primary_key=True)
    n: Mapped[int]


class StatusChange(Base):
    """One change of a claim's status, by the log entry that made it."""

    __tablename__ = "status_changes"
    __table_args__ = (
        one_of("question", Question),
        one_of("before", Status),
        one_of("after", Status),
        Index("ix_status_changes_at_log_index_question", "at", "log_index", "question"),
        IN_ITS_KEY,
    )

    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    question: Mapped[str] = mapped_column(primary_key=True)
    claim_seq: Mapped[int] = mapped_column(LogIndex)
    before: Mapped[str]
    after: Mapped[str]
    actor_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]


class StatusChangeDay(Base):
    """How many changes of each sort a person made on a day (UTC)."""

    __tablename__ = "status_change_days"
    __table_args__ = IN_ITS_KEY

    day: Mapped[date] = mapped_column(primary_key=True)
    actor_id: Mapped[str] = mapped_column(Id, primary_key=True)
    question: Mapped[str] = mapped_column(primary_key=True)
    before: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]


class SourceStanding(Base):
    """What a claim was to a source in its chain, from one log entry until another (none = still)."""

    __tablename__ = "source_standings"
    __table_args__ = (
        CheckConstraint("role IN ('origin', 'principal', 'relay', 'voice')", name="role"),
        Index("ix_source_standings_source_id_from_at", "source_id", "from_at"),
        IN_ITS_KEY,
    )

    claim_seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    source_id: Mapped[str] = mapped_column(Id, primary_key=True)
    from_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    role: Mapped[str]
    kind: Mapped[str]
    year: Mapped[int] = mapped_column(Integer)
    status: Mapped[str]
    attribution_status: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]


class SourceTally(Base):
    """How many active claims are this to a source now: its record."""

    __tablename__ = "source_tallies"
    __table_args__ = IN_ITS_KEY

    source_id: Mapped[str] = mapped_column(Id, primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(primary_key=True)
    attribution_status: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]


class Upkeep(Base):
    """One row: the version of the rules by which stored JSON was last written."""

    __tablename__ = "upkeep"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
