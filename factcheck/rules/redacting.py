"""What takes the place of redacted words, and how they are taken out of claims' JSON and of the log's contents."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

REDACTIONS = ("redact", "redact_part")  # actions whose entries say that something was removed
GONE = "(redacted)"
BLOCK = "\N{FULL BLOCK}"  # in the place of each code point of a text, so that positions in it stay true
# The members, and fields of changes, that hold somebody's words. Everything else is an id, a time or a term of ours.
WORDS = frozenset(
    {
        "account", "answer", "archived_url", "attribution.reason", "attribution_reason", "author", "cue",
        "described_as", "exact", "excerpt", "note", "now_exact", "place", "prefix", "reason", "suffix", "tags", "text",
        "title", "unit", "url", "withdrawn_reason", "wording",
    }
)  # fmt: skip
Json = dict[str, Any]
Places = Sequence[tuple[int, int]]  # of code points, ascending, the end exclusive


class Scrub(Protocol):
    """Takes what is redacted out of JSON."""

    def json(self, value: Any, name: str = "") -> Any:
        """Return a value without it; `name` is that of the member that has the value."""


@dataclass(frozen=True)
class Blackout:
    """Blacks out places of an article's snapshots, by their numbers, and words wherever somebody's words have them.

    `pieces` are words of a claim's quotes: they are blacked out in that claim, but not in what it shows of its article.
    With `own` nothing is, in what it shows of its article.
    A claim's versions repeat the same texts: what each becomes is worked out once.
    """

    places: Mapping[int, Places]
    words: Sequence[str] = ()
    pieces: Sequence[str] = ()
    own: bool = False
    _texts: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def text(self, text: str) -> str:
        """Return a text without the words."""
        clean = self._texts.get(text)
        if clean is None:
            clean = text
            for words in (*self.words, *self.pieces):
                clean = clean.replace(words, BLOCK * len(words))
            self._texts[text] = clean
        return clean

    def part(self, snapshot: int, start: int, text: str) -> str:
        """Return what stands at a place of a snapshot without what is blacked out there, and without the words."""
        return self.text(blacked(text, within(self.places.get(snapshot, ()), start, start + len(text))))

    def quote(self, quote: Json) -> Json:
        """Return a quote without it: `exact` stands at `start` of `snapshot`, between `prefix` and `suffix`."""
        start, exact = quote["start"], quote["exact"]
        if start is None:  # it is not in that snapshot
            return quote
        before = {"prefix": start - len(quote["prefix"])} if "prefix" in quote else {}
        behind = {"suffix": start + len(exact)} if "suffix" in quote else {}
        places = {**before, "exact": start, **behind}
        return quote | {name: self.part(quote["snapshot"], at, quote[name]) for name, at in places.items()}

    def json(self, value: Any, name: str = "") -> Any:
        """Return JSON without it, in the members that hold somebody's words."""
        if isinstance(value, str):
            return self.text(value) if name in WORDS else value
        if isinstance(value, list):
            items = [self.json(each, name) for each in value]
            return sorted(set(items)) if name == "tags" else items
        if not isinstance(value, dict):
            return value
        if name == "article" and self.own:
            return value
        if name == "article" and self.pieces:
            return replace(self, pieces=()).json(value)
        if {"exact", "snapshot", "start"} <= value.keys():
            value = self.quote(value)
        if value.keys() == {"field", "before", "after"}:
            return value | {side: self.json(value[side], value["field"]) for side in ("before", "after")}
        words = value.keys() if name == "reopened" else WORDS & value.keys()  # whoever reopened it wrote the reason
        return {
            each: self.json(item, "reason" if name == "reopened" else each)
            if each in words or isinstance(item, dict | list)
            else item
            for each, item in value.items()
        }


@dataclass(frozen=True)
class Renaming:
    """Gives things other names wherever JSON shows them as ``{id, name, …}``.

    `names` has the new names by the old ones, by the thing's id. Names that differ stay different: what showed one
    and then the other was changed, and stays so.
    """

    names: Mapping[str, Mapping[str, str]]

    def json(self, value: Any, name: str = "") -> Any:
        """Return JSON with the other names."""
        if isinstance(value, list):
            return [self.json(each) for each in value]
        if not isinstance(value, dict):
            return value
        known = self.names.get(value.get("id", ""))
        renamed = value | {"name": known.get(value["name"], GONE)} if known and "name" in value else value
        return {each: self.json(item) for each, item in renamed.items()}


@dataclass(frozen=True)
class Without:
    """Empties one member of the parts of a thing that have one of these ids: a relation's note, a capture's hash."""

    ids: frozenset[str]
    member: str
    gone: str | None = GONE

    def json(self, value: Any, name: str = "") -> Any:
        """Return JSON in which the member says that it was redacted, or is null."""
        if isinstance(value, list):
            return [self.json(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("id") in self.ids and value.get(self.member) is not None:
            value = value | {self.member: self.gone}
        return {each: self.json(item) for each, item in value.items()}


def occurrences(text: str, words: str) -> list[tuple[int, int]]:
    """Return every place of words in a text."""
    found, at = [], text.find(words)
    while at != -1:
        found.append((at, at + len(words)))
        at = text.find(words, at + len(words))
    return found


def within(places: Places, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield what places cover of [start, end), counted from `start`. Costs the logarithm of how many there are."""
    for at in range(bisect_right(places, start, key=lambda place: place[1]), len(places)):
        first, last = places[at]
        if first >= end:
            return
        yield max(first, start) - start, min(last, end) - start


def blacked(text: str, places: Iterable[tuple[int, int]]) -> str:
    """Return a text with a block for each code point at these places."""
    parts, at = [], 0
    for start, end in places:
        parts += [text[at:start], BLOCK * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


def merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return places in their order, those that overlap or touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
