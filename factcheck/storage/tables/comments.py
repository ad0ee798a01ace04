"""The tables of comments on claims and articles, and of whom they mention."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person


class Comment(Base):
    """What somebody says about a claim or an article. `thread_id` is the comment that began its thread, or its own id.

    The `quote_…` columns are words of a snapshot of the article. `changed_index` is its newest entry in the log.
    """

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint("(claim_id IS NULL) <> (article_id IS NULL)", name="about"),
        CheckConstraint(
            "(quote_snapshot IS NULL) = (quote_exact IS NULL) AND (quote_snapshot IS NULL) = (quote_start IS NULL)"
            " AND (quote_snapshot IS NULL) = (quote_end IS NULL)",
            name="quote",
        ),
        CheckConstraint("quote_snapshot IS NULL OR article_id IS NOT NULL", name="quote_of_article"),
        Index("ix_comments_claim_id", "claim_id", "seq"),
        Index("ix_comments_claim_id_thread_id", "claim_id", "thread_id", "seq"),
        Index("ix_comments_article_id", "article_id", "seq"),
        Index("ix_comments_article_id_thread_id", "article_id", "thread_id", "seq"),
        Index("ix_comments_author_id", "author_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    claim_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Claim.id))
    article_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Article.id))
    thread_id: Mapped[str] = mapped_column(Id)
    text: Mapped[str]
    quote_snapshot: Mapped[int | None]
    quote_start: Mapped[int | None]
    quote_end: Mapped[int | None]
    quote_exact: Mapped[str | None]
    author_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    redacted_index: Mapped[int | None]
    revision: Mapped[int]
    changed_index: Mapped[int]


class CommentMention(Base):
    """Somebody whom a comment mentions, in the order of `position`; none of one that was withdrawn or redacted."""

    __tablename__ = "comment_mentions"
    __table_args__ = (Index("ix_comment_mentions_comment_seq", "comment_seq", "position"), IN_ITS_KEY)

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    comment_seq: Mapped[int] = mapped_column(LogIndex, ForeignKey(Comment.seq), primary_key=True)
    position: Mapped[int]
