"""The tables of the log.

Rows of the tables in HISTORY are never changed, and only redaction deletes contents: triggers refuse anything else.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import Base, LogIndex, one_of
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person

# Tables to which rows are added and of which none is changed.
HISTORY = (
    "captures",
    "claim_versions",
    "log_checkpoints",
    "log_stamps",
    "log_subtrees",
    "redactions",
    "reviews",
    "revision_contents",
    "revisions",
    "snapshots",
)


# Written out, in queries too: a database uses an index with a condition only where the query has the same words.
AMENDMENTS = text("subject_kind = 'claim' AND deed = 'amend'")


class SubjectKind(StrEnum):
    ARTICLE = "article"
    ASSIGNMENT = "assignment"
    CAPTURE = "capture"
    CLAIM = "claim"
    COMMENT = "comment"
    CORRECTION_REQUEST = "correction_request"
    FEED = "feed"
    IMAGE = "image"
    LOG = "log"
    PERSON = "person"
    RATING_SCALE = "rating_scale"
    REPORT = "report"
    SITE_PAGE = "site_page"
    SOURCE = "source"


class Revision(Base):
    """One change of one thing by one person. `number` counts the changes of that thing from 1.

    `leaf` is the entry of the transparency log, byte for byte (see `log/leaves.py`); the other columns repeat it for
    queries.
    """

    __tablename__ = "revisions"
    __table_args__ = (
        one_of("subject_kind", SubjectKind),
        UniqueConstraint("subject_kind", "subject_id", "number"),
        CheckConstraint("log_index >= 0", name="log_index"),
        Index(
            "ix_revisions_amendments", "subject_id", "actor_id", sqlite_where=AMENDMENTS, postgresql_where=AMENDMENTS
        ),
    )

    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    subject_kind: Mapped[str]
    subject_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    action: Mapped[str] = mapped_column("deed")  # the name of the first versions
    actor_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    at: Mapped[datetime] = mapped_column(index=True)
    leaf: Mapped[bytes]


class RevisionContent(Base):
    """What a revision changed and why, in canonical JSON, and the salt of the leaf's commitment to it.

    Where a redaction removed words of it, it is what the entry at `restated_index` states instead, without a salt.
    """

    __tablename__ = "revision_contents"

    log_index: Mapped[int] = mapped_column(LogIndex, ForeignKey("revisions.log_index"), primary_key=True)
    salt: Mapped[bytes]
    content: Mapped[bytes]
    restated_index: Mapped[int | None]


class LogHead(Base):
    """One row: how long the log is and when it last grew. Whoever appends holds its lock until the commit.

    `log_id` is the log's own random id: the subject of entries about the log itself.
    """

    __tablename__ = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    log_id: Mapped[str] = mapped_column(Id)
    size: Mapped[int]
    last_at: Mapped[datetime]


class LogSubtree(Base):
    """The hash of a complete subtree of ``256**level`` leaves: what tiles above the lowest are made of."""

    __tablename__ = "log_subtrees"
    __table_args__ = (CheckConstraint("level >= 1", name="level"),)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class LogCheckpoint(Base):
    """A signed checkpoint that was published. Epochs count the log's new beginnings from 1."""

    __tablename__ = "log_checkpoints"

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str]
    published_at: Mapped[datetime]


class LogStamp(Base):
    """A time stamp (RFC 3161) of a published checkpoint: the authority's response, and the time that it states."""

    __tablename__ = "log_stamps"
    __table_args__ = (ForeignKeyConstraint(("epoch", "size"), ("log_checkpoints.epoch", "log_checkpoints.size")),)

    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    response: Mapped[bytes]
    stamped_at: Mapped[datetime]


class LogVerification(Base):
    """One row: when the whole log was checked last from here, and what came of it. Its word is no proof."""

    __tablename__ = "log_verification"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    entries: Mapped[int]
    faults: Mapped[int]


class Redaction(Base):
    """A claim whose content was removed: what lets the triggers pass for it, by the entry that says so."""

    __tablename__ = "redactions"

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id), primary_key=True)
    log_index: Mapped[int] = mapped_column(LogIndex, ForeignKey("revisions.log_index"), unique=True)
