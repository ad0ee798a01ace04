"""The tables of quotes, and of the steps by which a claim goes back to its origin."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.sources import AnchorState, CurrentState, Directness
from factcheck.storage.tables.base import Base, one_of
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.sources import Source


class QuoteRole(StrEnum):
    CLAIM = "claim"  # the words of the claim
    SOURCE = "source"  # the words that name a hop's source
    CUE = "cue"  # the words of a hop's cue


class Quote(Base):
    """One span of one snapshot. `hop` counts hops from 0 and is -1 for the claim's own words.

    The columns `now_…` say where it is in the article's newest snapshot; they are empty while that is its own.
    """

    __tablename__ = "quotes"
    __table_args__ = (
        one_of("role", QuoteRole),
        one_of("state", AnchorState),
        one_of("now_state", CurrentState, nullable=True),
        CheckConstraint("start_at >= 0 AND start_at < end_at", name="span"),
        CheckConstraint("(role = 'claim') = (hop = -1)", name="place"),
    )

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id), primary_key=True)
    hop: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    snapshot: Mapped[int]
    exact: Mapped[str]
    prefix: Mapped[str]
    suffix: Mapped[str]
    start_at: Mapped[int]
    end_at: Mapped[int]
    state: Mapped[str]
    now_snapshot: Mapped[int | None]
    now_start: Mapped[int | None]
    now_end: Mapped[int | None]
    now_exact: Mapped[str | None]
    now_state: Mapped[str | None]


class Hop(Base):
    """One step of the chain from the article (position 0 is nearest to it) to the origin."""

    __tablename__ = "hops"
    __table_args__ = (
        one_of("directness", Directness),
        CheckConstraint("source_id IS NOT NULL OR described_as IS NOT NULL", name="somebody"),
    )

    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Source.id), index=True)
    described_as: Mapped[str | None]
    cue: Mapped[str | None]
    directness: Mapped[str]
    on_behalf_of_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Source.id), index=True)
    interested: Mapped[bool | None]
    note: Mapped[str | None]
