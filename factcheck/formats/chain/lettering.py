"""Set hostile text in a picture: make it safe for XML, guess how wide it will be, and break it into lines.

Nothing here knows the reader's font. Widths are guesses in em for a wide sans serif (DejaVu Sans, Verdana), so that
narrower ones, which are the most, leave some air.
"""

import unicodedata
from collections.abc import Iterator

LONGEST = 1_200  # code points of a label that are looked at; no box shows as many
MARKS = 3  # marks that one letter may carry: more of them climb out of the box
UNKNOWN = "\ufffd"
ZERO_WIDTH_JOINER = "\u200d"
_JOINERS = "\u200c" + ZERO_WIDTH_JOINER  # Persian and emoji need them; other invisible characters go

_NARROW, _SLIM, _BROAD, _CAPITAL, _LETTER, _WIDE = 0.34, 0.45, 0.98, 0.74, 0.63, 1.06
_EM = (
    dict.fromkeys("ijl.,:;'|!’‘", _NARROW)
    | dict.fromkeys('frtI()[]/\\- "“”', _SLIM)
    | dict.fromkeys("mwMWQ@%—…", _BROAD)
    | dict.fromkeys("ABCDEFGHJKLNOPRSTUVXYZ&#", _CAPITAL)
)


def clean(text: object, longest: int = LONGEST) -> str:
    """Return the text on one line, as XML may hold it, with an ellipsis where it is longer than `longest`.

    What XML 1.0 forbids (https://www.w3.org/TR/xml/#charsets) becomes U+FFFD. Invisible characters go, among them the
    ones that turn the direction of writing (CVE-2021-42574): a label must not rearrange what stands around it.
    """
    whole = "" if text is None else str(text)
    kept = "".join(_allowed(letter) for letter in whole[:longest])
    return " ".join(kept.split()) + ("…" if len(whole) > longest else "")


def width(text: str, size: float) -> float:
    """Guess the width of a text at a font size, in the unit of the size."""
    return sum(_em(cluster) for cluster in clusters(text)) * size


def clusters(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character, roughly: a letter with its marks, a joined emoji, a flag.

    The parts of UAX #29 that the standard library can tell. Marks beyond the third of a letter are left out.
    """
    here = ""
    marks = 0
    for letter in text:
        if not here or not _belongs(here, letter):
            yield from (here,) if here else ()
            here, marks = letter, 0
        elif not unicodedata.category(letter).startswith("M"):
            here, marks = here + letter, 0
        elif marks < MARKS:
            here, marks = here + letter, marks + 1
    yield from (here,) if here else ()


def wrap(text: str, *, room: float, size: float, most: int) -> list[str]:
    """Break a text into at most `most` lines that are `room` wide; the last ends in an ellipsis if that is too few."""
    lines = [""]
    left = room
    for glue, piece, wide in _pieces(text, room, size):
        glue = glue if lines[-1] else ""
        left -= wide + _em(glue) * size
        if left >= 0:
            lines[-1] += glue + piece
        elif len(lines) == most:
            return [*lines[:-1], _ellipsis(lines[-1], room, size)]
        else:
            lines.append(piece)
            left = room - wide
    return [line for line in lines if line]


def _allowed(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind[0] == "Z" or letter in "\t\n\r\x0b\x0c\x85":
        return " "
    if kind in ("Cc", "Cs") or ord(letter) & 0xFFFE == 0xFFFE:
        return UNKNOWN
    return "" if kind == "Cf" and letter not in _JOINERS else letter


def _belongs(here: str, letter: str) -> bool:
    return (
        unicodedata.category(letter).startswith("M")
        or letter in _JOINERS
        or here[-1] == ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= letter <= "\U0001f3ff"  # skin tones
        or (len(here) == 1 and _is_flag(here) and _is_flag(letter))
    )


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _em(cluster: str) -> float:
    """Guess the width of one cluster in em. Letters that are joined into one emoji are as wide as one of them."""
    if cluster.isascii() or len(cluster) == 1:
        return sum(_EM.get(letter) or _letter(letter) for letter in cluster)
    wide = [_letter(letter) for letter in cluster]
    return max(wide) if cluster[0] >= "\u2190" else sum(wide)


def _letter(letter: str) -> float:
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me", "Cf"):
        return 0.0
    if "\U00012000" <= letter <= "\U000125ff" or letter == "\ufdfd":  # cuneiform, and a whole sentence in one sign
        return 6.0 if letter == "\ufdfd" else 2.6
    if letter >= "\U0001f000" or _wide(letter):
        return 1.4 if "\U0001f000" <= letter < "\U00020000" else _WIDE
    if letter < "\u0590":
        return _EM.get(letter) or (_CAPITAL if kind == "Lu" else _LETTER)
    if "\u0590" <= letter < "\u0900":  # Hebrew, Arabic and their neighbours
        return _LETTER
    return 0.5 if kind == "Mc" else 0.9


def _wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _pieces(text: str, room: float, size: float) -> Iterator[tuple[str, str, float]]:
    """Yield what must not be broken, each with the space before it (or none) and its width."""
    for word in text.split(" "):
        glue, run, wide = " ", "", 0.0
        for cluster in clusters(word):
            more = _em(cluster) * size
            breaks = _wide(cluster[0]) or (cluster[0].isalpha() and run[-1:] in ("/", "-"))
            if run and (breaks or wide + more > room):
                yield glue, run, wide
                glue, run, wide = "", "", 0.0
            run, wide = run + cluster, wide + more
        if run:
            yield glue, run, wide


def _ellipsis(line: str, room: float, size: float) -> str:
    shown = list(clusters(line))
    left = room - sum(_em(cluster) for cluster in shown) * size - _em("…") * size
    while shown and left < 0:
        left += _em(shown.pop()) * size
    return "".join(shown).rstrip(" .,;:…") + "…"
