"""The one clock. Order never comes from it: that is the log's."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    """Write an instant as RFC 3339 with microseconds and Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
