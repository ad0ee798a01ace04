"""Identifiers of sources in registers that give each thing one: which URLs hold one, and whether it can be one.

Outlets have one more: the domain of their home page.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from factcheck.messages import message
from factcheck.rules.sources import SourceKind

Identifier = tuple[str, str]  # the register and the identifier in its one form: ("wikidata", "Q42")

NAMES = {
    "domain": message("domain"),
    "isni": "ISNI",
    "issn": "ISSN",
    "viaf": message("VIAF id"),
    "wikidata": message("Wikidata id"),
}
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
# The registers in the order in which they are told, each with the URL of an identifier.
_URLS = {
    "wikidata": "https://www.wikidata.org/wiki/{}",
    "isni": "https://isni.org/isni/{}",
    "viaf": "https://viaf.org/viaf/{}",
    "issn": "https://portal.issn.org/resource/ISSN/{}",
    "domain": "https://{}/",
}
REGISTERS = tuple(_URLS)
# Registers that give one thing one identifier. An outlet has an ISSN for print and another online, and several domains.
SINGLE = frozenset({"wikidata", "isni", "viaf"})
_NAMED = re.compile(r"(?:isni|issn|viaf|wikidata)\s*[: ]\s*", re.IGNORECASE)
_PLAIN = re.compile(r"[^0-9X]")


def of_source(kind: str, same_as: Iterable[str]) -> frozenset[Identifier]:
    """Return the identifiers of a source of this kind, by its URLs elsewhere."""
    urls = list(same_as)
    domains = map(domain_of, urls) if kind == SourceKind.OUTLET else ()
    return of_urls(urls) | {("domain", domain) for domain in domains if domain is not None}


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


def stated(kind: str, same_as: Sequence[str]) -> dict[str, str | None]:
    """Return the identifier that a source has in each register, as people write it; the first where it has several."""
    found: dict[str, str | None] = dict.fromkeys(REGISTERS)
    for url in same_as:
        for register, value in of_source(kind, [url]):
            found[register] = found[register] or _as_written(register, value)
    return found


def of_text(register: str, text: str) -> Identifier | None:
    """Return the identifier of a register that somebody wrote, by itself or as a URL; None if it cannot be one."""
    text = _NAMED.sub("", text.strip(), count=1) if "://" not in text else text.strip()
    if "://" not in text:
        if re.search(r"[/?#@\\]", text):
            return None
        text = _URLS[register].format(text)
    if register == "domain":
        domain = domain_of(text)
        return (register, domain) if domain else None
    found = of_url(text)
    return found if found and found[0] == register else None


def url_of(identifier: Identifier) -> str:
    """Return the URL of an identifier at its register; of a domain, the home page."""
    register, value = identifier
    return _URLS[register].format(_as_written(register, value))


def without(kind: str, same_as: Iterable[str], given: Mapping[str, Any]) -> list[str]:
    """Return URLs but for those that hold another identifier of a register than the one `given` for it, if any."""
    said = {
        each: of_text(each, given[each]) if isinstance(given[each], str) else None for each in _URLS if each in given
    }
    return [url for url in same_as if all(said.get(found[0], found) == found for found in of_source(kind, [url]))]


def _as_written(register: str, value: str) -> str:
    return f"{value[:4]}-{value[4:]}" if register == "issn" else value


def domain_of(url: str) -> str | None:
    """Return the registrable domain of a home page, such as `bbc.co.uk`; None for other pages and other hosts."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removesuffix(".")
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return None
    if not host or parts.path.strip("/") or parts.query or parts.scheme.lower() not in ("http", "https"):
        return None
    from courlan import extract_domain  # a tenth of a second, of each start of the desk

    return extract_domain(f"https://{host}/")


def kept(identifier: Identifier) -> str:
    """Return an identifier as one text, as the database keeps it: `wikidata:Q42`."""
    return ":".join(identifier)


def written(identifier: Identifier) -> str:
    """Write an identifier for people: “Wikidata id Q42”."""
    register, value = identifier
    return message("{register} {value}", register=NAMES[register], value=value)


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
