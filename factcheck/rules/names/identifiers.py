"""What one source and another may both be called elsewhere: the identifiers that the URLs of `same_as` hold."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

import regex

_WIKIDATA = regex.compile(r"/(?:wiki|entity)/(?:Special:EntityPage/)?(Q[1-9][0-9]*)", regex.IGNORECASE)


def identifiers_of(same_as: Iterable[str]) -> frozenset[str]:
    """Return what these URLs name, however they are written: with or without `www`, in HTTP or HTTPS."""
    return frozenset(filter(None, map(_identifier, same_as)))


def _identifier(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return ""
    path = unquote(parts.path).rstrip("/")
    if host == "wikidata.org" and (item := _WIKIDATA.match(path)):
        return f"wikidata:{item[1].upper()}"
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{path}{query}" if host else ""
