"""When mail is due, what an address is, and what a line of a mail may hold."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from factcheck.setting_values import MAIL_ADDRESS

MORNING = time(7)  # of the person's day: from then on they get their daily mail
LONGEST_ADDRESS = 254  # characters (RFC 5321, section 4.5.3.1.3, without the brackets)
LONGEST_LINE = 160  # characters of a text that a mail quotes
# Control characters and line ends, and what turns a text around.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def is_address(text: str) -> bool:
    """Say whether a text has the form of one address. Whether mail arrives there is another question."""
    return len(text) <= LONGEST_ADDRESS and MAIL_ADDRESS.fullmatch(text) is not None


def digest_day(moment: datetime, zone: str | None, last: date | None) -> date | None:
    """Return the day whose daily mail is due: today in the zone, from the morning on, unless `last` was that day."""
    try:
        here = moment.astimezone(ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):  # a name that the time zone database of this host does not have
        here = moment.astimezone(ZoneInfo("UTC"))
    today = here.date()
    # A day that is far ahead was noted by a clock that was wrong.
    over = last is None or last < today or last > today + timedelta(days=1)
    return today if here.time() >= MORNING and over else None


def line(text: str) -> str:
    """Return a text as one line, cut to a length at which a mail stays easy to read."""
    whole = " ".join(_UNSAFE.sub(" ", text).split())
    return whole if len(whole) <= LONGEST_LINE else f"{whole[: LONGEST_LINE - 1].rstrip()}…"
