"""The scale of a model: the cosines of one model mean something else than those of another.

So a model reads these sentences first, which we wrote ourselves. How close unrelated ones are, is 0, how close two are
that say the same in other words, is 1. What is fitted with one model then holds with another.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean
from typing import NamedTuple

from factcheck.followers.embeddings.vectors import ModelFailed, SentenceModel, Vector, cosine, cosine_of_packed

LEAST = 0.1  # between the two: a model that tells sentences apart less is none
SAME = (
    "The city closed its last coal plant in spring.",
    "In spring, the town shut down its only remaining coal power station.",
    "The minister resigned over a forged diploma.",
    "A fake degree forced the minister out of office.",
    "Cats kill more birds than wind turbines do.",
    "More birds die because of cats than because of turbines.",
    "The vaccine was tested on forty thousand people.",
    "Forty thousand volunteers took part in the trial of the vaccine.",
    "The bridge was built without steel.",
    "No steel was used when they constructed the bridge.",
    "A photo shows sharks swimming on a flooded motorway.",
    "The picture of a shark on the highway was taken during the flood.",
    "Unemployment fell to its lowest level in ten years.",
    "The jobless rate has not been this low for a decade.",
    "The singer gave all the money from her concert to schools.",
    "Schools received everything that the singer earned with her concert.",
)  # two by two


class Scale(NamedTuple):
    """The cosines of unrelated sentences and of those that say the same, and how many numbers each vector has."""

    apart: float
    alike: float
    size: int

    def closeness(self, text: Vector, claim: bytes) -> float:
        """Return how close a claim, by its packed vector, is to a text."""
        return (cosine_of_packed(text, claim) - self.apart) / (self.alike - self.apart)


def measured(model: SentenceModel) -> Scale:
    """Return the scale of a model. Raises ModelFailed for one that does not tell sentences apart."""
    found = model.vectors(SAME)
    size = demand_one_size(found, len(found[0]))
    pairs = list(zip(found[::2], found[1::2], strict=True))
    alike = fmean(cosine(a, b) for a, b in pairs)
    apart = fmean(cosine(a, b) for one, other in combinations(pairs, 2) for a in one for b in other)
    if alike - apart < LEAST:
        raise ModelFailed("The model does not tell sentences apart that say different things.")
    return Scale(apart, alike, size)


def demand_one_size(vectors: Sequence[Vector], size: int) -> int:
    """Return how many numbers each vector has. Raises ModelFailed where that differs."""
    if any(len(each) != size for each in vectors):
        raise ModelFailed("The vectors of the model have different lengths.")
    return size
