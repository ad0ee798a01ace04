"""The tables of sources, their identifiers, judgments on which of them are one, and relations between them.

Ids everywhere name the source as it was entered; `canonical_id` says as which one it is shown. `redacted_index` is the
log index of the entry that redacted it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.identity.judgments import Identity
from factcheck.rules.identity.relations import SourceRelationKind
from factcheck.rules.sources import SourceKind
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.columns import Id, Json
from factcheck.storage.tables.people import Person


class Source(Base):
    __tablename__ = "sources"
    __table_args__ = (
        one_of("kind", SourceKind),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_into_itself"),
        Index("ix_sources_kind_seq", "kind", "seq"),
        Index("ix_sources_name_kind", "name", "kind"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    description: Mapped[str | None]
    aliases: Mapped[Any] = mapped_column(Json)
    same_as: Mapped[Any] = mapped_column(Json)
    merged_into_id: Mapped[str | None] = mapped_column(Id, ForeignKey("sources.id"))
    canonical_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    redacted_index: Mapped[int | None]


class SourceIdentifier(Base):
    """An identifier of a source as it was entered, such as `wikidata:Q42`: repeats what its URLs hold."""

    __tablename__ = "source_identifiers"
    __table_args__ = (IN_ITS_KEY,)

    identifier: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), primary_key=True, index=True)


class Judgment(Base):
    """What somebody judged two sources to be. The newest between two counts; `rules/identity` says what follows."""

    __tablename__ = "judgments"
    __table_args__ = (
        one_of("judgment", Identity),
        CheckConstraint("source_id <> other_id", name="not_of_itself"),
        CheckConstraint("shown_id IS NULL OR shown_id IN (source_id, other_id)", name="shown_id"),
    )

    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    source_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    other_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    judgment: Mapped[str]
    shown_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str | None]
    judged_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    judged_at: Mapped[datetime]


class SourceRelation(Base):
    """What one source is to another, with the ids of both as they were entered.

    `since` and `until` are days or years, as they were sent. The note and the reason of a withdrawal can be redacted.
    """

    __tablename__ = "source_relations"
    __table_args__ = (
        one_of("kind", SourceRelationKind),
        CheckConstraint("source_id <> other_id", name="not_to_itself"),
        CheckConstraint(
            "(withdrawn_index IS NULL) = (withdrawn_at IS NULL)"
            " AND (withdrawn_index IS NULL) = (withdrawn_by_id IS NULL)"
            " AND (withdrawn_index IS NOT NULL OR withdrawn_reason IS NULL)",
            name="withdrawal",
        ),
    )

    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    source_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    kind: Mapped[str]
    other_id: Mapped[str] = mapped_column(Id, ForeignKey("sources.id"), index=True)
    since: Mapped[str | None]
    until: Mapped[str | None]
    note: Mapped[str | None]
    added_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    added_at: Mapped[datetime]
    withdrawn_index: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
