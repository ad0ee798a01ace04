"""Mentions: where a text names somebody of the desk after an at sign, as in “@Ama Mensah, is this so?”"""

import re
import unicodedata
from collections.abc import Container, Iterator
from itertools import islice

LONGEST = 150  # code points behind an at sign in which a name is looked for; a name has 100 at most
WORDS = 12  # of a name, at most
LOOKED_AT = 100  # at signs of one text that may be mentions
_SIGN = re.compile(r"(?<![\w@])@(?=\w)")  # none inside of a word, as in an e-mail address
_END = re.compile(r"(?<=\S)(?=\W|$)")


def folded(name: str) -> str:
    """Return what two names must not share: no case, no compatibility forms, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def candidates(text: str) -> set[str]:
    """Return all folded names that the text may mention."""
    return {name for begin in islice(_signs(text), LOOKED_AT) for _, name in _names(text, begin)}


def places(text: str, names: Container[str], most: int | None = LOOKED_AT) -> Iterator[tuple[int, int, str]]:
    """Yield where a text mentions one of these folded names: from its at sign to its end, the longest name there."""
    for begin in islice(_signs(text), most):
        for end, name in reversed(list(_names(text, begin))):
            if name in names:
                yield begin, end, name
                break


def _signs(text: str) -> Iterator[int]:
    return (found.start() for found in _SIGN.finditer(text))


def _names(text: str, begin: int) -> Iterator[tuple[int, str]]:
    """Yield the ends of what may be a name behind an at sign, and the name, folded. A name is on one line."""
    line = text[begin + 1 : begin + 1 + LONGEST].partition("\n")[0]
    for found in islice(_END.finditer(line), WORDS):
        yield begin + 1 + found.start(), folded(line[: found.start()])
