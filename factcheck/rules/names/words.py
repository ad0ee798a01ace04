"""A name as words: folded, in Latin letters, and as they sound. The Latin letters are those of the library AnyAscii."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import regex
from anyascii import anyascii

from factcheck.rules.names.tables import GREEK, HONORIFICS, SMALL, SOUNDS, SUFFIXES
from factcheck.rules.text.words import fold

LONGEST = 300  # code points of a name that are looked at
MOST = 16  # words of a name
LETTERS = 32  # of a word
SHORT = 7  # letters of a word that may stand for the initials of others

_ELIDED = regex.compile(r"(?<![\p{L}\p{M}])(dell|nell|all|qu|[dl])['’](?=\p{L})")
_APOSTROPHES = regex.compile(r"""['’ʼʻ`´׳״]|(?<=\p{Hebrew})"(?=\p{Hebrew})""")
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")
_GREEK = regex.compile("^μπ|^ντ|^γκ|ου")
_VOWELS_VARY = regex.compile(
    r"[\p{Arabic}\p{Hebrew}\p{Syriac}\p{Devanagari}\p{Bengali}\p{Gujarati}\p{Gurmukhi}\p{Hangul}]"
)
_ARTICLE = regex.compile(r"^ال(?=\p{Arabic}{3})")
# A Hebrew vav stands for a vowel within a word and at its end, and for a v elsewhere.
_VAV = regex.compile(r"(?<=\p{Hebrew})ו(?=[\p{Hebrew}--[ויא]]|$)", regex.V1)
_PLAIN = regex.compile(r"[^a-z0-9]+")
_SOUNDS = dict(SOUNDS)
_SOUND = regex.compile("|".join(sound for sound, _ in SOUNDS))
_TWICE = regex.compile(r"(ch|sh|.)\1+")
_INDIC = regex.compile(r"\p{Devanagari}")


@dataclass(frozen=True)
class Word:
    """A word of a name: as it is written but for case and accents, in Latin letters, and its consonants by sound."""

    folded: str
    latin: str
    sound: str

    @property
    def is_initial(self) -> bool:
        return len(self.folded) == 1

    @property
    def is_foreign(self) -> bool:
        """Whether it is written in another script than the Latin one."""
        return not self.folded.isascii()

    @property
    def has_vowels(self) -> bool:
        """Whether all who write it in Latin letters agree on its vowels: some scripts leave them out."""
        return _VOWELS_VARY.search(self.folded) is None


@dataclass(frozen=True)
class Name:
    """A name without titles, in the order "Jean Dupont". `titled` says whether it had one, `turned` whether a comma."""

    words: tuple[Word, ...]
    titled: bool
    turned: bool

    @cached_property
    def folded(self) -> tuple[str, ...]:
        return tuple(word.folded for word in self.words)

    @cached_property
    def latin(self) -> str:
        return "".join(word.latin for word in self.words)

    @cached_property
    def sound(self) -> str:
        return "".join(word.sound for word in self.words)

    @cached_property
    def is_foreign(self) -> bool:
        return any(word.is_foreign for word in self.words)

    @cached_property
    def has_vowels(self) -> bool:
        return all(word.has_vowels for word in self.words)

    @cached_property
    def initials(self) -> str:
        """The first letters of its words, without small ones such as "of"; empty for fewer than two words."""
        counted = [word for word in self.words if word.folded not in SMALL]
        return "".join(word.latin[0] for word in counted) if len(counted) > 1 else ""

    @cached_property
    def short(self) -> str:
        """What may stand for the initials of a longer name: a short word, or single letters as in "U.S."."""
        single = len(self.words) == 1 or all(word.is_initial for word in self.words)
        return self.latin if single and 2 <= len(self.latin) <= SHORT else ""


@lru_cache(maxsize=2**12)
def name_of(text: str) -> Name:
    """Return a name as words."""
    folded = _ELIDED.sub(r"\1 ", fold(text[:LONGEST]))
    given, turned = folded, False
    before, comma, behind = folded.partition(",")
    if comma and "," not in behind and _WORD.search(before) and _WORD.search(behind):
        given, turned = f"{behind} {before}", True
    found = _WORD.findall(_APOSTROPHES.sub("", given))[:MOST]
    kept = _untitled(found)
    return Name(tuple(map(word_of, kept)), titled=kept != found, turned=turned)


def _untitled(words: list[str]) -> list[str]:
    """Return the words without the titles at both ends."""
    kept = words
    while len(kept) > 1 and kept[0] in HONORIFICS and not _leaves_initials(kept[1:]):
        kept = kept[1:]
    while len(kept) > 1 and kept[-1] in HONORIFICS and len(kept[-1]) > 1 and not _leaves_initials(kept[:-1]):
        kept = kept[:-1]
    last = kept[-1] if kept else ""
    for suffix in SUFFIXES:
        bare = last.removesuffix(suffix)
        if bare != last and len(bare) > 1:
            return [*kept[:-1], bare]
    return kept


def _leaves_initials(words: Sequence[str]) -> bool:
    """Say whether only single letters would be left: "M. P." and "Me. T." are no titles with a name."""
    return all(len(word) == 1 for word in words)


@lru_cache(maxsize=2**14)
def word_of(folded: str) -> Word:
    """Return a folded word with its Latin letters and its sound."""
    folded = folded[:LETTERS]
    latin = _PLAIN.sub("", anyascii(_prepared(folded)).lower())[: 2 * LETTERS] or folded
    if _INDIC.search(folded):
        latin = latin.replace("c", "ch")  # which is how names are written; ISO 15919 has the letter alone
    return Word(folded, latin, sound_of(latin))


def _prepared(folded: str) -> str:
    """Return a word with those letters changed that depend on their neighbours: the library takes one by one."""
    if folded.isascii():
        return folded
    prepared: str = _VAV.sub("o", _ARTICLE.sub("", _GREEK.sub(lambda pair: GREEK[pair[0]], folded)))
    return prepared


def sound_of(latin: str) -> str:
    """Return the consonants of Latin letters by sound, doubles once: Mohammed and Muhamad are "mmt"."""
    return "".join([_SOUNDS[each] for each in _SOUND.findall(_TWICE.sub(r"\1", latin))])
