"""What a site's robots.txt lets the desk fetch by itself, by RFC 9309."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

AGENT = "factcheck"  # the product token that a site can name
LARGEST = 512 * 1024  # bytes that are read; the rest is ignored, as the RFC allows
LONGEST_DELAY = 60.0  # seconds between two requests that a site may ask for
_ESCAPED = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TOKEN = re.compile(r"[A-Za-z_-]*")


@dataclass(frozen=True)
class Robots:
    """The rules for the desk: patterns of paths, each with whether it allows them. `delay` is in seconds."""

    rules: Sequence[tuple[str, bool]] = ()
    delay: float = 0.0

    def allows(self, url: str) -> bool:
        """Say whether a page may be fetched: the longest pattern decides, and of two as long the one that allows."""
        parts = urlsplit(url)
        path = _normal(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
        found = [(len(pattern), allowed) for pattern, allowed in self.rules if _fits(pattern, path)]
        return max(found, default=(0, True))[1]


ALL = Robots()


def read(body: bytes) -> Robots:
    """Read a robots.txt: the groups that name the desk, or else those for everybody."""
    groups: dict[str, list[tuple[str, str]]] = {}
    agents: list[str] = []
    in_rules = False
    for name, value in _lines(body):
        if name == "user-agent":
            agents = [] if in_rules else agents
            in_rules = False
            agents.append("*" if value == "*" else _TOKEN.match(value)[0].lower())  # type: ignore[index]
            groups.setdefault(agents[-1], [])
        elif name in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for agent in set(agents):
                groups[agent].append((name, value))
    ours = groups.get(AGENT, groups.get("*", []))
    rules = [(_normal(value), name == "allow") for name, value in ours if name != "crawl-delay" and value]
    return Robots(tuple(rules), max((_delay(value) for name, value in ours if name == "crawl-delay"), default=0.0))


def _lines(body: bytes) -> list[tuple[str, str]]:
    text = body[:LARGEST].decode("utf-8", "replace").removeprefix("\ufeff")
    split = (line.partition("#")[0].partition(":") for line in re.split(r"\r\n|\r|\n", text))
    return [(name.strip().lower(), value.strip()) for name, colon, value in split if colon]


def _delay(value: str) -> float:
    given = re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?", value)
    return min(float(value), LONGEST_DELAY) if given else 0.0


def _normal(path: str) -> str:
    """Return a path in the one form in which two are compared."""

    def escaped(found: re.Match[str]) -> str:
        letter = chr(int(found[1], 16))
        return letter if letter in _UNRESERVED else found[0].upper()

    ascii_only = "".join(letter if letter.isascii() else quote(letter, errors="replace") for letter in path)
    return _ESCAPED.sub(escaped, ascii_only)


def _fits(pattern: str, path: str) -> bool:
    """Say whether a path begins as a pattern says: `*` is any letters, `$` at its end is the end of the path."""
    whole = pattern.endswith("$")
    first, *others = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    last = others.pop() if whole and others else None
    for piece in others:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if last is not None:
        return len(path) - len(last) >= at and path.endswith(last)
    return not whole or at == len(path)
