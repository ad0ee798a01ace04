"""What our verdicts are called elsewhere, in words and in numbers: `ratings.json`, one table for all formats.

The number is larger the truer, as schema.org's examples and Google's have it. What cannot be known has no place between
false and true, so it has no number. Whoever changes a word or a number raises the table's version.
"""

from importlib.resources import files
from typing import Any, NamedTuple

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


HOUSE_WORD = "the house's word for the verdict stands in its place"


def words_of(claim: dict[str, Any]) -> str:
    """Return what a claim's verdict is called: the house's own word if the verdict names a rating."""
    words: str = claim["rating"]["label"] if "rating" in claim else RATINGS[claim["status"]].words
    return words


def numbers_of(claim: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return a verdict as a number, with the best and the worst of its scale: the house's own, or the table's."""
    if "rating" in claim:
        rating = claim["rating"]
        return rating["number"], rating["best"], rating["worst"]
    return RATINGS[claim["status"]].value, BEST, WORST
