"""What of a claim's text is kept to find claims like it: a bounded number of small numbers, the same on every database.

Two kinds, told apart by how they are hashed:

- a *word* is the beginning of a word that says something, five letters of it: truncation finds "leave" by "leaving" in
  many languages without a dictionary (McNamee & Mayfield, "Character n-gram tokenization for European language text
  retrieval", 2004);
- a *band* stands for the letters of the whole text. Two texts share one with a likelihood that follows from how many
  runs of three letters they share (Broder 1997), one hash for all of them (Li, Owen & Zhang, "One permutation hashing",
  2012) with empty bins filled from the next (Shrivastava & Li, "Densifying one permutation hashing", 2014).
"""

from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from factcheck.rules.text.english import EMPTY
from factcheck.rules.text.stored_words import words

LOOKED_AT = 1000  # code points of a text: beyond, it is no single statement
STEM = 5  # letters
WORDS = 24  # of one text, at most
BANDS = 10
ROWS = 2  # bins of a band: more of them find fewer and likelier texts
RUN = 3  # letters
_MIX = 0x9E3779B1  # the golden ratio in 32 bits: a CRC alone keeps neighbours together
_BINS = BANDS * ROWS
_BIN = 2**32 // _BINS + 1  # hashes of a bin


def stem(word: str) -> str:
    """Return what is compared of a folded word: its beginning; of a number, all of it."""
    return word if word[0].isdigit() else word[:STEM]


def word_keys(text: str) -> list[int]:
    """Return the keys of the words that say something: at most WORDS, numbers and long words before others."""
    return _keys_of_words(_stems(words(text[:LOOKED_AT])))


def band_keys(text: str) -> list[int]:
    """Return the keys of the whole text: BANDS of its letters, and one of all its words in whatever order.

    The last finds the same claim among any number of claims that are nearly the same. A text without words has none.
    """
    said = words(text[:LOOKED_AT])
    return _keys_of_all(said, _stems(said))


def keys(text: str) -> list[int]:
    """Return all that is kept of a text, each once, in order."""
    said = words(text[:LOOKED_AT])
    stems = _stems(said)
    return sorted({*_keys_of_words(stems), *_keys_of_all(said, stems)})


def runs(folded: str) -> set[str]:
    """Return the runs of letters of a text whose words are parted by single spaces."""
    padded = f" {folded} " if folded else ""
    return {padded[at : at + RUN] for at in range(len(padded) - RUN + 1)}


def _stems(said: list[str]) -> list[str]:
    ranked = [(not word[0].isdigit(), -len(word), word) for word in {*said} if word not in EMPTY and len(word) > 1]
    return list(dict.fromkeys([stem(word) for _, _, word in sorted(ranked)]))


def _keys_of_words(stems: list[str]) -> list[int]:
    return [_key(f"w{each}") for each in stems[:WORDS]]


def _keys_of_all(said: list[str], stems: list[str]) -> list[int]:
    if not said:
        return []
    # All of `runs`: those of each word between spaces, and those that hold the space between two.
    hashed = {_hashed(f"{one[-1]} {two[0]}") for one, two in pairwise(said)}.union(*map(_hashed_runs, said))
    hashes = sorted(hashed)
    filled = []
    for place in range(_BINS):
        at = bisect_left(hashes, place * _BIN)  # the lowest of this bin, or of the next that holds any
        where, value = divmod(hashes[at % len(hashes)], _BIN)
        filled.append(f"{(where - place) % _BINS}.{value}")
    bands = [_key(f"b{band}:" + ":".join(filled[band * ROWS : (band + 1) * ROWS])) for band in range(BANDS)]
    return [*bands, _key("a" + " ".join(sorted(stems)))]


@lru_cache(maxsize=2**13)
def _hashed_runs(word: str) -> tuple[int, ...]:
    return tuple(map(_hashed, runs(word)))


@lru_cache(maxsize=2**15)  # a language has some thousands of them
def _hashed(run: str) -> int:
    return crc32(run.encode()) * _MIX & 0xFFFFFFFF


def _key(told: str) -> int:
    return crc32(told.encode()) - 2**31  # as a database's 32 bits with a sign
