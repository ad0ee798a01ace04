"""Times in forms, which have no time zone: they are in the reader's."""

from datetime import datetime
from zoneinfo import ZoneInfo

from factcheck.web.speaking import languages


def zone_name() -> str:
    """Return the name of the reader's time zone."""
    return languages.speech().time_zone or "UTC"


def instant(local: str) -> str:
    """Return a time that a form gives in RFC 3339; what is none stays, to be refused."""
    try:
        moment = datetime.fromisoformat(local)
    except ValueError:
        return local
    return local if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone_name())).isoformat()


def field(moment: str | None) -> str:
    """Return a time in RFC 3339 as the field of a form has it, to the minute."""
    if moment is None:
        return ""
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone_name())).strftime("%Y-%m-%dT%H:%M")
