"""The picture of a report or a claim that other sites show beside a link (https://ogp.me, `og:image`).

It is drawn as SVG and made a PNG by resvg, with the fonts of the machine. Texts are broken into lines by guesses of
their width (`formats/chain/lettering.py`), which leave air.
"""

import unicodedata
from functools import cache
from xml.etree import ElementTree

import resvg_py

from factcheck.formats.chain.lettering import clean, wrap

WIDTH, HEIGHT = 1200, 630  # as these sites show them without cutting anything off
MARGIN = 72
FONTS = "'Noto Sans', 'DejaVu Sans', 'Liberation Sans', 'Open Sans', Arial, Helvetica, sans-serif"
SIZES = (68, 58, 48, 40)  # of the title, the largest that fits
LINES = 5
GROUND, INK, QUIET = "#fbfaf7", "#1f2427", "#59616a"
COLOURS = {
    "unverified": "#545c66", "in_review": "#7a4b00", "verified": "#17653a", "disputed": "#7a2c8c",
    "refuted": "#ab2015", "unverifiable": "#3f5288",
}  # fmt: skip
OWN = "#175366"  # of a report, which has no verdict


def png(title: str, publisher: str, verdict: str | None = None, status: str | None = None) -> bytes:
    """Return the picture of something with a title; a claim has a `verdict` in words, and its `status`."""
    found: bytes = bytes(resvg_py.svg_to_bytes(svg_string=svg(title, publisher, verdict, status)))
    return found


@cache
def has_fonts() -> bool:
    """Say whether this machine has a font to write with."""
    with_text, without = (resvg_py.svg_to_bytes(svg_string=_written(_root(words))) for words in ("x", ""))
    return bytes(with_text) != bytes(without)


def svg(title: str, publisher: str, verdict: str | None, status: str | None) -> str:
    """Return the picture as SVG, for `png`."""
    colour = COLOURS.get(status or "", OWN)
    root = _root("")
    _box(root, 0, 0, 24, HEIGHT, colour)
    top = float(MARGIN)
    if verdict:
        _text(root, clean(verdict, 60), top + 44, 44, colour, bold=True)
        top += 84
    lines, size = _lines(clean(title, 400))
    for line in lines:
        top += size * 1.25
        _text(root, line, top, size, INK, bold=True)
    _text(root, clean(publisher, 60), HEIGHT - MARGIN, 32, QUIET)
    return _written(root)


def _lines(title: str) -> tuple[list[str], int]:
    """Return the lines of a title, in the largest size in which all of it fits."""
    for size in SIZES:
        lines = wrap(title, room=WIDTH - 2 * MARGIN, size=size, most=LINES)
        whole = " ".join(lines).replace(" ", "") == title.replace(" ", "")
        if whole and len(lines) * size * 1.25 <= HEIGHT - 2 * MARGIN - 140:
            break
    return lines, size


def _root(words: str) -> ElementTree.Element:
    root = ElementTree.Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": str(WIDTH), "height": str(HEIGHT), "font-family": FONTS,
    })  # fmt: skip
    _box(root, 0, 0, WIDTH, HEIGHT, GROUND)
    if words:
        _text(root, words, 100, 40, INK)
    return root


def _box(root: ElementTree.Element, x: int, y: int, width: int, height: int, colour: str) -> None:
    places = {"x": str(x), "y": str(y), "width": str(width), "height": str(height), "fill": colour}
    ElementTree.SubElement(root, "rect", places)


def _text(root: ElementTree.Element, words: str, y: float, size: int, colour: str, *, bold: bool = False) -> None:
    runs_left = _runs_left(words)
    given = {"x": str(WIDTH - MARGIN if runs_left else MARGIN), "y": f"{y:.0f}", "font-size": str(size), "fill": colour}
    if runs_left:
        given["text-anchor"] = "end"
    if bold:
        given["font-weight"] = "700"
    ElementTree.SubElement(root, "text", given).text = words


def _runs_left(words: str) -> bool:
    """Say whether a text runs from right to left: as its first letter with a direction does (UAX #9, P2 and P3)."""
    strong = (unicodedata.bidirectional(letter) for letter in words)
    return next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L"


def _written(root: ElementTree.Element) -> str:
    return ElementTree.tostring(root, encoding="unicode")
