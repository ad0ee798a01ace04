"""Find the quotes of one version of a text again in another version of it.

A quote is taken to be at a place only where it is the same words, and where nothing says that they are other words of
the same wording: a sentence that stands twice is told apart by what surrounds it. Words that are merely similar are
shown, never taken: that is for a person to decide. Words are compared in their folded form (`text.typography`).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from factcheck.rules.selectors import Effort, Span, occurrences, span
from factcheck.rules.sources import CurrentState
from factcheck.rules.text.typography import Folded

COMPARED = 100  # code points that could be read in the time that comparing one with another takes
NEAR = 32  # characters on each side that a quote takes along when it moves with its context
FAR = 2000  # characters on each side that tell two places of the same words apart
CLEAR = 8  # characters by which one place must fit better than another
FEW = 40  # places of the same words that are compared
LIKE = 0.2  # share of words in common from which on other words at the same place are shown as the changed quote
LONGER = 200  # characters that a changed quote may have more than twice its old length


@dataclass(frozen=True)
class Found:
    """Where a quote is in the newer version. `place` is None for one that is orphaned."""

    state: CurrentState
    place: Span | None


class Versions:
    """Two versions of one text, in which any number of quotes are looked for."""

    def __init__(self, old: str, new: str, effort: Effort | None = None) -> None:
        self._old, self._new = Folded(old), Folded(new)
        self._effort = effort or Effort()
        self._lines = _unchanged_lines(old, new)

    def find(self, start: int, end: int) -> Found:
        """Return where the words at ``[start, end)`` of the old version are in the new one.

        Raises QuoteCostly when all quotes together took too long to find.
        """
        whole = self._in_unchanged_line(start, end)
        if whole is not None:
            return Found(CurrentState.EXACT, whole)
        old = self._old.at(start), self._old.at(end)
        if old[0] == old[1]:  # nothing that can be seen
            return Found(CurrentState.ORPHANED, None)
        new = self._same_words(*old)
        if new is None:
            changed = self._between_its_neighbours(*old)
            return Found(CurrentState.CHANGED, changed) if changed else Found(CurrentState.ORPHANED, None)
        place = span(self._new.source, *self._new.place(*new))
        if place.exact != self._old.source[start:end]:
            return Found(CurrentState.EQUIVALENT, place)
        near = all(side >= NEAR for side in self._agreement(old, new, NEAR))
        return Found(CurrentState.EXACT if near else CurrentState.MOVED, place)

    def _in_unchanged_line(self, start: int, end: int) -> Span | None:
        """Return the place in a line that is there once in both versions: most quotes of a long text are in one."""
        begins = self._old.source.rfind("\n", 0, start) + 1
        ends = self._old.source.find("\n", start)
        line = self._old.source[begins : ends if ends >= 0 else None]
        if line not in self._lines or end > begins + len(line):
            return None
        moved = self._lines[line] - begins
        return span(self._new.source, start + moved, end + moved)

    def _same_words(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the place of the same words in the new version, if it is the only one that can be meant.

        Each place in the new version goes to the place in the old one whose surroundings it shares most. So the words
        of a sentence that was deleted are not found in another sentence that has them too.
        """
        before, behind = self._places(self._old, start, end), self._places(self._new, start, end)
        if max(len(before), len(behind)) > FEW:
            return self._with_surroundings(start, end)
        if not behind:
            return None
        own = {at: self._fit((start, end), at) for at in behind}
        best = max(behind, key=lambda at: own[at])
        if len(before) == 1:  # no other words can be meant; a copy of the sentence is as good as the sentence
            short, copied = end - start < NEAR, len(behind) > 1
            return best if own[best] >= (NEAR if copied else CLEAR if short else 0) else None
        rivals = [own[at] for at in behind if at != best]
        rivals += [self._fit(at, best) for at in before if at != (start, end)]
        return best if own[best] >= max(rivals) + CLEAR else None

    def _places(self, text: Folded, start: int, end: int) -> list[tuple[int, int]]:
        """Return the places of a quote's words, where they cut no word that the quote does not cut; a few at most."""
        words = self._old.text[start:end]
        cuts = _cuts_word(self._old.text, start), _cuts_word(self._old.text, end)
        places = (
            (at, at + len(words))
            for at in occurrences(text.text, words, self._effort)
            if (cuts[0] or not _cuts_word(text.text, at)) and (cuts[1] or not _cuts_word(text.text, at + len(words)))
        )
        return list(islice(places, FEW + 1))

    def _with_surroundings(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the place of words that are all over the text, by what is right before and behind them."""
        begins, ends = max(0, start - NEAR), min(len(self._old.text), end + NEAR)
        whole = self._old.text[begins:ends]
        if len(list(islice(occurrences(self._old.text, whole, self._effort), 2))) > 1:
            return None
        at = self._only(whole)
        return None if at is None else (at + start - begins, at + end - begins)

    def _fit(self, old: tuple[int, int], new: tuple[int, int]) -> int:
        return sum(self._agreement(old, new, FAR))

    def _agreement(self, old: tuple[int, int], new: tuple[int, int], most: int) -> tuple[int, int]:
        """Return how many characters before and behind two places are the same; `most` where both texts end there."""
        self._effort.spend(2 * most * COMPARED)
        left = zip(_backwards(self._old.text, old[0], most), _backwards(self._new.text, new[0], most), strict=False)
        right = zip(self._old.text[old[1] : old[1] + most], self._new.text[new[1] : new[1] + most], strict=False)
        before, behind = (sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], side)) for side in (left, right))
        at_begin = before == old[0] == new[0]
        at_end = behind == len(self._old.text) - old[1] == len(self._new.text) - new[1]
        return most if at_begin else before, most if at_end else behind

    def _between_its_neighbours(self, start: int, end: int) -> Span | None:
        """Return other words that stand between what stood before and behind the quote, if they are like it."""
        before = self._old.text[max(0, start - NEAR) : start]
        behind = self._old.text[end : end + NEAR]
        begins = self._only(before) if before else 0
        ends = self._only(behind) if behind else len(self._new.text)
        if begins is None or ends is None:
            return None
        begins += len(before)
        words = self._new.text[begins:ends].strip()
        if begins >= ends or not words or len(words) > 2 * (end - start) + LONGER:
            return None
        begins = self._new.text.index(words, begins)
        if _in_common(self._old.text[start:end].split(), words.split()) < LIKE:
            return None
        return span(self._new.source, *self._new.place(begins, begins + len(words)))

    def _only(self, words: str) -> int | None:
        """Return the only place of these words in the new version."""
        found = list(islice(occurrences(self._new.text, words, self._effort), 2))
        return found[0] if len(found) == 1 else None


def _unchanged_lines(old: str, new: str) -> dict[str, int]:
    """Return the lines that both versions have exactly once, with where they begin in the new one."""
    once_before = {line for line, times in Counter(old.split("\n")).items() if times == 1 and line}
    lines, at = new.split("\n"), 0
    times = Counter(lines)
    found: dict[str, int] = {}
    for line in lines:
        if line in once_before and times[line] == 1:
            found[line] = at
        at += len(line) + 1
    return found


def _in_common(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the share of words in common, wherever they stand (Sørensen–Dice coefficient), 0 to 1."""
    return 2 * (Counter(one) & Counter(other)).total() / (len(one) + len(other))


def _cuts_word(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _backwards(text: str, at: int, most: int) -> Iterator[str]:
    return reversed(text[max(0, at - most) : at])
