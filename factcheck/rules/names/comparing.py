"""How alike two names are, from 0 to 1, and why.

The words of both are paired, the likeliest pairs first. A name is as like another as the letters that its pairs cover,
each pair as much as its kind is worth; what only fits in a weak way cannot exceed the worth of that way. Names that
divide their words differently, such as "عبدالفتاح" and "Abd el-Fattah", are compared as a whole besides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rapidfuzz.distance import OSA, Indel

from factcheck.rules.names.tables import SMALL
from factcheck.rules.names.words import Name, Word

LEAST = 0.45  # below it, two names are not worth looking at
NEAR = 0.65  # how alike the letters of two spellings of one script have to be
HEARD = 0.8  # how alike the sounds of two scripts have to be
VOWELS, NO_VOWELS = 0.8, 0.2  # what letters count that differ, though the consonants sound alike
AUDIBLE = 3  # consonants at least that a whole name is recognized by


class Reason(StrEnum):
    """Why a source may be the same as another one."""

    SAME_IDENTIFIER = "same_identifier"
    SAME_NAME = "same_name"
    ALIAS = "alias"
    WORD_ORDER = "word_order"
    HONORIFIC = "honorific"
    TRANSLITERATION = "transliteration"
    SPELLING = "spelling"
    INITIALS = "initials"
    ABBREVIATION = "abbreviation"
    TYPING_ERROR = "typing_error"
    SHORTER_NAME = "shorter_name"
    OTHER_KIND = "other_kind"


# What a name is worth at most that is like another one in this way.
WORTH = {
    Reason.SAME_NAME: 1.0,
    Reason.WORD_ORDER: 0.97,
    Reason.HONORIFIC: 0.97,
    Reason.TRANSLITERATION: 0.95,
    Reason.TYPING_ERROR: 0.88,
    Reason.SPELLING: 0.85,
    Reason.INITIALS: 0.75,
    Reason.SHORTER_NAME: 0.5,
}
SOUNDS_ALIKE = 0.88  # what a word of one script is worth that sounds like one of another, at most
ACRONYM, TWO_LETTERS = 0.75, 0.6  # what initials are worth that stand for a whole name
SPACED = 0.96  # the same letters, divided into words in another way


@dataclass(frozen=True)
class Likeness:
    """How alike two names are, and why."""

    score: float
    because: frozenset[Reason]

    def capped(self) -> "Likeness":
        """Return it with the score that its weakest reason allows."""
        return Likeness(min([self.score, *(WORTH.get(each, 1.0) for each in self.because)]), self.because)


NOTHING = Likeness(0.0, frozenset())


@lru_cache(maxsize=2**12)
def compare(one: Name, other: Name) -> Likeness:
    """Return how alike two names are; NOTHING where they are not worth looking at."""
    if not one.words or not other.words:
        return NOTHING
    if _place_of(one) > _place_of(other):
        return compare(other, one)  # so that it never matters which is which
    if one.folded == other.folded:
        return _with_titles(Likeness(1.0, frozenset({Reason.SAME_NAME})), one, other)
    ways = [_whole(one, other), _short_for(one, other), _short_for(other, one), _by_words(one, other)]
    best = max(ways, key=lambda way: way.score)
    return NOTHING if best.score < LEAST else _with_titles(best, one, other)


def _place_of(name: Name) -> tuple[int, tuple[str, ...]]:
    return -len(name.words), name.folded


def _with_titles(found: Likeness, one: Name, other: Name) -> Likeness:
    also = {Reason.HONORIFIC} if one.titled != other.titled else set()
    also |= {Reason.WORD_ORDER} if one.turned != other.turned else set()
    return Likeness(found.score, found.because | also).capped()


def _whole(one: Name, other: Name) -> Likeness:
    """Compare two names as rows of letters and of sounds, from each word of the one on."""
    best = NOTHING
    for turned, latin, sound in _turns(one):
        order = {Reason.WORD_ORDER} if turned else set()
        if latin == other.latin:
            found = Likeness(SPACED, frozenset({_of_same_letters(one, other), *order}))
        elif one.is_foreign != other.is_foreign:
            found = _heard(one, latin, sound, other, order)
        else:
            continue
        best = max(best, found.capped(), key=lambda way: way.score)
    return best


def _of_same_letters(one: Name, other: Name) -> Reason:
    """Return why two names have the same letters: another script, "U.S." beside "US", or words divided otherwise."""
    if one.is_foreign != other.is_foreign:
        return Reason.TRANSLITERATION
    if "".join(one.folded) != "".join(other.folded):
        return Reason.SPELLING  # such as traditional and simplified characters; or other ones that sound the same
    dotted = any(word.is_initial for word in (*one.words, *other.words))
    return Reason.ABBREVIATION if dotted else Reason.SAME_NAME


def _heard(one: Name, latin: str, sound: str, other: Name, order: set[Reason]) -> Likeness:
    if min(len(sound), len(other.sound)) < AUDIBLE:
        return NOTHING
    heard = Indel.normalized_similarity(sound, other.sound)
    if heard < HEARD:
        return NOTHING
    return Likeness(_worth_of(heard, one, other, latin), frozenset({Reason.TRANSLITERATION, *order}))


def _worth_of(heard: float, one: Name | Word, other: Name | Word, latin: str) -> float:
    """Return what two words or names are worth that sound alike so much.

    Other letters count little where a script leaves out vowels.
    """
    letters = VOWELS if one.has_vowels and other.has_vowels else NO_VOWELS
    return SOUNDS_ALIKE * (heard - letters * (1 - Indel.normalized_similarity(latin, other.latin)))


def _turns(name: Name) -> Iterator[tuple[bool, str, str]]:
    """Yield a name's letters and sounds, beginning with each of its words."""
    words = name.words
    for at in range(len(words)):
        turned = (*words[at:], *words[:at])
        yield at > 0, "".join(word.latin for word in turned), "".join(word.sound for word in turned)


def _short_for(one: Name, other: Name) -> Likeness:
    """Compare a short name with the initials of a longer one."""
    if not one.short or one.short != other.initials:
        return NOTHING
    return Likeness(ACRONYM if len(one.short) > 2 else TWO_LETTERS, frozenset({Reason.ABBREVIATION}))


def _by_words(one: Name, other: Name) -> Likeness:
    """Pair the words of two names, the likeliest first."""
    pairs = sorted(
        (
            (related, -abs(at - there), at, there)
            for at, mine in enumerate(one.words)
            for there, theirs in enumerate(other.words)
            if (related := alike(mine, theirs)).score
        ),
        key=lambda pair: (-pair[0].score, -pair[1], pair[2]),
    )
    here: dict[int, int] = {}
    taken: set[int] = set()
    reasons: set[Reason] = set()
    covered, spelt_out = 0.0, False
    for related, _, at, there in pairs:
        if at in here or there in taken:
            continue
        here[at] = there
        taken.add(there)
        reasons |= related.because
        mine, theirs = one.words[at], other.words[there]
        covered += related.score * (len(mine.latin) + len(theirs.latin))
        spelt_out = spelt_out or not (mine.is_initial or theirs.is_initial)
    if not spelt_out:
        return NOTHING  # two names with the same initials have nothing in common
    mine_left = [word for at, word in enumerate(one.words) if at not in here and word.folded not in SMALL]
    theirs_left = [word for at, word in enumerate(other.words) if at not in taken and word.folded not in SMALL]
    if mine_left and theirs_left:
        return NOTHING  # each has a word that the other has not
    score = covered / sum(len(word.latin) for word in (*one.words, *other.words))
    if left := mine_left or theirs_left:
        reasons.add(Reason.INITIALS if all(word.is_initial for word in left) else Reason.SHORTER_NAME)
        score = max(score, LEAST)
    if [here[at] for at in sorted(here)] != sorted(here.values()):
        reasons.add(Reason.WORD_ORDER)
    return Likeness(score, frozenset(reasons)).capped()


@lru_cache(maxsize=2**14)
def alike(one: Word, other: Word) -> Likeness:
    """Return how alike two words are."""
    if one.folded == other.folded:
        return _EQUAL
    scripts = one.is_foreign != other.is_foreign
    if one.latin == other.latin:
        reason = Reason.TRANSLITERATION if scripts else Reason.SPELLING
        return Likeness(WORTH[reason], frozenset({reason}))
    if one.is_initial or other.is_initial:
        return _INITIAL if one.latin[0] == other.latin[0] and one.is_initial != other.is_initial else NOTHING
    shorter, longer = sorted((len(one.latin), len(other.latin)))
    errors = OSA.distance(one.latin, other.latin, score_cutoff=_allowed(shorter))
    if not scripts and errors <= _allowed(shorter):
        return Likeness(max(0.0, 1 - 1.4 * errors / longer), frozenset({Reason.TYPING_ERROR}))
    return _sounding(one, other, scripts)


def _sounding(one: Word, other: Word, scripts: bool) -> Likeness:
    """Compare two words by their consonants: a few, as of two scripts, or all, as two spellings of one have them."""
    if min(len(one.sound), len(other.sound)) < 2:
        return NOTHING
    if scripts:
        heard = Indel.normalized_similarity(one.sound, other.sound)
        worth = _worth_of(heard, one, other, one.latin) if heard >= HEARD else 0.0
        return Likeness(worth, frozenset({Reason.TRANSLITERATION}))
    letters = Indel.normalized_similarity(one.latin, other.latin)
    worth = letters if one.sound == other.sound and letters >= NEAR else 0.0
    return Likeness(worth, frozenset({Reason.SPELLING}))


def _allowed(letters: int) -> int:
    """Return how many typing errors a word of so many letters may have."""
    return 0 if letters < 4 else 1 if letters < 8 else 2


_EQUAL = Likeness(1.0, frozenset())
_INITIAL = Likeness(0.8, frozenset({Reason.INITIALS}))
