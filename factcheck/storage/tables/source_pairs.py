"""The table of pairs of sources that may be one."""

from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import IN_ITS_KEY, Base
from factcheck.storage.tables.columns import Json


class SourcePair(Base):
    """Two sources that may be one and that nobody has judged, each by its `seq`, the one added first as the first.

    `first_kind` and `second_kind` are what the two are, for lists of one kind. No foreign keys: the follower removes
    what it no longer finds.
    """

    __tablename__ = "source_pairs"
    __table_args__ = (
        CheckConstraint("first_seq < second_seq", name="order"),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
        Index("ix_source_pairs_second_seq", "second_seq"),
        *(
            Index("_".join(["ix_source_pairs", *columns]), *columns)
            for columns in (
                ("score", "second_seq", "first_seq"),
                ("first_kind", "score", "second_seq", "first_seq"),
                ("second_kind", "score", "second_seq", "first_seq"),
            )
        ),
        IN_ITS_KEY,
    )

    first_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    second_seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    score: Mapped[float]
    because: Mapped[Any] = mapped_column(Json)
    first_kind: Mapped[str]
    second_kind: Mapped[str]
