"""JSON-LD of schema.org as the world writes it: what stands in it, and what of it was read.

A value may be itself, a list of one, an object with an `@value` or a name, or a reference to what stands elsewhere.
Keys may have schema.org's address before them.
"""

import html
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from factcheck.errors import Flaw, Invalid
from factcheck.messages import message
from factcheck.rules.imports import Notice
from factcheck.rules.text.visible import blank

Json = dict[str, Any]
Nodes = Mapping[str, Json]
_NO_PLACE = message("Is not imported: the desk has no field for it.")
TOO_MUCH = message("The review has more data than this desk accepts.")
KEY_TOLD = 100  # characters of a key
REFERRED = 1000  # values in what one document refers to: a publisher and an author have some twenty each
MOST_TOLD = 50  # members of one document that are told by name
# In which member of an object its text stands; of a claim, what it claims before what it is called.
TEXT = ("@value", "name", "text")
CLAIM_TEXT = ("@value", "text", "name", "headline")
_PREFIX = re.compile(r"(?:https?://schema\.org/|schema:)(?=[A-Za-z])")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
OF_MEDIA = "MediaReview"
REVIEWS = frozenset({"ClaimReview", OF_MEDIA})
_OF_JSON_LD = {"@context", "@type", "@id", "@language"}


# ── Finding things ──────────────────────────────────────────────────────────────────────────────────────────────


def found(value: Any) -> Iterator[Json]:
    """Yield the ClaimReviews and MediaReviews in a value, in whatever they stand: a graph, a feed, a page; not those
    inside of others.

    Their keys come without schema.org's prefixes. What has a claimReviewed and does not say what it is is one, too.
    """
    if isinstance(value, list):
        for each in value:
            yield from found(each)
    elif isinstance(value, dict):
        node = plain(value)
        kinds = types(node)
        if REVIEWS.intersection(kinds) or (not kinds and "claimReviewed" in node):
            yield node
        else:
            for each in value.values():
                yield from found(each)


def nodes(value: Any) -> Iterator[tuple[str, Json]]:
    """Yield the things in a value that others may refer to by ``{"@id": …}``, with their ids."""
    if isinstance(value, list):
        for each in value:
            yield from nodes(each)
    elif isinstance(value, dict):
        node = plain(value)
        name = node.get("@id")
        if isinstance(name, str) and len(node) > 1 and not REVIEWS.intersection(types(node)):
            yield name, node
        for each in value.values():
            yield from nodes(each)


def is_of_media(node: Json) -> bool:
    """Say whether a review that was found is a MediaReview. One that is both is read as a ClaimReview."""
    return types(node).count(OF_MEDIA) > 0 and "ClaimReview" not in types(node)


def says_what_it_is(value: Any) -> bool:
    """Say whether this is an object of some type, such as stand beside reviews in a graph."""
    return isinstance(value, dict) and bool(types(plain(value)))


def plain(node: Json) -> Json:
    """Return an object with its keys as schema.org's context writes them."""
    made: Json = {}
    for key, value in node.items():
        name = _PREFIX.sub("", key)
        name = {"type": "@type", "id": "@id"}.get(name, name)
        made[name] = value if name not in made else [*listed(made[name]), *listed(value)]
    return made


def types(node: Json) -> list[str]:
    return [_PREFIX.sub("", each) for each in listed(node.get("@type")) if isinstance(each, str)]


def listed(value: Any) -> list[Any]:
    if isinstance(value, dict) and ("@list" in value or "@set" in value):
        value = value.get("@list", value.get("@set"))
    return value if isinstance(value, list) else [] if value is None else [value]


def placed(value: Any, pointer: str) -> Iterator[tuple[Any, str]]:
    """Yield what a value holds, each with its pointer."""
    for at, each in enumerate(listed(value)):
        yield each, f"{pointer}/{at}" if isinstance(value, list) else pointer


def shortened(text: str, most: int) -> str:
    """Return as much of a text as there is room for, with a mark where it was cut."""
    return text if len(text) <= most else f"{text[: most - 4].rstrip()} […]"


def cleaned(text: str) -> str:
    """Return a text with HTML's entities as the letters that they stand for; those with their semicolon alone."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text).strip()


def _values(value: Any) -> Iterator[Any]:
    """Yield a value and all that is inside it."""
    yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _values(each)


# ── Reading them ────────────────────────────────────────────────────────────────────────────────────────────────


class Node:
    """An object, which remembers which of its members were read. `beyond`: what it refers to, where that is known."""

    def __init__(self, members: Json, beyond: Json | None = None) -> None:
        self.members, self.beyond = members, beyond or {}
        self.read: set[str] = set()

    def get(self, name: str) -> Any:
        self.read.add(name)
        value = self.members.get(name)
        return self.beyond.get(name) if value is None else value

    def __contains__(self, name: str) -> bool:
        return name in self.members or name in self.beyond

    def types(self) -> list[str]:
        return types(self.members) or types(self.beyond)


class Reading:
    """The reading of one document: its objects, and what is said of what was not carried."""

    def __init__(self, document: Json, known: Nodes) -> None:
        self.known = known
        self._referred = 0  # values in what it refers to by ids
        self._nodes: dict[int, Node] = {}
        self._given: list[Json] = []  # so that no id is used twice
        self.notices: list[Notice] = []
        self.document = document
        self.root = self.node(document)

    def node(self, value: Json) -> Node:
        """Return the object that stands here, with what it refers to behind it."""
        if id(value) not in self._nodes:
            members = plain(value)
            name = members.get("@id")
            beyond = self.known.get(name) if isinstance(name, str) else None
            if beyond is not None:
                self._count(beyond)
            self._nodes[id(value)] = Node(members, beyond)
            self._given.append(value)
        return self._nodes[id(value)]

    def _count(self, beyond: Json) -> None:
        """Count what a reference leads to. A reference of a few bytes may lead to a megabyte, many times over.

        Raises Invalid when that is too much.
        """
        self._referred += sum(1 for _ in islice(_values(beyond), REFERRED + 1))
        if self._referred > REFERRED:
            told = message("Refers by id to objects with more than {most} values.", most=REFERRED)
            raise Invalid(TOO_MUCH, flaws=[Flaw(told, pointer="")])

    def objects(self, value: Any) -> Iterator[Node]:
        """Yield the objects of a value; a text is the name of one."""
        for each in listed(value):
            yield self.node(each) if isinstance(each, dict) else Node({"name": each})

    def texts(self, value: Any, members: tuple[str, ...] = TEXT) -> list[str]:
        """Return what texts a value holds, each once: numbers too, and what stands in one of `members` of an object."""
        said: list[str] = []
        for each in listed(value):
            if isinstance(each, dict):
                node = self.node(each)
                name = next((name for name in members if node.members.get(name) is not None), None)
                name = name or next((name for name in members if name in node), members[0])
                said += self.texts(node.get(name), members)
            elif isinstance(each, list):
                said += self.texts(each, members)
            elif isinstance(each, str):
                said.append(cleaned(each))
            elif isinstance(each, bool):
                said.append("true" if each else "false")
            elif each is not None:
                said.append(str(each))
        return [each for each in dict.fromkeys(said) if not blank(each)]

    def tell(self, detail: str, pointer: str) -> None:
        self.notices.append(Notice(detail, pointer))

    def one(self, said: list[str], pointer: str) -> str | None:
        """Return the first of several values, and tell of the others."""
        if len(said) > 1:
            others = ", ".join(f"“{each[:200]}”" for each in said[1:4])
            if len(said) > 4:
                others = message("{others} and {count} more", others=others, count=len(said) - 4)
            self.tell(
                message("Has {count} values. The first is imported, and not {others}.", count=len(said), others=others),
                pointer,
            )
        return said[0] if said else None

    def cut(self, text: str, most: int, pointer: str) -> str:
        """Return as much of a text as there is room for, and tell what was cut."""
        kept = shortened(text, most)
        if kept != text:
            told = message(
                "Was shortened: {count} of {all} characters are imported.", count=len(kept) - 4, all=len(text)
            )
            self.tell(told, pointer)
        return kept

    def told(self) -> list[Notice]:
        """Return the notices, with those of the members that nobody read: MOST_TOLD, and how many more there are."""
        unread = (Notice(_NO_PLACE, pointer) for pointer in self._unread(self.document, ""))
        notices = list(dict.fromkeys([*self.notices, *unread]))
        left = len(notices) - MOST_TOLD
        return notices[:MOST_TOLD] + (
            [Notice(message("{count} more members are not imported as they are.", count=left))] if left > 0 else []
        )

    def _unread(self, value: Any, pointer: str) -> Iterator[str]:
        if isinstance(value, list):
            for at, each in enumerate(value):
                yield from self._unread(each, f"{pointer}/{at}")
        elif isinstance(value, dict) and listed(value) != [value]:
            yield from self._unread(listed(value), pointer)
        elif isinstance(value, dict):
            node = self._nodes.get(id(value))
            if node is None:
                if _says(value):
                    yield pointer
                return
            for name, each in node.members.items():
                step = name[:KEY_TOLD].replace("~", "~0").replace("/", "~1")
                if name in node.read:
                    yield from self._unread(each, f"{pointer}/{step}")
                elif name not in _OF_JSON_LD and _says(each):
                    yield f"{pointer}/{step}"


def _says(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_says(each) for name, each in value.items() if name not in _OF_JSON_LD)
    if isinstance(value, list):
        return any(map(_says, value))
    return value is not None and value != ""
