"""What one source and another may both be called elsewhere: what the URLs of `same_as` name."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from factcheck.rules.identity.identifiers import domain_of, of_url
from factcheck.rules.sources import SourceKind


def identifiers_of(same_as: Iterable[str], kind: str | None = None) -> frozenset[str]:
    """Return what these URLs name, however they are written: with or without `www`, in HTTP or HTTPS.

    An outlet's home page names its domain.
    """
    urls = list(same_as)
    domains = map(domain_of, urls) if kind == SourceKind.OUTLET else ()
    return frozenset(filter(None, (*map(_identifier, urls), *domains)))


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
