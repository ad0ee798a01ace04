"""The table of what people chose for themselves."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import Base
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person


class Preference(Base):
    """How a person wants their pages: in which language, as a tag, and in which time zone. Null: as the browser says.

    No row: they chose nothing. It is theirs alone, and not in the log.
    """

    __tablename__ = "preferences"

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
