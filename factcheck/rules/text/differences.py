"""The differences between two versions of a text, word by word.

Words are compared by diff-match-patch (https://github.com/google/diff-match-patch), an implementation of Myers'
algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986). Where that takes too long it gives up finding the
fewest differences, and says that a longer stretch is different.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import regex
from diff_match_patch import diff_match_patch

SECONDS = 1.0
# Scripts that put no spaces between words are compared character by character.
_TOKEN = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*|[\p{L}\p{N}\p{M}]+|\s+|."
)
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True)
class Difference:
    """The words at ``[start, end)`` of one version stand where those of the other were. One of them may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def differences(old: str, new: str) -> list[Difference]:
    """Return where two versions differ, in order. Two differences with nothing but spaces between them are one."""
    letters: dict[str, str] = {}
    before, after = ([_letter(letters, token) for token in _TOKEN.findall(text)] for text in (old, new))
    tokens = {letter: token for token, letter in letters.items()}
    comparing = diff_match_patch()
    comparing.Diff_Timeout = SECONDS
    found: list[Difference] = []
    for run in _runs(comparing.diff_main("".join(before), "".join(after), False), tokens):
        last = found[-1] if found else None
        if last and old[last.old_end : run.old_start].isspace():
            found[-1] = Difference(last.old_start, run.old_end, last.new_start, run.new_end)
        else:
            found.append(run)
    return found


def _letter(letters: dict[str, str], token: str) -> str:
    """Return the one character that stands for a token: the library compares characters."""
    if token not in letters:
        number = len(letters) + 1
        letters[token] = chr(number if number < _SURROGATES.start else number + len(_SURROGATES))
    return letters[token]


def _runs(compared: list[tuple[int, str]], tokens: dict[str, str]) -> Iterator[Difference]:
    """Yield each run of deletions and insertions as one difference."""
    old = new = 0
    began: tuple[int, int] | None = None
    for kind, written in compared:
        size = sum(len(tokens[letter]) for letter in written)
        if kind == diff_match_patch.DIFF_EQUAL:
            if began:
                yield Difference(began[0], old, began[1], new)
            began = None
            old, new = old + size, new + size
            continue
        began = began or (old, new)
        if kind == diff_match_patch.DIFF_DELETE:
            old += size
        else:
            new += size
    if began:
        yield Difference(began[0], old, began[1], new)
