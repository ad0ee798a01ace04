"""The tables of statistics: what is counted per week, and what happened to each claim, from which that follows.

The follower `statistics` writes all of it, and can write it again from the log. So there are no foreign keys.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.statistics.counting import Act
from factcheck.rules.status import Question
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.columns import Id, Json


class StatisticCount(Base):
    """How often something was counted: see `rules/statistics/counting.py`.

    `scope` is empty for the whole desk, or names a tag or an outlet; `person` is empty for all people together.
    `day` is the Monday of a week (UTC); of what is open, the day on which it was added.
    """

    __tablename__ = "statistic_counts"
    __table_args__ = IN_ITS_KEY

    scope: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]


class StatisticClaim(Base):
    """A claim as it is counted. Of a redacted one, article, outlet and tags are not known any more."""

    __tablename__ = "statistic_claims"

    claim_seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    added_at: Mapped[datetime]
    added_by_id: Mapped[str] = mapped_column(Id)
    article_id: Mapped[str | None] = mapped_column(Id, index=True)
    outlet_id: Mapped[str | None] = mapped_column(Id)
    tags: Mapped[Any] = mapped_column(Json)
    active: Mapped[bool]


class StatisticEvent(Base):
    """What an entry did to one question of a claim: it moved the status, undid that, or gave a second opinion."""

    __tablename__ = "statistic_events"
    __table_args__ = (one_of("question", Question), one_of("act", Act), IN_ITS_KEY)

    claim_seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    question: Mapped[str] = mapped_column(primary_key=True)
    act: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    actor_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
