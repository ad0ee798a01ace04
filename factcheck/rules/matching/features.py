"""What a text and a claim share, as numbers: the more alike, the more. They order the claims that were found.

BM25 is Robertson & Zaragoza's, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009). How long a text usually
is, is a constant, so that two texts get the same numbers on every desk but for how rare their words are there.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import fsum, log
from typing import Protocol

from factcheck.rules.languages.guessing import SMALL
from factcheck.rules.matching.terms import Terms, terms
from factcheck.rules.text.words import unaccented

SATURATION, BY_LENGTH = 1.2, 0.75  # k1 and b
USUAL_WORDS, USUAL_GRAMS = 26, 145  # of a claim with its article's title
LIKE = 10_000  # claims: a term tells as much on a smaller or larger desk as it would on one of so many
SMOOTHED = 30  # claims without any term that are added, so that a desk of two claims has no rare words
EVERYWHERE = 15  # of them have each small word
FEATURES = (
    "words", "grams", "grams_share", "text_found", "title_found", "text_pieces", "rarest", "common", "figures_more",
)  # fmt: skip
SMALL_WORDS = frozenset(unaccented(word) for words in SMALL.values() for word in words)


class Statistics(Protocol):
    """What the index knows of all claims: how many there are, and how many have a term in a field."""

    def claims(self) -> int: ...

    def frequency(self, field: str, term: str) -> int: ...


class Rarity:
    """How much each term tells (its inverse document frequency), each looked up once."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._all = statistics.claims() + SMOOTHED
        self._stretched = log(LIKE) / log(self._all)
        self._known: dict[tuple[str, str], float] = {}
        self._of_grams: dict[int, float] = {}

    def word(self, term: str) -> float:
        return self._of("statement", term)

    def gram(self, term: str) -> float:
        return self._of("grams", term)

    def of_grams(self, text: "Text") -> float:
        """Return how much all pieces of a text that is looked for tell."""
        known = self._of_grams.get(id(text))
        if known is None:
            known = self._of_grams[id(text)] = fsum(map(self.gram, text.grams))
        return known

    def _of(self, field: str, term: str) -> float:
        known = self._known.get((field, term))
        if known is None:
            having = self._statistics.frequency(field, term) + (EVERYWHERE if term in SMALL_WORDS else 0.5)
            lacking = max(0.0, self._all - having)
            known = self._known[field, term] = self._stretched * log(1 + (lacking + 0.5) / (having + 0.5))
        return known


@dataclass(frozen=True)
class Text:
    """A text that is looked for, or a claim with its article's title, by its terms."""

    said: Terms
    title: Terms | None = None

    @cached_property
    def key(self) -> tuple[str, ...]:
        """What is the same for texts of the same words in whatever order."""
        return tuple(sorted({*self.said.words}))

    @cached_property
    def words(self) -> Counter[str]:
        return Counter([*self.said.words, *(self.title.words if self.title else ())])

    @cached_property
    def grams(self) -> Counter[str]:
        return Counter([*self.said.grams, *(self.title.grams if self.title else ())])


def text_of(said: str, title: str | None = None, language: str | None = None) -> Text:
    """Take a text apart, in the language of this tag or the one that it seems to be in."""
    return Text(terms(said, language=language), terms(title, language=language) if title else None)


def features(asked: Text, claim: Text, rarity: Rarity) -> list[float]:
    """Return the FEATURES of a claim for a text, in their order."""
    grams = _bm25(asked.grams, claim.grams, rarity.gram, USUAL_GRAMS)
    shared = [rarity.word(each) for each in asked.words.keys() & claim.words.keys()]
    figures = _figures(claim.words)
    return [
        _bm25(asked.words, claim.words, rarity.word, USUAL_WORDS) / 10,
        grams / 10,
        grams / ((SATURATION + 1) * rarity.of_grams(asked) or 1),
        _weighed(claim.said.words, asked.words, rarity.word),
        _weighed(claim.title.words, asked.words, rarity.word) if claim.title else 0.0,
        _share(claim.said.grams, asked.grams),
        max(shared, default=0.0) / 10,
        log(1 + len(shared)),
        len(figures - asked.words.keys()) / len(figures) if figures else 0.0,
    ]


def _bm25(asked: Mapping[str, int], claim: Counter[str], rare: Callable[[str], float], usual: int) -> float:
    dampened = SATURATION * (1 - BY_LENGTH + BY_LENGTH * claim.total() / usual)
    both = ((rare(term), claim[term]) for term in asked.keys() & claim.keys())
    return fsum(weight * times * (SATURATION + 1) / (times + dampened) for weight, times in both)


def _weighed(some: Iterable[str], there: Mapping[str, int], rare: Callable[[str], float]) -> float:
    """Return how much of what some terms tell is there, from 0 to 1."""
    weights = {term: rare(term) for term in some}
    return fsum(weight for term, weight in weights.items() if term in there) / (fsum(weights.values()) or 1)


def _share(some: Iterable[str], there: Mapping[str, int]) -> float:
    different = dict.fromkeys(some)
    return sum(term in there for term in different) / (len(different) or 1)


def _figures(words: Iterable[str]) -> set[str]:
    return {word for word in words if word[0].isdigit()}
