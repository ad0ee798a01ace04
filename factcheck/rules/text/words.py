"""The words of a text in any script: what search, matching and the detection of copies compare.

A text is read once: compatibility forms, case and accents are folded, what takes no room is dropped, a figure is one
word however it is written. Where words stand without spaces, each pair of neighbouring characters is a word, as in
Lucene's CJKBigramFilter. The tables are in `rules/text/scripts.py`. Everything here is linear in the text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from itertools import islice
from threading import Lock
from typing import NamedTuple

import regex
import Stemmer

from factcheck.rules.text.normal_forms import normalized
from factcheck.rules.text.scripts import (
    ACCENTED,
    ARTICLES,
    COMMA,
    DOTTED_I,
    DOTTING,
    LETTERS,
    PARTICLES,
    SPACED,
    STEMMERS,
    UNSPACED,
)

LONGEST = 64  # letters of a word that are looked at
MOST = 200_000  # words of a text
GRAM, SYLLABLES = 4, 2  # letters of a piece
_GROUPS = 12  # of three digits: more are no number, and to try them from each place would cost their square

_CLUSTER = regex.compile(r"\X")
_DIGIT = regex.compile(r"\p{Nd}")
_DIGITS = regex.compile(r"\p{Nd}+")
_INVISIBLE = regex.compile(r"\p{DI}+")
_ACCENTS = regex.compile(rf"([[{ACCENTED}]--\p{{Cyrillic}}])\p{{M}}+", regex.V1)
_STRESS = regex.compile(r"(\p{Cyrillic})\p{M}+")
_PIECE = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*")
_PAIRED = regex.compile(rf"[{UNSPACED}]")
_HANGUL = regex.compile(r"\p{Hangul}+")


class Token(NamedTuple):
    """A word as it is compared (`text`), where it stands in the text as given, and the `word` with its accents."""

    text: str
    start: int
    end: int
    word: str


def tokens(text: str, language: str | None = None, most: int = MOST) -> list[Token]:
    """Return the first words of a text, in their order.

    The language, a tag such as "de-AT", decides what a point or comma within a figure means, and what letter a capital
    I is. Of characters without spaces between words, each two neighbours are a word, and the last one is one by itself:
    so each character begins one.
    """
    return list(islice(walk(text, language), most))


def spellings(text: str, language: str | None = None) -> tuple[list[str], list[str]]:
    """Return the words that `tokens` returns, folded, and the same words with their accents.

    Without where they stand, in a third of the time for a text in ASCII.
    """
    family = _family(language)
    if not text.isascii() or family in DOTTING:
        found = tokens(text, language)
        return [each.text for each in found], [each.word for each in found]
    matches = islice(_pattern(_numbers(family), True).finditer(text.lower()), MOST)
    words = [_figure(match[0], match.lastgroup) if match.lastgroup else match[0][:LONGEST] for match in matches]
    return words, words


def walk(text: str, language: str | None = None) -> Iterator[Token]:
    """Yield the words of a text: what `tokens` returns, for who may stop before the end."""
    family = _family(language)
    dotting = family in DOTTING
    if text.isascii() and not dotting:  # each letter is folded into one, and many times faster
        for match in _pattern(_numbers(family), True).finditer(text.lower()):
            word = _figure(match[0], match.lastgroup) if match.lastgroup else match[0][:LONGEST]
            yield Token(word, match.start(), match.end(), word)
        return
    for match in _pattern(_numbers(family), False).finditer(text):
        start, end = match.span()
        if match.lastgroup == "unspaced":
            yield from _pairs(match[0], start)
        elif match.lastgroup:
            word = _figure(match[0], match.lastgroup)
            yield Token(word, start, end, word)
        else:
            for folded, word in _words(match[0], dotting):
                yield Token(folded, start, end, word)


def walk_past(text: str, language: str | None, boring: AbstractSet[str]) -> Iterator[tuple[int, Token]]:
    """Yield the words of a text with their numbers, without some of those that are `boring`: they cost the most."""
    family = _family(language)
    if not text.isascii() or family in DOTTING:
        yield from enumerate(walk(text, language))
        return
    for number, match in enumerate(_pattern(_numbers(family), True).finditer(text.lower())):
        found = match[0]
        if found not in boring or match.lastgroup:
            word = _figure(found, match.lastgroup) if match.lastgroup else found[:LONGEST]
            yield number, Token(word, match.start(), match.end(), word)


def sought(text: str, language: str | None = None) -> tuple[list[Token], bool]:
    """Return the words by which a text is looked for, and whether the last one may go on.

    A single character of a script without spaces may: it stands in the index at the beginning of a pair.
    """
    found = tokens(text, language)
    if not found or not unspaced(found[-1].text):
        return found, False
    last = found[-1]
    within = len(found) > 1 and found[-2].end == last.end and found[-2].start < last.start
    return (found[:-1], False) if within else (found, True)


def unspaced(word: str) -> bool:
    """Say whether a folded word is of a script that has no spaces between words."""
    return not word.isascii() and _PAIRED.match(word) is not None


def stems(found: Sequence[Token], language: str | None) -> list[str]:
    """Return the stem of each word, folded; the word itself where its language has no stemmer."""
    family = stems_of(language)
    return [stem(each.word, family) if family else each.text for each in found]


def stems_of(language: str | None) -> str | None:
    """Return the language as `stem` knows it; None where it knows no stems of it."""
    family = _family(language)
    return family if family in STEMMERS or family in ("ko", "he") else None


@lru_cache(maxsize=2**16)
def stem(word: str, language: str) -> str:
    """Return the folded stem of a word that is given with its accents, in lower case."""
    if not word[:1].isalpha():
        return unaccented(word)
    if language == "ko":
        return _without_particle(word)
    if language == "he":
        return _without_article(unaccented(word))
    algorithm = STEMMERS.get(language)
    if algorithm is None:
        return unaccented(word)
    with _STEMMING:  # a stemmer works in one buffer of its own
        found: str = _stemmer(algorithm).stemWord(word)
    return unaccented(found) or unaccented(word)


def grams(folded: Iterable[str]) -> list[str]:
    """Return the pieces of four letters of some folded words: what misspelt, inflected and run-together ones share.

    A low line stands between two words and at the ends. Of Korean, whose letters are syllables, the pieces have two; of
    characters without spaces between words, the words are pieces already.
    """
    pieces: list[str] = []
    row: list[str] = []
    for each in folded:
        if unspaced(each):
            pieces += _pieces(row)
            pieces.append(each)
            row = []
        else:
            row.append(each)
    return pieces + _pieces(row)


def fold(text: str) -> str:
    """Return a text without accents, case and compatibility forms, where its scripts allow."""
    return text.lower() if text.isascii() else unaccented(_cased(text, False))


def unaccented(text: str) -> str:
    """Return a text in lower case without its accents, of which Cyrillic keeps those that make another letter."""
    if text.isascii():
        return text
    bare = _ACCENTS.sub(r"\1", normalized("NFD", text.translate(LETTERS)))
    return normalized("NFC", _STRESS.sub(r"\1", normalized("NFC", bare))).translate(LETTERS)


def _family(language: str | None) -> str:
    return (language or "").lower().partition("-")[0]


def _numbers(family: str) -> str:
    return "spaced" if family in SPACED else "comma" if family in COMMA else "point"


def _cased(text: str, dotting: bool) -> str:
    text = normalized("NFKC", _INVISIBLE.sub("", text))
    text = _DIGIT.sub(lambda digit: _in_ascii(digit[0]), text)
    return normalized("NFKC", (text.translate(DOTTED_I) if dotting else text).casefold())


@lru_cache(maxsize=2**16)
def _words(run: str, dotting: bool) -> tuple[tuple[str, str], ...]:
    """Return the words of a run of letters, folded and with accents: several where a letter stands for more."""
    cased = _cased(run[: LONGEST * 4], dotting)
    found = ((unaccented(each)[:LONGEST], each[:LONGEST]) for each in _PIECE.findall(cased))
    return tuple(pair for pair in found if pair[0])


def _pairs(run: str, at: int) -> Iterator[Token]:
    """Yield each two neighbours of the characters of a run that begins `at`, then the last one."""
    before, begin, end = "", 0, 0
    for match in _CLUSTER.finditer(run):
        folded = _character(match[0][:LONGEST])
        if not folded:
            continue
        if before:
            yield Token(before + folded, at + begin, at + match.end(), before + folded)
        before, (begin, end) = folded, match.span()
    if before:
        yield Token(before, at + begin, at + end, before)


@lru_cache(maxsize=2**14)
def _character(cluster: str) -> str:
    return unaccented(_cased(cluster, False))


def _figure(run: str, kind: str) -> str:
    """Return a number in ASCII digits, with a point before its decimals."""
    digits = ["".join(map(_in_ascii, each)) for each in _DIGITS.findall(run)]
    separators = _DIGITS.sub("\0", run).strip("\0").split("\0")
    whole = len(digits) if kind == "grouped" and len({*separators}) == 1 else len(digits) - 1
    return ("".join(digits[:whole]) + "".join(f".{each}" for each in digits[whole:]))[:LONGEST]


@cache
def _in_ascii(digit: str) -> str:
    return str(unicodedata.decimal(digit, digit))  # Python may not know a digit that the newer library knows


@cache
def _pattern(numbers: str, ascii_only: bool) -> re.Pattern[str]:
    """Return what finds the words of a text: figures, characters without spaces between words, runs of letters.

    A figure has the same separator between all its groups of digits. Three digits behind a single separator are read
    as the language has it, any other number of them are decimals. No part of it can be tried twice.
    """
    digit = "[0-9]" if ascii_only else r"\p{Nd}"
    thin = "'" if ascii_only else "'’٬\u00a0\u2009\u202f"
    space = " " if numbers == "spaced" else ""
    group, point = (",", r"[.٫]") if numbers == "point" else (r"\.", "[,٫]")
    begins, ends = rf"(?<!{digit}[.,'’])", rf"(?!{digit}|[.,]{digit})"
    lakhs = rf"{digit}{{1,2}}(?:,{digit}{{2}}(?!{digit})){{1,{_GROUPS}}}+,{digit}{{3}}(?:\.{digit}++)?"
    more = rf"(?:(?P=by){digit}{{3}}){{1,{_GROUPS}}}+"
    many = rf"{digit}{{1,3}}(?P<by>[.,{thin}{space}]){digit}{{3}}{more}(?:[.,٫]{digit}++)?"
    one = rf"(?!0){digit}{{1,3}}[{group}{thin}{space}]{digit}{{3}}(?:{point}{digit}++)?"
    grouped, decimal = rf"{begins}(?:{lakhs}|{many}|{one}){ends}", rf"{begins}{digit}++[.,٫]{digit}++{ends}"
    figures = f"(?P<grouped>{grouped})|(?P<decimal>{decimal})"
    if ascii_only:
        return re.compile(rf"{figures}|[a-z0-9]+")  # the quicker of the two libraries
    unspaced = rf"[[{UNSPACED}]&&[\p{{L}}\p{{M}}\p{{Nl}}\p{{So}}]]"
    symbol = r"[[\p{So}\p{Sc}\p{dt=fraction}]--\p{dt=none}]"  # such as ℃, which stands for letters
    letter = rf"[[\p{{L}}\p{{M}}\p{{N}}]--{unspaced}--{symbol}--\p{{DI}}]"
    run = rf"[{letter}--\p{{M}}](?:\p{{DI}}*+{letter})*+"
    found: re.Pattern[str] = regex.compile(
        rf"{figures}|(?P<unspaced>{unspaced}[{unspaced}\p{{M}}\p{{DI}}]*+)|{run}|{symbol}", regex.V1
    )
    return found


def _pieces(row: Sequence[str]) -> list[str]:
    if not row:
        return []
    joined = f"_{'_'.join(row)}_"
    size = SYLLABLES if _HANGUL.search(joined) else GRAM
    return [joined[at : at + size] for at in range(max(1, len(joined) - size + 1))]


def _without_particle(word: str) -> str:
    known = PARTICLES if _HANGUL.fullmatch(word) else ()
    shorter = (word.removesuffix(each) for each in known if word.endswith(each) and len(word) - len(each) >= 2)
    return next(shorter, unaccented(word))


def _without_article(word: str) -> str:
    return next((word[len(each) :] for each in ARTICLES if word.startswith(each) and len(word) - len(each) >= 3), word)


_STEMMING = Lock()
_stemmer = cache(lambda algorithm: Stemmer.Stemmer(algorithm, 0))
