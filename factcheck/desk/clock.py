"""The one clock. Order never comes from it: that is the log's."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    """Write an instant as RFC 3339 with microseconds and Z; strftime would write the year 81 with two digits."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
