"""Who is behind a proxy: the headers `Forwarded` (RFC 7239) and `X-Forwarded-For`, read from right to left.

Each proxy adds an element at the right about whoever it received the request from. So an element is worth as much as
the proxy that wrote it, which is the sender that the element to its right names, or the connection's own peer.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

MOST = 20  # elements that are looked at: no chain of proxies is that long
LONGEST = 4096  # characters that are looked at
_PAIR = re.compile(
    r"[ \t]*(?:(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:(?P<token>[!#$%&'*+.^_`|~0-9A-Za-z-]+)"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*)"))?[ \t]*(?P<end>[;,]|$)'
)
_ESCAPED = re.compile(r"\\(.)")
_WITH_PORT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<four>[0-9.]{7,15}))(?::[0-9]{1,5})?")


class Element(NamedTuple):
    """What one proxy says of the request that it received. An address that cannot be read is None."""

    address: str | None
    scheme: str | None = None
    host: str | None = None


def of_forwarded(header: str) -> list[Element] | None:
    """Return the elements of a `Forwarded` header, the last one first; None when it is malformed or too long."""
    if len(header) > LONGEST:
        return None
    elements: list[Element] = []
    pairs: dict[str, str] = {}
    at = 0
    while True:
        found = _PAIR.match(header, at)
        if found is None:
            return None
        if found["name"]:
            name = found["name"].lower()
            if name in pairs:
                return None
            pairs[name] = _ESCAPED.sub(r"\1", found["quoted"]) if found["token"] is None else found["token"]
        at = found.end()
        if found["end"] != ";":
            if pairs:
                elements.append(Element(address(pairs.get("for", "")), pairs.get("proto"), pairs.get("host")))
            pairs = {}
        if not found["end"]:
            return elements[: -MOST - 1 : -1]


def of_x_forwarded_for(header: str) -> list[Element]:
    """Return the elements of an `X-Forwarded-For` header, the last one first.

    What stands further left than anybody needs is not looked at, so that nobody can hide behind a long header.
    """
    parts = header[-LONGEST:].rsplit(",", MOST)[-MOST:]
    return [Element(address(part.strip(" \t"))) for part in reversed(parts)]


def sender(peer: str, elements: Iterable[Element], trusted: Callable[[str], bool]) -> Element:
    """Return whom the request comes from: the first sender, from right to left, that is not a trusted proxy.

    Where a trusted proxy names no address, the request counts as that proxy's own.
    """
    found = Element(peer)
    for element in elements:
        if found.address is None or not trusted(found.address):
            break
        if element.address is None:
            return Element(found.address)
        found = element
    return found


def address(text: str) -> str | None:
    """Return an IP address in its canonical form, without port and brackets; None when the text holds none.

    An IPv4 address that is written as an IPv6 one is told as what it is.
    """
    found = _WITH_PORT.fullmatch(text)
    try:
        parsed = ip_address((found["six"] or found["four"]) if found else text)
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        if parsed.scope_id is not None:
            return None
        return str(parsed.ipv4_mapped or parsed)
    return str(parsed)


@lru_cache(maxsize=1024)
def counted_as(text: str | None) -> str:
    """Return what the requests of an address are counted under: one client has a whole /64 of IPv6."""
    found = address(text or "")
    if found is None:
        return "unknown"
    return str(ip_network(f"{found}/64", strict=False)) if ":" in found else found
