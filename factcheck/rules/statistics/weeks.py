"""Weeks of ISO 8601 in UTC, each named by its Monday, and the ages of what is open."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from factcheck.messages import message

WEEK = timedelta(days=7)


class Age(NamedTuple):
    """An age in days: from `least` until before `below`, None for no end."""

    name: str
    least: int
    below: int | None


# Days are those between two dates in UTC: what was added yesterday is one day old.
AGES = (
    Age(message("under 1 day"), 0, 1),
    Age(message("1 to 3 days"), 1, 3),
    Age(message("3 to 7 days"), 3, 7),
    Age(message("1 to 4 weeks"), 7, 28),
    Age(message("4 weeks or more"), 28, None),
)


def day_of(at: datetime) -> date:
    """Return the date of an instant in UTC."""
    return at.astimezone(UTC).date()


def week_of(day: date) -> date:
    """Return the Monday of the week that a day is in."""
    return day - timedelta(days=day.weekday())


def weeks(first: date, last: date) -> list[date]:
    """Return the Mondays from one to another."""
    return [first + number * WEEK for number in range((last - first) // WEEK + 1)]


def name(monday: date) -> str:
    """Return the name of a week as ISO 8601 writes it, such as `2026-W09`."""
    year, number, _ = monday.isocalendar()
    return f"{year:04}-W{number:02}"


def age_of(day: date, today: date) -> int:
    """Return the age of what began on a day, as its place in AGES."""
    old = (today - day).days
    return next((place for place in reversed(range(len(AGES))) if old >= AGES[place].least), 0)
