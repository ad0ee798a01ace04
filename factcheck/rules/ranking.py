"""Which of the texts that hold a query hold it best: the same order on every database.

BM25 (Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009) without the weight of rare
words: each hit holds all of the words, so it would change little, and counting how rare a word is costs what there is
of it.
"""

from collections.abc import Sequence

from factcheck.rules.text.excerpts import Phrase

SATURATION = 1.2  # k1
BY_LENGTH = 0.75  # b
USUAL = 40  # words of a claim with its quotes; a constant, so that a page's last score means the same on the next one


def needle(phrase: Phrase) -> str:
    """Return what stands in ``f" {words} "`` of a text just where the phrase does."""
    return f" {' '.join(phrase.words)}" + ("" if phrase.open else " ")


def score(words: str, needles: Sequence[str]) -> float:
    """Return how well a text holds the needles: more is better. `words` are folded and parted by single spaces."""
    padded = f" {words} "
    dampened = SATURATION * (1 - BY_LENGTH + BY_LENGTH * padded.count(" ") / USUAL)
    found = (padded.count(each) for each in needles)
    return sum(times * (SATURATION + 1) / (times + dampened) for times in found)
