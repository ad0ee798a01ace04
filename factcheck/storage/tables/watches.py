"""The table of watches: which articles are fetched again and again, and what became of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.columns import Id


class Watch(Base):
    """One article that is watched, by the entry at `set_index`. `every` is an ISO 8601 duration.

    The rest is the state of watching: `next_at` is when the page is due, `failures` counts those in a row, and `error`
    says why the last check failed. `etag` and `modified` are what the server said of the page at `url` when its text
    was last read: with them it is asked whether it has another one.
    """

    __tablename__ = "watches"
    __table_args__ = (
        CheckConstraint("(failures = 0) = (error IS NULL)", name="error"),
        Index("ix_watches_next_at", "next_at"),
    )

    article_id: Mapped[str] = mapped_column(Id, ForeignKey(Article.id), primary_key=True)
    every: Mapped[str]
    until: Mapped[datetime | None]
    set_by_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"))
    set_index: Mapped[int]
    set_at: Mapped[datetime]
    next_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    failures: Mapped[int]
    error: Mapped[str | None]
    url: Mapped[str | None]
    etag: Mapped[str | None]
    modified: Mapped[str | None]
