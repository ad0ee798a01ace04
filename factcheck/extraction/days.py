"""On which day an article was published, where a page says it only in words."""

import re
from datetime import date
from html import escape
from itertools import islice
from typing import Any

from htmldate import find_date

# In its extensive search, htmldate takes any year of a text for the day of publication.
OF_TRAFILATURA = {"original_date": True, "extensive_search": False}
LONGEST = 60  # characters of a line that is a date
LINES = 5  # that are read
ELEMENTS = ("p", "div", "span", "time", "td", "li", "em", "font", "small")
_EAST_ASIAN = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日")  # htmldate reads the year alone
_YEAR, _DAY = re.compile(r"(?<!\d)(19|20)\d\d(?!\d)"), re.compile(r"(?<!\d)\d{1,2}(?!\d)")


def lines(tree: Any) -> list[str]:
    """Return the first short lines of a page that have a year and a day."""
    every = (" ".join((each.text or "")[: 2 * LONGEST].split()) for each in tree.iter(*ELEMENTS))
    return list(
        islice((each for each in every if len(each) <= LONGEST and _YEAR.search(each) and _DAY.search(each)), LINES)
    )


def first(of: list[str]) -> str | None:
    """Return the first day that these lines say."""
    return next(filter(None, map(_day, of)), None)


def _day(words: str) -> str | None:
    found = _EAST_ASIAN.search(words)
    if found:
        try:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        except ValueError:
            return None
    read = find_date(f"<html><body><p class='date'>{escape(words)}</p></body></html>", original_date=True)
    return None if read is None or read.endswith("-01-01") else read  # that is how it writes a year alone
