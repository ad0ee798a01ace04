"""The table of assignments: to whom a claim is assigned, and until when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.team.assigning import Priority
from factcheck.storage.tables.base import Base, LogIndex, one_of
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person

_OPEN, _DATED = text("person_id IS NOT NULL"), text("due_on IS NOT NULL")


class Assignment(Base):
    """To whom a claim is assigned, since `assigned_at`. A claim has one row, from the first time on.

    A released one is nobody's: it has no person, no day and no note.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        one_of("priority", Priority),
        CheckConstraint("person_id IS NOT NULL OR (due_on IS NULL AND note IS NULL)", name="released"),
        Index("ix_assignments_person_id", "person_id", "seq"),
        Index("ix_assignments_due_on", "person_id", "due_on", "seq"),
        Index("ix_assignments_priority", "priority", "claim_id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_assignments_day", "due_on", "claim_id", sqlite_where=_DATED, postgresql_where=_DATED),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    claim_id: Mapped[str] = mapped_column(Id, ForeignKey(Claim.id), unique=True)
    person_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Person.id))
    due_on: Mapped[date | None]
    priority: Mapped[str] = mapped_column(String(20))
    note: Mapped[str | None]
    assigned_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    assigned_at: Mapped[datetime]
    revision: Mapped[int]
