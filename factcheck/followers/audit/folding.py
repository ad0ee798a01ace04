"""The log, folded as far as the audit needs it: claims, sources and articles as they were after any entry.

What is folded depends on the entries alone, so that a follower that is behind and one that rebuilds come to the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import orjson

from factcheck.desk.access.blindness import CAPTURED, LINK
from factcheck.followers.base import LogEntry
from factcheck.rules.identity.identifiers import Identifier, of_source
from factcheck.rules.status import Status

Json = dict[str, Any]
ENDS = frozenset({"redact", "withdraw"})  # actions after which a claim is active no more
SOURCE_IDS = ("source_id", "on_behalf_of_id", "origin_id")


@dataclass(frozen=True)
class Change:
    """An entry with its content read. `fields` is None when the content was redacted."""

    entry: LogEntry
    fields: list[Json] | None

    @classmethod
    def read(cls, entry: LogEntry) -> "Change":
        return cls(entry, None if entry.content is None else orjson.loads(entry.content)["changes"])

    @cached_property
    def statuses(self) -> tuple[str, str]:
        """The claim's statuses after the entry, on content and on attribution: its leaf tells them for ever."""
        status = orjson.loads(self.entry.leaf)["status"]
        return status["content"], status["attribution"]

    def after(self) -> Iterator[tuple[str, Any]]:
        """Yield each field with its new value; evidence and relations by themselves have `None` when they end."""
        for each in self.fields or ():
            yield each["field"], each["after"]

    def related_ids(self) -> Iterator[str]:
        """Yield the sources to which the entry relates a source, or does so no more."""
        for each in self.fields or ():
            if each["field"] == "relation":
                yield (each["after"] or each["before"])["other_id"]

    def source_ids(self) -> Iterator[str]:
        """Yield the sources that the entry names."""
        for name, value in self.after():
            if name == "outlet_id" and value:
                yield value
            for item in value if name == "attribution" else [value] if name == "evidence" and value else ():
                yield from (item[key] for key in SOURCE_IDS if item.get(key))


@dataclass
class FoldedSource:
    name: str = ""
    kind: str = ""
    same_as: Sequence[str] = ()

    @property
    def identifiers(self) -> frozenset[Identifier]:
        return of_source(self.kind, self.same_as)

    def fold(self, change: Change) -> bool:
        """Take an entry in; say whether it changes anything for the claims that name the source."""
        shown = (self.name, self.kind, self.identifiers)
        for name, value in change.after():
            if hasattr(self, name):
                setattr(self, name, value)
        return shown != (self.name, self.kind, self.identifiers)


@dataclass
class FoldedArticle:
    outlet_id: str | None = None
    published_on: str | None = None

    def fold(self, change: Change) -> bool:
        """Take an entry in; say whether it changes anything for the article's claims."""
        shown = (self.outlet_id, self.published_on)
        for name, value in change.after():
            if hasattr(self, name):
                setattr(self, name, value)
        return shown != (self.outlet_id, self.published_on)


@dataclass
class FoldedClaim:
    """A claim after some entry. `readable`: its content is there, because it was not redacted."""

    id: str
    seq: int = -1
    created_at: datetime | None = None
    fields: Json = field(default_factory=dict)
    statuses: tuple[str, str] = (Status.UNVERIFIED, Status.UNVERIFIED)
    reviewed_at: datetime | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    ended: bool = False
    readable: bool = True

    @property
    def active(self) -> bool:
        return self.seq >= 0 and self.readable and not self.ended

    def fold(self, change: Change) -> None:
        """Take the claim's next entry in."""
        entry = change.entry
        if entry.number == 1:
            self.seq, self.created_at = entry.log_index, entry.at
        self.statuses = change.statuses
        self.ended = self.ended or entry.action in ENDS
        if change.fields is None or entry.action == "redact":
            self.readable = False
            self.fields, self.evidence = {}, {}
            return
        for each in change.fields:
            name, before, after = each["field"], each["before"], each["after"]
            if name == "evidence":
                self._fold_evidence(before, after, entry.at)
            elif name == CAPTURED:
                self.evidence[after["evidence_id"]].capture_sha256 = after["capture"]["sha256"]
            elif name == LINK:
                self.evidence[after["evidence_id"]].unreachable = after["error"]
            else:
                self.fields[name] = after
            if name == "status":
                self.reviewed_at = entry.at if entry.action == "review" else None
            elif name == "reviewed_at":  # an undo gives back the time of an earlier decision
                self.reviewed_at = datetime.fromisoformat(after) if after else None

    def _fold_evidence(self, before: Json | None, after: Json | None, at: datetime) -> None:
        if after is not None:
            # Entries made before schema 0002 have no origin_id.
            sha256 = after["capture"]["sha256"] if "capture" in after else None
            seen = {"added_at": at, "withdrawn_at": None, "unreachable": None, "capture_sha256": sha256}
            self.evidence[after["id"]] = SimpleNamespace(**{"origin_id": None} | after | seen)
        elif before is not None and before["id"] in self.evidence:
            self.evidence[before["id"]].withdrawn_at = at

    def references(self, articles: Mapping[str, FoldedArticle]) -> frozenset[str]:
        """Return the sources that the active claim names, as they were entered, with its article's outlet."""
        if not self.active:
            return frozenset()
        items = [vars(item) for item in self.evidence.values() if item.withdrawn_at is None]
        named = {item.get(key) for item in (*self.fields["attribution"], *items) for key in SOURCE_IDS}
        named.add(articles[self.fields["article_id"]].outlet_id)
        return frozenset(named - {None})

    def row(self, articles: Mapping[str, FoldedArticle], outlet: str | None) -> Any:
        """Return the claim's columns as the audit's rules read them."""
        quantity = self.fields.get("quantity") or {"low": None, "high": None, "unit": None, "wording": None}
        published = articles[self.fields["article_id"]].published_on
        return SimpleNamespace(
            seq=self.seq,
            id=self.id,
            article_id=self.fields["article_id"],
            text=self.fields["text"],
            kind=self.fields["kind"],
            status=self.statuses[0],
            attribution_status=self.statuses[1],
            **quantity,
            review_by=_day(self.fields.get("review_by")),
            reviewed_at=self.reviewed_at,
            created_at=self.created_at,
            published_on=_day(published),
            outlet=outlet,
        )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
