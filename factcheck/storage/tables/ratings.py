"""The table of rating scales: the house's words for verdicts."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import Base, LogIndex
from factcheck.storage.tables.columns import Id, Json


class RatingScale(Base):
    """A scale, until the entry at `withdrawn_index`. `ratings` are in the scale's order, each with its key, its status,
    its number or null, and its labels and definitions by language. `language` is the one that every label has.
    """

    __tablename__ = "rating_scales"
    __table_args__ = (CheckConstraint("(withdrawn_index IS NULL) = (withdrawn_at IS NULL)", name="withdrawal"),)

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    name: Mapped[str]
    language: Mapped[str]
    description: Mapped[str | None]
    url: Mapped[str | None]
    ratings: Mapped[Any] = mapped_column(Json)
    revision: Mapped[int]
    added_at: Mapped[datetime]
    withdrawn_index: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]
