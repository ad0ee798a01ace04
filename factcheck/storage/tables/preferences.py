"""The tables of what people chose for themselves, and of what is mailed to them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.team.filtering import FilteredList
from factcheck.rules.team.notifying import Delivery, NotificationKind
from factcheck.storage.tables.base import IN_ITS_KEY, Base, one_of
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.people import Person


class Preference(Base):
    """How a person wants their pages: in which language, as a tag, and in which time zone. Null: as the browser says.

    And the address to which the desk sends them mail, and when they ended the tour of the desk. No row: they
    chose nothing. It is theirs alone, and not in the log.
    """

    __tablename__ = "preferences"

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    language: Mapped[str | None]
    time_zone: Mapped[str | None]
    email: Mapped[str | None]
    toured_at: Mapped[datetime | None]


class SavedFilter(Base):
    """A filter of a list that a person gave a name to. `query` is that of the list's address, without the page.

    It is theirs alone, and not in the log.
    """

    __tablename__ = "saved_filters"
    __table_args__ = (
        one_of("list_name", FilteredList),
        UniqueConstraint("person_id", "list_name", "name"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    list_name: Mapped[str]
    name: Mapped[str]
    query: Mapped[str]
    saved_at: Mapped[datetime]


class MailChoice(Base):
    """When notifications of a kind are mailed to a person, and the entry of the log up to which that was done.

    Whoever has an address has a row for each kind: a migration that adds a kind adds its rows.
    """

    __tablename__ = "mail_choices"
    __table_args__ = (one_of("kind", NotificationKind), one_of("delivery", Delivery), IN_ITS_KEY)

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    delivery: Mapped[str]
    mailed_index: Mapped[int]


class MailMark(Base):
    """Where the sending of mail to a person is: one row for everybody who has an address, or had one.

    `daily_on` is the last day, in their time zone, on which it was looked whether they get a daily mail. The others are
    the last entries of the log of which a mail tells that may be on its way: a repeat is that mail again, and no more.
    """

    __tablename__ = "mail_marks"

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    daily_on: Mapped[date | None]
    at_once_begun: Mapped[int | None]
    daily_begun: Mapped[int | None]
