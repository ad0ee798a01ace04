"""Which addresses lead to the same page, as far as an address can say."""

from urllib.parse import parse_qsl, urlsplit


def url_key(url: str | None) -> str | None:
    """Return what the addresses of one page have in common, None without an address.

    The scheme, `www.`, a fragment, a slash at the end, the order of parameters, and those that only say where a reader
    came from make no other page.
    """
    if url is None:
        return None
    from courlan.clean import clean_query, normalize_part  # a tenth of a second, of each start of the desk

    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").removesuffix(".").removeprefix("www.")
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return url
    asked = clean_query(parts.query)
    bare = sorted(name for name, value in parse_qsl(parts.query, keep_blank_values=True) if not value)
    query = "&".join(filter(None, (asked, *bare)))
    there = f"{host}{f':{port}' if port not in (None, 80, 443) else ''}{normalize_part(parts.path).rstrip('/')}"
    return f"{there}?{query}" if query else there
