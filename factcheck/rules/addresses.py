"""Where the desk may send a request of its own: the rule against being used to reach networks behind it.

Pure: a URL in, a target or a refusal out; what a name resolves to is judged here too, and asked for elsewhere
(`outbound/requests.py`). The list of what is refused is our own, from the IANA special-purpose address
registries (RFC 6890): `ipaddress.is_global` is true of addresses that lead elsewhere by way of a translator (NAT64,
6to4), and of multicast.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from factcheck.messages import message

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 2000  # characters of an address
# Of the ports below 1024 those of the web alone: a request in HTTP can be read as something else by other services.
WEB_PORTS = (80, 443)
FREE_PORTS = range(1024, 65536)

_REFUSED_4 = (
    ("0.0.0.0/8", message("this network")),
    ("10.0.0.0/8", message("private")),
    ("100.64.0.0/10", message("shared between carriers and their customers")),
    ("127.0.0.0/8", message("this machine")),
    ("169.254.0.0/16", message("link-local")),
    ("172.16.0.0/12", message("private")),
    ("192.0.0.0/24", message("reserved for protocols")),
    ("192.0.2.0/24", message("for documentation")),
    ("192.31.196.0/24", message("anycast of AS112")),
    ("192.52.193.0/24", message("anycast of AMT")),
    ("192.88.99.0/24", message("6to4 relays")),
    ("192.168.0.0/16", message("private")),
    ("192.175.48.0/24", message("anycast of AS112")),
    ("198.18.0.0/15", message("for benchmarks")),
    ("198.51.100.0/24", message("for documentation")),
    ("203.0.113.0/24", message("for documentation")),
    ("224.0.0.0/4", message("multicast")),
    ("240.0.0.0/4", message("reserved")),
)
# Beyond 2000::/3 there is no global unicast: ::1, ::, mapped and compatible IPv4, NAT64, unique local, link-local,
# site-local, multicast, discard. Inside it:
_GLOBAL_6 = ip_network("2000::/3")
_REFUSED_6 = (
    ("2001::/23", message("reserved for protocols, Teredo among them")),
    ("2001:db8::/32", message("for documentation")),
    ("2002::/16", message("6to4")),
    ("2620:4f:8000::/48", message("anycast of AS112")),
    ("3fff::/20", message("for documentation")),
)
_REFUSED: dict[int, list[tuple[Network, str]]] = {
    4: [(ip_network(each), why) for each, why in _REFUSED_4],
    6: [(ip_network(each), why) for each, why in _REFUSED_6],
}
NO_URL = message("It is not a valid URL.")
NAMES_USER = message("It must not contain a user name or a password.")
_VISIBLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class AddressRefused(ValueError):
    """The desk sends nothing there. `detail` says why, in words for whoever gave the address."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class Target:
    """Where a request goes: `host` in ASCII and lower case, `path` with its query, `authority` as Host has it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


@dataclass(frozen=True)
class Guard:
    """What is allowed beyond the rule: networks that the operator names, and http without TLS."""

    allowed: tuple[Network, ...] = ()
    http: bool = False

    def target(self, url: str) -> Target:
        """Read a URL without asking anybody. Raises AddressRefused.

        A host that is an address is judged at once, in whatever disguise; a name is judged by what it resolves to.
        """
        if len(url) > LONGEST or not _VISIBLE.fullmatch(url) or "\\" in url or "#" in url:
            raise AddressRefused(message("It must be written in visible ASCII, without a backslash or a fragment."))
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused(NO_URL) from None
        if parts.scheme not in (("http", "https") if self.http else ("https",)):
            raise AddressRefused(
                message("It must begin with http:// or https://.")
                if self.http
                else message("It must begin with https://.")
            )
        if "@" in parts.netloc:
            raise AddressRefused(NAMES_USER)
        port = {"http": 80, "https": 443}[parts.scheme] if port is None else port
        if port not in WEB_PORTS and port not in FREE_PORTS:
            raise AddressRefused(message("Its port must be 80, 443 or one from 1024 on."))
        host = _host(parts.hostname or "", bracketed="[" in parts.netloc)
        literal = literal_of(host)
        if literal is not None:
            self.judge([literal])
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port, path)

    def judge(self, addresses: Iterable[Address | str]) -> list[Address]:
        """Return what a name resolved to, if the desk may send there. Raises AddressRefused.

        One refused address among good ones spoils them all: whoever mixes them means the refused one.
        """
        judged: list[Address] = []
        for each in addresses:
            try:
                address = ip_address(each)
            except ValueError:
                raise AddressRefused(message("Its host resolves to something that is not a network address.")) from None
            why = self._refusal(address)
            if why is not None:
                told = message(
                    "The desk does not send to the network address {address}: {why}.", address=address, why=why
                )
                raise AddressRefused(told)
            if address not in judged:
                judged.append(address)
        if not judged:
            raise AddressRefused(message("Its host resolves to no network address."))
        return judged

    def _refusal(self, address: Address) -> str | None:
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            return message("it is of one link alone")
        if any(address.version == network.version and address in network for network in self.allowed):
            return None
        if address.version == 6 and address not in _GLOBAL_6:
            return message("not global unicast")
        return next((why for network, why in _REFUSED[address.version] if address in network), None)


def literal_of(host: str) -> Address | None:
    """Return the address that a host is by itself, None for a name. `localhost` is one (RFC 6761, section 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return ip_address("127.0.0.1")
    try:
        return ip_address(host)
    except ValueError:
        return None


def _host(host: str, *, bracketed: bool) -> str:
    if bracketed:
        try:
            return str(IPv6Address(host))
        except ValueError:
            raise AddressRefused(message("The part in brackets must be an IPv6 address.")) from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused(
            message("It has no valid host name: use letters, digits and hyphens, and the xn-- form for other scripts.")
        )
    if _NUMBER.fullmatch(labels[-1]):
        # A resolver reads 2130706433, 0177.1 and 0x7f.0.0.1 as 127.0.0.1: one form alone is an address here.
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise AddressRefused(message("An IPv4 address must be four decimal numbers.")) from None
    return host


def networks(setting: str) -> tuple[Network, ...]:
    """Read networks parted by commas, such as 10.1.0.0/16. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in setting.split(",") if part.strip())
