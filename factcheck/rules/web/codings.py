"""The content codings of HTTP (RFC 9110, 8.4) as servers send them, within the bounds of a page."""

import zlib
from collections.abc import Sequence

from factcheck.rules.web.fetches import LARGEST


class TooMuch(Exception):
    """The response has more bytes than the caller takes.

    It is no ValueError: http.client takes that for a chunk without a size, and for a response that ended early.
    """


def inflated(headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Return the body without its content codings. Raises TooMuch, ValueError and zlib.error."""
    named = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    codings = [each.strip().lower() for each in named.split(",") if each.strip()]
    if len(codings) > 2:
        raise ValueError("too many content codings")
    for coding in reversed(codings):
        if coding == "identity":
            continue
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise ValueError("unknown content coding")
        body = _inflated(body)
    return body


def _inflated(body: bytes) -> bytes:
    found = bytearray()
    while body:
        # Of gzip or zlib, as the bytes say; deflate without any head is what some servers mean by "deflate".
        bits = 47 if body[:2] == b"\x1f\x8b" or (body[0] & 15) == 8 else -15
        inflating = zlib.decompressobj(bits)
        found += inflating.decompress(body, LARGEST + 1 - len(found))
        if len(found) > LARGEST:
            raise TooMuch
        if not inflating.eof:
            raise zlib.error("incomplete")
        body = inflating.unused_data.lstrip(b"\0")  # gzip may have members that follow one another
    return bytes(found)
