"""What one source and another may both be called elsewhere: what the URLs of `same_as` name."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from factcheck.rules.identity.identifiers import of_url


def identifiers_of(same_as: Iterable[str]) -> frozenset[str]:
    """Return what these URLs name, however they are written: with or without `www`, in HTTP or HTTPS."""
    return frozenset(filter(None, map(_identifier, same_as)))


def _identifier(url: str) -> str:
    if (found := of_url(url.strip())) is not None:
        return ":".join(found)
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{unquote(parts.path).rstrip('/')}{query}" if host else ""
