"""What our verdicts are called elsewhere, in words and in numbers: `ratings.json`, one table for all formats.

The number is larger the truer, as schema.org's examples and Google's have it. What cannot be known has no place between
false and true, so it has no number. Whoever changes a word or a number raises the table's version.
"""

from importlib.resources import files
from typing import NamedTuple

import orjson


class Rating(NamedTuple):
    """A verdict in words, as a number from WORST to BEST if it has one, and in AVeriTeC's terms."""

    words: str
    value: int | None
    averitec: str


_TABLE = orjson.loads(files(__package__).joinpath("ratings.json").read_bytes())
VERSION: int = _TABLE["version"]
WORST: int = _TABLE["worst"]
BEST: int = _TABLE["best"]
RATINGS: dict[str, Rating] = {status: Rating(**row) for status, row in _TABLE["ratings"].items()}
