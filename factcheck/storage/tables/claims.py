"""The tables of claims: their fields, the lists that they stand in, earlier versions, and relations between them.

A claim's `seq` is the log index at which it was entered, and `changed_index` the one at which its JSON last changed:
both orders come from the log, not from a clock, and lists page along them. `document` is the claim's JSON as served;
`etag` is the hash of those bytes. `desk/claim_state/documents.py` alone writes them.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.sources import RelationKind
from factcheck.rules.status import Kind, Status
from factcheck.storage.needs import NEEDS
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.columns import Id, Json
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source


class Claim(Base):
    __tablename__ = "claims"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("status", Status),
        one_of("attribution_status", Status),
        CheckConstraint("low IS NULL OR high IS NULL OR low <= high", name="range"),
        CheckConstraint("kind = 'quantity' OR (low IS NULL AND high IS NULL AND unit IS NULL)", name="quantity"),
        CheckConstraint(
            "kind NOT IN ('opinion', 'forecast') OR status IN ('unverified', 'in_review', 'unverifiable')",
            name="uncheckable",
        ),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawal"),
        CheckConstraint("revision >= 1", name="revision"),
        *(
            Index(
                "_".join(["ix_claims", *columns]),
                *columns,
                sqlite_where=text("withdrawn_at IS NULL"),
                postgresql_where=text("withdrawn_at IS NULL"),
            )
            for columns in (
                ("changed_index", "seq"),
                ("status", "changed_index", "seq"),
                ("attribution_status", "changed_index", "seq"),
                ("article_id", "changed_index", "seq"),
                ("origin_id", "changed_index", "seq"),
                ("kind", "changed_index", "seq"),
                ("reviewed_by_id", "changed_index", "seq"),
            )
        ),
        *(
            Index(f"ix_claims_{need}", *columns, sqlite_where=text(where), postgresql_where=text(where))
            for need, (columns, where) in NEEDS.items()
        ),
        Index(
            "ix_claims_second_opinion",
            "changed_index",
            "seq",
            sqlite_where=text("second_opinion_at IS NOT NULL"),
            postgresql_where=text("second_opinion_at IS NOT NULL"),
        ),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey(Article.id))
    text: Mapped[str]
    kind: Mapped[str]
    low: Mapped[float | None]
    high: Mapped[float | None]
    unit: Mapped[str | None]
    wording: Mapped[str | None]
    tags: Mapped[Any] = mapped_column(Json)
    status: Mapped[str]
    reason: Mapped[str | None]
    reviewed_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    reviewed_at: Mapped[datetime | None]
    valid_on: Mapped[date | None]
    review_by: Mapped[date | None]
    rating: Mapped[Any] = mapped_column(Json, nullable=True)  # as the verdict names it, in the scale's own words
    attribution_status: Mapped[str]
    attribution_reason: Mapped[str | None]
    attribution_reviewed_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    attribution_reviewed_at: Mapped[datetime | None]
    second_opinion_at: Mapped[datetime | None]  # when the last one that is still open was asked for
    origin_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Source.id))
    origin_interested: Mapped[bool | None]
    entered_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    revision: Mapped[int]
    changed_index: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    etag: Mapped[str]
    document: Mapped[bytes]


class ClaimVersion(Base):
    """A claim's JSON as it was served from `from_at` until the next version, kept when it was replaced."""

    __tablename__ = "claim_versions"
    __table_args__ = (Index("ix_claim_versions_claim_seq_from_at", "claim_seq", "from_at"),)

    claim_seq: Mapped[int] = mapped_column(LogIndex, ForeignKey("claims.seq"), primary_key=True)
    changed_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_at: Mapped[datetime]
    etag: Mapped[str]
    document: Mapped[bytes]


class ClaimTag(Base):
    """Where a claim stands in the list of its tag; repeats the claim's `changed_index` so that lists page."""

    __tablename__ = "claim_tags"
    __table_args__ = (
        Index("ix_claim_tags_tag_changed_index_claim_seq", "tag", "changed_index", "claim_seq"),
        IN_ITS_KEY,
    )

    claim_seq: Mapped[int] = mapped_column(LogIndex, ForeignKey("claims.seq"), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    changed_index: Mapped[int]


class ClaimSource(Base):
    """Where a claim stands in the list of a source in its chain (the one as which it is shown)."""

    __tablename__ = "claim_sources"
    __table_args__ = (
        Index("ix_claim_sources_source_id_changed_index_claim_seq", "source_id", "changed_index", "claim_seq"),
        IN_ITS_KEY,
    )

    claim_seq: Mapped[int] = mapped_column(LogIndex, ForeignKey("claims.seq"), primary_key=True)
    source_id: Mapped[str] = mapped_column(Id, ForeignKey(Source.id), primary_key=True)
    changed_index: Mapped[int]


class Relation(Base):
    __tablename__ = "relations"
    __table_args__ = (
        one_of("kind", RelationKind),
        UniqueConstraint("claim_id", "kind", "other_id"),
        CheckConstraint("claim_id <> other_id", name="not_to_itself"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    log_index: Mapped[int] = mapped_column(unique=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claims.id"))
    kind: Mapped[str]
    other_id: Mapped[str] = mapped_column(Id, ForeignKey("claims.id"), index=True)
    note: Mapped[str | None]
    added_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    added_at: Mapped[datetime]
