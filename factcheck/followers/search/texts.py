"""A text as the engine is given it: words and stems, each parted by single spaces."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from factcheck.rules.text.words import spellings, stem, stems_of


class Spelt(NamedTuple):
    """What is indexed of a text. A stem names its language: words of two languages may share one by chance."""

    words: str
    stems: str


def spelt(text: str, language: str | None) -> Spelt:
    """Return what is indexed of a text in a language, None where that is not known."""
    folded, accented = spellings(text, language)
    family = stems_of(language)
    stems = " ".join([stem_in(each, family) for each in accented]) if family else ""
    return Spelt(" ".join(folded), stems)


@lru_cache(maxsize=2**16)
def stem_in(word: str, family: str) -> str:
    """Return the stem of a word in a language, as the index has it."""
    return f"{family}:{stem(word, family)}"


def forms(word: str, families: Sequence[str]) -> list[str]:
    """Return the stems that a word has in these languages."""
    return [stem_in(word, family) for family in families]
