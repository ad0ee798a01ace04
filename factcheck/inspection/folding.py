"""Fold the log of one thing into the rows that the desk must have of it.

Each class takes a thing's entries in their order and then has its rows, by table. Nothing is read but the log: what the
rows of claims depend on beside their own entries is in `worlds.py`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

import orjson

from factcheck.desk import people
from factcheck.desk.articles import FIELDS as ARTICLE_FIELDS
from factcheck.desk.capturing.captures import FIELDS as CAPTURE_FIELDS
from factcheck.desk.capturing.captures import ITEM
from factcheck.desk.capturing.feeds import FIELDS as FEED_FIELDS
from factcheck.desk.sources import FIELDS as SOURCE_FIELDS
from factcheck.followers.base import LogEntry
from factcheck.rules.identity import judgments
from factcheck.rules.identity.identifiers import kept, of_source
from factcheck.rules.identity.judgments import Judgment
from factcheck.rules.media.kinds import ArticleKind
from factcheck.rules.web.urls import url_key

Row = dict[str, Any]
Rows = dict[str, list[Row]]


class Content:
    """What an entry commits to."""

    def __init__(self, raw: bytes) -> None:
        read = orjson.loads(raw)
        self.changes: list[Row] = read["changes"]
        self.reason: str | None = read["reason"]
        self.edition: int = read.get("edition", 1)
        self.facts: Row = read.get("facts", {})

    def __iter__(self) -> Iterator[tuple[str, Any, Any]]:
        """Yield each change as its field, before and after."""
        for change in self.changes:
            yield change["field"], change["before"], change["after"]


class FoldedPerson:
    """A person after the entries that were taken."""

    def __init__(self, person_id: str) -> None:
        unsaid: Row = dict.fromkeys(("display_name", "mark", "disabled_at", "redacted_index"))
        self.row: Row = {"id": person_id, "name": "", **unsaid}
        self.tokens: list[Row] = []
        self.accounts: dict[str, Row] = {}  # by id

    def take(self, entry: LogEntry, content: Content | None) -> None:
        content = there(content)
        self.row["revision"] = entry.number
        if entry.number == 1:
            self.row["created_at"] = entry.at
        if "mark" in content.facts:
            self.row["mark"] = content.facts["mark"]
        if "created_at" in content.facts:
            self.row["created_at"] = instant(content.facts["created_at"])
        for field, before, after in content:
            if field == "disabled":
                self.row["disabled_at"] = entry.at if after else None
            elif field == "token" and after is not None:
                self.tokens.append(self._token(entry, after))
            elif field == "token":
                self._end([token for token in self.tokens if token["id"] == before], entry)
            elif field == "token_label":
                self.tokens[-1]["label"] = after
            elif field == "account" and after is not None:
                self.accounts[after["id"]] = after | {"person_id": self.row["id"], "bound_at": entry.at}
            elif field == "account" and before is not None:
                self.accounts.pop(before["id"], None)
            elif field in ("name", "display_name", "role"):
                self.row[field] = after
        if entry.action == "redact":
            self.row["redacted_index"], self.accounts = entry.log_index, {}
        if entry.action in ("disable", "revoke", "redact"):
            self._end(self.tokens, entry)

    def _end(self, tokens: list[Row], entry: LogEntry) -> None:
        for token in tokens:
            token["revoked_at"] = token["revoked_at"] or entry.at

    def _token(self, entry: LogEntry, token_id: str) -> Row:
        # The log has no secrets, and this is none: no token has such a digest.
        person = {"person_id": self.row["id"], "digest": token_id.encode()}
        return {"id": token_id, **person, "created_at": entry.at, "revoked_at": None, "label": None}

    def rows(self) -> Rows:
        person = self.row | {"folded_name": people.folded_name(self.row["name"])}
        return {"people": [person], "tokens": self.tokens, "provider_accounts": list(self.accounts.values())}


class FoldedSource:
    """A source after the entries that were taken, with the judgments and the relations that they make.

    As which source it is shown depends on others. Merges of earlier versions wrote the names of one source into the
    aliases of the other (`take_over`): they are no aliases of its own.
    """

    def __init__(self, source_id: str) -> None:
        self.row: Row = {"id": source_id, "redacted_index": None, **dict.fromkeys(SOURCE_FIELDS)}
        self.judgments: list[Row] = []
        self.relations: dict[str, Row] = {}  # by id

    def take(self, entry: LogEntry, content: Content | None) -> None:
        if entry.number == 1:
            self.row |= {"seq": entry.log_index, "created_at": entry.at}
        self.row |= {"revision": entry.number, "updated_at": entry.at}
        if entry.action == "redact":
            self.row["redacted_index"] = entry.log_index
        content = there(content)
        judgment = judgments.read(entry.log_index, entry.action, self.row["id"], content.changes)
        if judgment is not None:
            self.judgments.append(_judgment(entry, content, judgment))
        elif entry.action != "take_over":
            for field, before, after in content:
                if field == "relation":
                    self._relate(entry, content, before, after)
                else:
                    self.row[field] = self._own(before, after) if field == "aliases" else after

    def _relate(self, entry: LogEntry, content: Content, before: Row | None, after: Row | None) -> None:
        if after is not None:
            unsaid = dict.fromkeys(("withdrawn_index", "withdrawn_at", "withdrawn_reason", "withdrawn_by_id"))
            place = {"log_index": entry.log_index, "source_id": self.row["id"]}
            self.relations[after["id"]] = place | after | {"added_by_id": entry.actor_id, "added_at": entry.at} | unsaid
        elif before is not None:
            self.relations[before["id"]] |= {
                "withdrawn_index": entry.log_index, "withdrawn_at": entry.at, "withdrawn_reason": content.reason,
                "withdrawn_by_id": entry.actor_id,
            }  # fmt: skip

    def _own(self, before: list[str] | None, after: list[str]) -> list[str]:
        """Return the aliases of its own that an entry gives it: what others brought was there before."""
        others = set(before or ()) - set(self.row["aliases"] or ())
        return [each for each in after if each not in others]

    def rows(self) -> Rows:
        row = whole(self.row)
        found = sorted(of_source(row["kind"], row["same_as"]))
        return {
            "sources": [row],
            "source_identifiers": [{"identifier": kept(each), "source_id": row["id"]} for each in found],
        }


def _judgment(entry: LogEntry, content: Content, judgment: Judgment) -> Row:
    return {
        "log_index": entry.log_index, "source_id": judgment.source, "other_id": judgment.other,
        "judgment": judgment.identity, "shown_id": judgment.shown, "reason": content.reason,
        "judged_by_id": entry.actor_id, "judged_at": entry.at,
    }  # fmt: skip


class FoldedCapture:
    """A capture: the entry that adds it, and redactions. Its text is not in the log, but the text's hash is."""

    def __init__(self, capture_id: str) -> None:
        self.row: Row = {"id": capture_id, **dict.fromkeys(CAPTURE_FIELDS), "text": None, "redacted_index": None}
        self.item: Row | None = None

    def take(self, entry: LogEntry, content: Content | None) -> None:
        if entry.number != 1:
            if entry.action == "redact":
                self.row["redacted_index"] = entry.log_index
            elif entry.action in ("dismiss", "make_article") and self.item is not None:
                self.item |= {field: after for field, _, after in there(content) if field == "article_id"}
                self.item["left_index"] = entry.log_index
            else:
                raise ValueError("a capture is added once, may leave the inbox, and is then only redacted")
            return
        self.row |= {"seq": entry.log_index, "captured_by_id": entry.actor_id}
        said = {field: after for field, _, after in there(content)}
        item = said.pop(ITEM, None)
        if item is not None:
            place = {"seq": entry.log_index, "capture_id": self.row["id"], "left_index": None, "article_id": None}
            self.item = place | item | {"published_at": instant(item["published_at"])}
        self.row |= said
        self.row["fetched_at"] = instant(self.row["fetched_at"])
        self.row["published_on"] = day(self.row["published_on"])

    def give_text(self, text: str | None) -> bool:
        """Take over the text; say whether it is the one whose hash the log says."""
        wanted = self.row["text_sha256"]
        if wanted is None:
            return True
        same = text is not None and hashlib.sha256(text.encode()).hexdigest() == wanted
        self.row["text"] = text if same else ""
        return same

    def rows(self) -> Rows:
        return {"captures": [whole(self.row)], "inbox_items": [self.item] if self.item else []}


class FoldedFeed:
    """A feed after the entries that were taken. What became of fetching it is not in the log: it is due now."""

    def __init__(self, feed_id: str) -> None:
        self.row: Row = {"id": feed_id, **dict.fromkeys(FEED_FIELDS), "removed_index": None, "failures": 0}

    def take(self, entry: LogEntry, content: Content | None) -> None:
        if entry.number == 1:
            self.row |= {"seq": entry.log_index, "added_by_id": entry.actor_id, "added_at": entry.at}
        self.row |= {"revision": entry.number, "next_at": entry.at}
        for field, _, after in there(content):
            self.row |= {"removed_index": entry.log_index, "next_at": None} if field == "removed" else {field: after}

    def rows(self) -> Rows:
        return {"feeds": [whole(self.row)]}


class FoldedArticle:
    """An article after the entries that were taken. Its texts are not in the log, but their hashes are."""

    def __init__(self, article_id: str) -> None:
        unsaid: Row = {**dict.fromkeys(ARTICLE_FIELDS), "kind": ArticleKind.ARTICLE}
        self.row: Row = {"id": article_id, **unsaid, "snapshot_number": 0, "redacted_index": None}
        self.snapshots: list[Row] = []
        self.watch: Row | None = None

    def take(self, entry: LogEntry, content: Content | None) -> None:
        if entry.number == 1:
            self.row |= {"seq": entry.log_index, "created_at": entry.at}
        self.row |= {"revision": entry.number, "updated_at": entry.at}
        for field, _, after in there(content):
            if field == "watch":
                self.watch = after and self._watch(entry, after)
            elif field == "snapshot":
                own = {"article_id": self.row["id"], "captured_at": entry.at, "text": "", "redacted_index": None}
                snapshot = {"capture_id": None, "corrected": None} | after | own
                self.snapshots.append(snapshot)
                self.row["snapshot_number"] = after["number"]
            elif field == "redacted":
                redacted = {"redacted_index": entry.log_index}
                self.row |= redacted
                self.snapshots = [each | redacted if each["number"] in after else each for each in self.snapshots]
            else:
                self.row[field] = day(after) if field == "published_on" else after

    def give_texts(self, texts: dict[int, str]) -> list[int]:
        """Take over the texts, by their snapshots' numbers, that have the hashes that the log says.

        Return the numbers of those that have another hash, or are not there.
        """
        lost = []
        for snapshot in self.snapshots:
            text = texts.get(snapshot["number"])
            if text is not None and hashlib.sha256(text.encode()).hexdigest() == snapshot["sha256"]:
                snapshot["text"] = text
            else:
                lost.append(snapshot["number"])
        return lost

    def rows(self) -> Rows:
        article = whole(self.row) | {"url_key": url_key(self.row["url"])}
        watches = [self.watch] if self.watch else []
        return {"articles": [article], "snapshots": self.snapshots, "watches": watches}

    def _watch(self, entry: LogEntry, after: Row) -> Row:
        settings = {"every": after["every"], "until": instant(after["until"])}
        by = {"set_by_id": entry.actor_id, "set_index": entry.log_index, "set_at": entry.at}
        # What became of watching is not in the log: in another database, the page is due now.
        return {"article_id": self.row["id"], **settings, **by, "next_at": entry.at, "failures": 0}


def whole(row: Row) -> Row:
    """Return the row of a thing. Raises ValueError where the entry that adds it is missing."""
    if "seq" not in row:
        raise ValueError("the entry that adds it is missing")
    return row


def there(content: Content | None) -> Content:
    if content is None:
        raise ValueError("its content is gone")
    return content


def instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


Thing = TypeVar("Thing", FoldedPerson, FoldedSource, FoldedFeed, FoldedCapture, FoldedArticle)


def taken(thing: Thing, own: Sequence[tuple[LogEntry, Content | None]]) -> Thing:
    """Return a thing after its entries."""
    for entry, content in own:
        thing.take(entry, content)
    return thing
