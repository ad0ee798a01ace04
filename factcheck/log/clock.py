"""The one clock. Order never comes from it: that is the log's."""

from datetime import UTC, datetime
from functools import lru_cache


def now() -> datetime:
    """Return this instant in UTC."""
    return datetime.now(UTC)


@lru_cache(maxsize=64)  # a page, or what an import enters at once, has the same ones again and again
def stamp(instant: datetime) -> str:
    """Write an instant as RFC 3339 with microseconds and Z; strftime would write the year 81 with two digits."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
