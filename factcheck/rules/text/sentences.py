"""Find the sentences of a text, well enough to show which of them no claim was taken from."""

import re
from collections.abc import Iterable, Iterator

# A line break ends a sentence, and so does a full stop with what closes behind it, before space and then no small
# letter: "3.5 million", "the U.S. president" and "e.g. this" go on. A name after an abbreviation ("Mr. Smith") is cut,
# which shows as a short sentence and hides none.
# Looking back at the full stop keeps this linear in a text of a million of them.
_END = re.compile(r"\n+|(?<=[.!?…])[\"'”’»)\]]*(?=\s+[^\sa-z])|[。！？]+")
_WORD = re.compile(r"\w")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the place ``(start, end)`` of each sentence, without the space around it; what holds no word is none."""
    at = 0
    for end in [*(found.end() for found in _END.finditer(text)), len(text)]:
        stretch = text[at:end]
        start = at + len(stretch) - len(stretch.lstrip())
        stop = at + len(stretch.rstrip())
        if _WORD.search(text, start, stop):
            yield start, stop
        at = end


def uncovered(text: str, quotes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the sentences that no quote touches."""
    taken = sorted(quotes)
    found: list[tuple[int, int]] = []
    reach, at = 0, 0  # how far the quotes reach that begin before the sentence ends
    for start, end in sentences(text):
        while at < len(taken) and taken[at][0] < end:
            reach = max(reach, taken[at][1])
            at += 1
        if reach <= start:
            found.append((start, end))
    return found
