"""The table of followers: how far each has read the log."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import IN_ITS_KEY, Base
from factcheck.storage.tables.columns import Id


class FollowerPosition(Base):
    """A follower's position: the log index of the entry that it applies next.

    It is written in the transaction that writes what the follower derives. `version` is the version of the rules by
    which that was derived; `rate` is how many entries a second the last batch took in.
    """

    __tablename__ = "followers"
    __table_args__ = (CheckConstraint("position >= 0", name="position"), IN_ITS_KEY)

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    position: Mapped[int]
    rate: Mapped[int]
    moved_at: Mapped[datetime]


class SourceReference(Base):
    """A source that the audit has seen in a claim, as it was entered: in the chain, the evidence or as the outlet.

    The audit finds by it which claims a merge of sources touches. No foreign keys: what it names is never deleted.
    """

    __tablename__ = "source_references"
    __table_args__ = IN_ITS_KEY

    source_id: Mapped[str] = mapped_column(Id, primary_key=True)
    claim_seq: Mapped[int] = mapped_column(primary_key=True, index=True)
