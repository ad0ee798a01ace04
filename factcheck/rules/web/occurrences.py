"""What an occurrence of a claim is: one place where somebody said it."""

import re
from enum import StrEnum


class OccurrenceKind(StrEnum):
    ARTICLE = "article"
    SOCIAL_POST = "social_post"
    SPEECH = "speech"
    BROADCAST = "broadcast"
    VIDEO = "video"
    IMAGE = "image"


TIMED = frozenset({OccurrenceKind.BROADCAST, OccurrenceKind.VIDEO})  # those that have a timecode
# Hours, minutes and seconds from the beginning, each with two digits.
TIMECODE = re.compile(r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])")
TIMECODE_LENGTH = 8


def seconds(timecode: str) -> int:
    """Return the seconds from the beginning to a timecode. Raises ValueError for what is no timecode."""
    match = TIMECODE.fullmatch(timecode)
    if match is None:
        raise ValueError(f"{timecode!r} is no timecode")
    hours, minutes, rest = map(int, match.groups())
    return 3600 * hours + 60 * minutes + rest
