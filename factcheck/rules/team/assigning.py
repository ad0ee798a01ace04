"""Assignments: how pressing one is, and when it is due."""

from datetime import date, timedelta
from enum import StrEnum


class Priority(StrEnum):
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Due(StrEnum):
    """By when assignments are due that are looked for. Days are those of UTC."""

    OVERDUE = "overdue"  # their day has passed
    TODAY = "today"  # today, or their day has passed
    WEEK = "week"  # within seven days with today, or their day has passed

    def last_day(self, today: date) -> date:
        """Return the last day on which they are due."""
        return today + timedelta(days={Due.OVERDUE: -1, Due.TODAY: 0, Due.WEEK: 6}[self])
