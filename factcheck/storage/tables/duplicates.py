"""The table of pairs of claims that are likely the same."""

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import IN_ITS_KEY, Base


class LikelyDuplicate(Base):
    """Two claims that likely say the same, each by its `seq`, the one that was entered first as the first.

    `found_index` is the log index of the entry at which the pair was found: lists page along it. No foreign keys: the
    follower removes what it no longer finds.
    """

    __tablename__ = "likely_duplicates"
    __table_args__ = (
        CheckConstraint("first_seq < second_seq", name="order"),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
        *(
            Index("_".join(["ix_likely_duplicates", *columns]), *columns)
            for columns in (
                ("found_index", "second_seq", "first_seq"),
                ("first_seq", "found_index", "second_seq"),
                ("second_seq", "found_index", "first_seq"),
            )
        ),
        IN_ITS_KEY,
    )

    first_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    second_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    score: Mapped[float]
    found_index: Mapped[int]
