"""Rating scales: the house's own words for verdicts.

A verdict may name one rating, which has to belong to the verdict's status. What the verdict stores is the rating as it
was then, in the scale's own language, so that no later change of a scale rewords what was published.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
SCALES = 20  # active scales of a desk at most: forms offer all of their ratings
RATINGS = 30  # of one scale
LANGUAGES = 40  # in which a scale has words
REWORDED = "rating"  # the log's field of the rating that a verdict names


def named(scale_id: str, language: str, ratings: Sequence[Json], key: str) -> Json | None:
    """Return a scale's rating as a verdict names it, None if the scale has no such key.

    `number` is null if the rating has none; `best` and `worst` are the ends of the scale's numbers.
    """
    rating = next((each for each in ratings if each["key"] == key), None)
    if rating is None:
        return None
    numbers = [each["number"] for each in ratings if each["number"] is not None]
    is_number = rating["number"] is not None
    return {  # its members in the order of the alphabet, as the log has them
        "best": max(numbers) if is_number else None,
        "key": key,
        "label": rating["labels"][language],
        "language": language,
        "number": rating["number"],
        "scale_id": scale_id,
        "worst": min(numbers) if is_number else None,
    }


def in_language(words: Mapping[str, str], wanted: str) -> str | None:
    """Return the text in a language: of exactly that tag, else of the language that it begins with, else None."""
    found = words.get(wanted)
    return found if found is not None else words.get(wanted.partition("-")[0])
