"""When a watched page is looked at again, and what a site can say about that."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from factcheck.rules.web.fetches import Failure

LEAST = timedelta(hours=1)  # between two checks of a page
MOST = timedelta(days=366)
LONGEST_BACK_OFF = timedelta(days=1)
LONGEST_WAIT = timedelta(days=1)  # that a server may ask for by Retry-After
JITTER = 0.1  # of the interval, at most, by which a check is early: so the pages of a site do not come all at once


class Unwatched(StrEnum):
    """Why a page could not be checked, beside the reasons why one cannot be captured."""

    NO_URL = "no_url"
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    TOO_COSTLY = "too_costly"


# What is wrong with the whole host and not with one page of it.
OF_HOST = frozenset({
    Failure.UNRESOLVED, Failure.UNREACHABLE, Failure.TIMEOUT, Unwatched.ROBOTS_UNREACHABLE, "http_429", "http_503"
})  # fmt: skip


def wait(every: timedelta, failures: int, spread: float) -> timedelta:
    """Return how long to wait for the next check after so many failures in a row; `spread` is from 0 to 1.

    Each failure after the first doubles the wait, up to a day. An interval that is longer stays as it is.
    """
    longer: timedelta = min(every * 2 ** min(max(failures - 1, 0), 16), max(every, LONGEST_BACK_OFF))
    return longer * (1 - JITTER * spread)


def retry_after(header: str | None, moment: datetime) -> timedelta:
    """Return how long a server asks to be left alone, in seconds or until a date: at most a day, 0 if it does not."""
    if header is None:
        return timedelta(0)
    header = header.strip()
    if header.isascii() and header.isdigit():
        return min(timedelta(seconds=int(header[:9])), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return timedelta(0)
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - moment, timedelta(0)), LONGEST_WAIT)


def same_text(one: str, other: str) -> bool:
    """Say whether two texts have the same words and marks: spaces and line ends make no other text."""
    return one.split() == other.split()
