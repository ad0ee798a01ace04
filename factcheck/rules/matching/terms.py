"""What of a text is compared to find claims that say the same: the stems of its words, and pieces of four letters."""

import re
from typing import NamedTuple

from factcheck.rules.languages.guessing import language_of
from factcheck.rules.text.words import grams, spellings, stem, stems_of

LOOKED_AT = 1000  # code points of a text: beyond, it is no single statement
TITLE = 300  # code points of a title

# Posts run addresses into the words before them, and words into one.
_ADDRESS = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S*", re.IGNORECASE)
_TAG = re.compile(r"[#@]\w+")
_INNER = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])")


class Terms(NamedTuple):
    """The terms of a text, as often as they occur. None has a space."""

    words: list[str]
    grams: list[str]


def terms(text: str, title: str | None = None, language: str | None = None) -> Terms:
    """Return what a claim with its article's title, or a text that is looked for, is found by.

    `language` is a tag; where there is none, the stems are those of the language that the text seems to be in.
    """
    said = tidied(text[:LOOKED_AT])
    language = language_of(said, language)
    folded, accented = spellings(said, language)
    if title:
        also_folded, also_accented = spellings(tidied(title[:TITLE]), language)
        folded, accented = folded + also_folded, accented + also_accented
    family = stems_of(language)
    return Terms([stem(each, family) for each in accented] if family else folded, grams(folded))


def tidied(text: str) -> str:
    """Return a text without web addresses, and the words of its hashtags and handles apart."""
    return _TAG.sub(lambda tag: _INNER.sub(" ", tag[0]), _ADDRESS.sub(" ", text))
