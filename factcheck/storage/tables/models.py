"""The tables.

Invariants that hold in every table:

- Nothing is deleted. Things are withdrawn or merged and keep their rows.
- A claim's `seq` is the log index at which it was entered, and `changed_index` the one at which its JSON last
  changed: both orders come from the log, not from a clock, and lists page along them.
- `document` is the claim's JSON as served; `etag` is the hash of those bytes. `desk/claim_state/documents.py` alone
  writes them.
- Ids of sources name the source as it was entered; its `canonical_id` says which one it was merged into.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.sources import AnchorState, Directness, RelationKind, SourceKind
from factcheck.rules.status import Kind, Question, Stance, Status
from factcheck.storage.needs import NEEDS
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.columns import Id, Json
from factcheck.storage.tables.people import Person


class Source(Base):
    __tablename__ = "sources"
    __table_args__ = (
        one_of("kind", SourceKind),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_into_itself"),
        Index("ix_sources_kind_seq", "kind", "seq"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    description: Mapped[str | None]
    aliases: Mapped[Any] = mapped_column(Json)
    same_as: Mapped[Any] = mapped_column(Json)
    words: Mapped[str]
    merged_into_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"))
    canonical_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Article(Base):
    """A published text. Its words stand in `snapshots`; `snapshot_number` is the newest one's."""

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_outlet_id_seq", "outlet_id", "seq"),
        Index("ix_articles_url", "url", postgresql_using="hash"),  # longer than a B-tree's keys may be
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    title: Mapped[str]
    url: Mapped[str | None]
    outlet_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"))
    author: Mapped[str | None]
    published_on: Mapped[date | None]
    language: Mapped[str | None]
    words: Mapped[str]
    snapshot_number: Mapped[int]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Snapshot(Base):
    """An article's words at one moment. Never changed."""

    __tablename__ = "snapshots"
    __table_args__ = (CheckConstraint("number >= 1", name="number"),)

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    captured_at: Mapped[datetime]


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
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id"))
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
    attribution_status: Mapped[str]
    attribution_reason: Mapped[str | None]
    attribution_reviewed_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    attribution_reviewed_at: Mapped[datetime | None]
    second_opinion_at: Mapped[datetime | None]  # when the last one that is still open was asked for
    origin_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"))
    origin_interested: Mapped[bool | None]
    entered_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    revision: Mapped[int]
    changed_index: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    words: Mapped[str]
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
    """Where a claim stands in the list of a source in its chain (the source that it was merged into)."""

    __tablename__ = "claim_sources"
    __table_args__ = (
        Index("ix_claim_sources_source_id_changed_index_claim_seq", "source_id", "changed_index", "claim_seq"),
        IN_ITS_KEY,
    )

    claim_seq: Mapped[int] = mapped_column(LogIndex, ForeignKey("claims.seq"), primary_key=True)
    source_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), primary_key=True)
    changed_index: Mapped[int]


class QuoteRole(StrEnum):
    CLAIM = "claim"  # the words of the claim
    SOURCE = "source"  # the words that name a hop's source
    CUE = "cue"  # the words of a hop's cue


class Quote(Base):
    """One span of one snapshot. `hop` counts hops from 0 and is -1 for the claim's own words."""

    __tablename__ = "quotes"
    __table_args__ = (
        one_of("role", QuoteRole),
        one_of("state", AnchorState),
        CheckConstraint("start_at >= 0 AND start_at < end_at", name="span"),
        CheckConstraint("(role = 'claim') = (hop = -1)", name="place"),
    )

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claims.id"), primary_key=True)
    hop: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    snapshot: Mapped[int]
    exact: Mapped[str]
    prefix: Mapped[str]
    suffix: Mapped[str]
    start_at: Mapped[int]
    end_at: Mapped[int]
    state: Mapped[str]


class Hop(Base):
    """One step of the chain from the article (position 0 is nearest to it) to the origin."""

    __tablename__ = "hops"
    __table_args__ = (
        one_of("directness", Directness),
        CheckConstraint("source_id IS NOT NULL OR described_as IS NOT NULL", name="somebody"),
    )

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claims.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    described_as: Mapped[str | None]
    cue: Mapped[str | None]
    directness: Mapped[str]
    on_behalf_of_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    interested: Mapped[bool | None]
    note: Mapped[str | None]


class Evidence(Base):
    __tablename__ = "evidence"
    __table_args__ = (
        one_of("stance", Stance),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawal"),
        Index("ix_evidence_claim_id_position", "claim_id", "position", unique=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claims.id"))
    position: Mapped[int]
    stance: Mapped[str]
    url: Mapped[str | None]
    title: Mapped[str | None]
    source_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    origin_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    excerpt: Mapped[str | None]
    archived_url: Mapped[str | None]
    note: Mapped[str | None]
    added_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    added_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))


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
    log_index: Mapped[int] = mapped_column(ForeignKey("revisions.log_index"), unique=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey("claims.id"))
    question: Mapped[str]
    before: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    evidence_ids: Mapped[Any] = mapped_column(Json)
    valid_on: Mapped[date | None]
    review_by: Mapped[date | None]
    reviewer_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    reviewed_at: Mapped[datetime]


class KeptAnswer(Base):
    """The answer that a POST with an Idempotency-Key got, to be given again to the same request."""

    __tablename__ = "kept_answers"

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    claim_id: Mapped[str | None] = mapped_column(Id, index=True)
    request_digest: Mapped[bytes]
    status: Mapped[int]
    headers: Mapped[Any] = mapped_column(Json)
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)
