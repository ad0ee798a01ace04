"""Identifiers of sources in registers that give each thing one: which URLs hold one, and whether it can be one."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

Identifier = tuple[str, str]  # the register and the identifier in its one form: ("wikidata", "Q42")

NAMES = {"isni": "ISNI", "issn": "ISSN", "viaf": "VIAF id", "wikidata": "Wikidata id"}
# Where each register has its pages. What the group holds is the identifier.
_PAGES: dict[str, tuple[str, re.Pattern[str]]] = {
    "isni.org": ("isni", re.compile(r"/(?:isni/)?((?:\d[ +-]?){15}[\dX])/?", re.ASCII | re.IGNORECASE)),
    "portal.issn.org": ("issn", re.compile(r"/resource/issn/(\d{4}-?\d{3}[\dX])/?", re.ASCII | re.IGNORECASE)),
    "viaf.org": ("viaf", re.compile(r"(?:/[a-z]{2})?/viaf/([1-9]\d{0,21})(?:/.*)?", re.ASCII | re.IGNORECASE)),
    "wikidata.org": (
        "wikidata",
        re.compile(
            r"/(?:wiki|entity)/(?:Special:Entity(?:Data|Page)/)?(Q[1-9]\d*)(?:\.\w+)?/?", re.ASCII | re.IGNORECASE
        ),
    ),
}
_PLAIN = re.compile(r"[^0-9X]")


def of_urls(urls: Iterable[str]) -> frozenset[Identifier]:
    """Return the identifiers that these URLs hold, each in one form; what cannot be one is left out."""
    return frozenset(found for url in urls if (found := of_url(url)) is not None)


def of_url(url: str) -> Identifier | None:
    """Return the identifier that a URL holds, if any. The scheme, `www.`, case and a slash at the end do not matter."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    if host not in _PAGES:
        return None
    register, page = _PAGES[host]
    found = page.fullmatch(parts.path.replace("%20", " "))
    if found is None:
        return None
    if register in ("viaf", "wikidata"):
        return register, found[1].upper()
    value = _PLAIN.sub("", found[1].upper())
    right = _isni_fits(value) if register == "isni" else _issn_fits(value)
    return (register, value) if right else None


def written(identifier: Identifier) -> str:
    """Write an identifier for people: “Wikidata id Q42”."""
    register, value = identifier
    return f"{NAMES[register]} {value}"


def _isni_fits(value: str) -> bool:
    """Say whether the last of 16 digits is the check digit of the others (ISO 7064, mod 11-2)."""
    total = 0
    for digit in value[:-1]:
        total = (total + int(digit)) * 2
    return _digit((12 - total % 11) % 11) == value[-1]


def _issn_fits(value: str) -> bool:
    """Say whether the last of 8 digits is the check digit of the others (ISO 3297, mod 11)."""
    total = sum(int(digit) * weight for digit, weight in zip(value[:-1], range(8, 1, -1), strict=True))
    return _digit(-total % 11) == value[-1]


def _digit(number: int) -> str:
    return "X" if number == 10 else str(number)
