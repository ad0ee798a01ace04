"""The tables of feeds and of the inbox: where new articles come from, and which of them wait."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import Base, LogIndex
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person

_WAITING = text("left_index IS NULL")
_ACTIVE = text("removed_index IS NULL")


class Feed(Base):
    """A feed that is fetched again and again, until the entry at `removed_index`. `every` is an ISO 8601 duration.

    The rest is the state of fetching, as of a watch: `next_at` is null once the site said that the feed is gone.
    """

    __tablename__ = "feeds"
    __table_args__ = (
        CheckConstraint("(failures = 0) = (error IS NULL)", name="error"),
        Index("ix_feeds_next_at", "next_at", sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    url: Mapped[str]
    title: Mapped[str | None]
    every: Mapped[str]
    added_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    added_at: Mapped[datetime]
    revision: Mapped[int]
    removed_index: Mapped[int | None]
    next_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    failures: Mapped[int]
    error: Mapped[str | None]
    read_url: Mapped[str | None]
    etag: Mapped[str | None]
    modified: Mapped[str | None]


class InboxItem(Base):
    """A new item of a feed, which is the capture of its page. It waits until the entry at `left_index`.

    `article_id` is the article that was made of it; an item that left without one was dismissed. The keys are those by
    which it is known again.
    """

    __tablename__ = "inbox_items"
    __table_args__ = (
        Index("ix_inbox_items_waiting", "seq", sqlite_where=_WAITING, postgresql_where=_WAITING),
        CheckConstraint("article_id IS NULL OR left_index IS NOT NULL", name="article_id"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    capture_id: Mapped[str] = mapped_column(Id, ForeignKey(Capture.id), unique=True)
    feed_id: Mapped[str] = mapped_column(Id, ForeignKey(Feed.id), index=True)
    title: Mapped[str | None]
    published_at: Mapped[datetime | None]
    guid_key: Mapped[str] = mapped_column(String(64), index=True)
    link_key: Mapped[str] = mapped_column(String(64), index=True)
    left_index: Mapped[int | None]
    article_id: Mapped[str | None] = mapped_column(Id)  # no foreign key: captures are rebuilt before articles
