"""By what an index finds the sources that may be the same: keys that similar names share.

A key begins with what it is: the letters of a whole name, its sound, its initials, a word, the sound of a word, three
letters of a word or of its sound, or an identifier. The rarer a key is, the more it tells.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from factcheck.rules.names.words import Name, name_of

WHOLE, HEARD, INITIALS, WORD, SOUND, GRAM, ECHO, IDENTIFIER = "=", "~", "^", "w", "s", "g", "e", "#"
# How much a key counts in a search, beside how rare it is.
WEIGHTS = {WHOLE: 6.0, HEARD: 4.0, INITIALS: 4.0, WORD: 3.0, SOUND: 1.5, GRAM: 1.0, ECHO: 1.0, IDENTIFIER: 20.0}
CONSONANTS = 3  # that a whole name needs to be found by its sound
MOST = 400  # keys of all names of a source that is looked for


def keys_of(names: Iterable[str], identifiers: Iterable[str] = ()) -> frozenset[str]:
    """Return what a source with these names and identifiers is found by."""
    found = {f"{IDENTIFIER}{each}".replace(" ", "%20") for each in identifiers}
    for name in names:
        found |= _keys_of(name)
    return frozenset(found)


def heaviest(keys: Iterable[str]) -> list[str]:
    """Return the keys that a search looks for: of very many, those that count most."""
    return sorted(keys, key=lambda key: (-WEIGHTS[key[0]], key))[:MOST]


@lru_cache(maxsize=2**11)
def _keys_of(text: str) -> frozenset[str]:
    return frozenset(_keys(name_of(text)))


def _keys(name: Name) -> Iterator[str]:
    if not name.words:
        return
    # In the order of the alphabet, so that the order and the division of the words do not count.
    yield WHOLE + "".join(sorted(name.latin))
    if len(name.sound) >= CONSONANTS:
        yield HEARD + "".join(sorted(name.sound))
    for short in {name.initials, name.short} - {""}:
        yield INITIALS + short
    yield from _pieces(ECHO, name.sound)
    for word in name.words:
        yield WORD + word.latin
        yield from _pieces(GRAM, word.latin)
        if len(word.sound) > 1:
            yield SOUND + word.sound
            yield from _pieces(ECHO, word.sound)


def _pieces(kind: str, word: str) -> Iterator[str]:
    """Yield the pieces of three letters of a word, of which the first and the last have its edge."""
    edged = f"_{word}_"
    for at in range(len(edged) - 2):
        yield kind + edged[at : at + 3]
