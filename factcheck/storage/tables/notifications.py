"""The tables of notifications: who gets which, and up to where they have seen them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.team.notifying import NotificationKind
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person


class Notification(Base):
    """An entry of the log that concerns somebody, and why it does.

    It is about a claim or an article, and of a comment on it, if it is one that says so. The follower `notifications`
    writes all of it, and can write it again from the log. So there are no foreign keys.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        one_of("kind", NotificationKind),
        Index("ix_notifications_person_id", "person_id", "kind", "log_index"),
        IN_ITS_KEY,
    )

    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    claim_id: Mapped[str | None] = mapped_column(Id, index=True)
    article_id: Mapped[str | None] = mapped_column(Id)
    comment_id: Mapped[str | None] = mapped_column(Id, index=True)
    actor_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]


class NotificationMark(Base):
    """The entry of the log up to which somebody has seen their notifications. No row: they have seen none."""

    __tablename__ = "notification_marks"

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    seen_index: Mapped[int]
