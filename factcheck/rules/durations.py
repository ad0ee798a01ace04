"""Durations of ISO 8601, in weeks, days, hours, minutes and seconds. Months and years have no fixed length."""

import re
from datetime import timedelta

from factcheck.messages import message

_WRITTEN = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W|(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})S)?)?)",
    re.ASCII,
)


def read(text: str) -> timedelta:
    """Read a duration such as `PT6H` or `P1DT12H`. Raises ValueError with words for the client."""
    found = _WRITTEN.fullmatch(text)
    given = {name: int(value) for name, value in found.groupdict().items() if value} if found else {}
    if not given:
        raise ValueError(
            message("Must be an ISO 8601 duration in weeks, days, hours, minutes and seconds, such as PT6H.")
        )
    return timedelta(**given)


def written(duration: timedelta) -> str:
    """Write a duration of whole seconds in the one form that each has."""
    hours, seconds = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    days = f"{duration.days}D" if duration.days else ""
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    return f"P{days}{f'T{time}' if time else ''}" if days or time else "PT0S"
