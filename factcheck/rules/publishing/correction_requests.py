"""What readers may send who ask for a correction: how long it is, and how much of it there can be."""

from datetime import timedelta
from enum import StrEnum

LONGEST = 5_000  # code points of what is wrong
LONGEST_ANSWER = 5_000
# Anybody can send a request, and each is an entry of the log, which nobody can shorten.
MOST_IN_A_DAY = 500
DAY = timedelta(days=1)


class RequestState(StrEnum):
    """What readers may know of a request."""

    RECEIVED = "received"
    ANSWERED = "answered"
    REMOVED = "removed"  # redacted as a whole
