"""What claims' JSON shows of articles, sources, related claims and people, as it was at any place in the log.

Read from the log alone, for some claims at a time. Relations are read once, for all claims: both of the two show one.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state.connected import batches
from factcheck.desk.claim_state.states import ClaimState
from factcheck.followers.base import LogEntry
from factcheck.inspection.claim_folding import FoldedClaim
from factcheck.inspection.folding import Content, Row, instant
from factcheck.inspection.names import Names
from factcheck.inspection.reading import Read, entries_of, read
from factcheck.rules.identity import judgments
from factcheck.rules.webhooks import ATTEST
from factcheck.storage.tables.logbook import Revision, SubjectKind

ENDS = ("withdraw", "redact")


@dataclass(frozen=True)
class Event:
    """An entry of another thing, of `source_id` if it is a source, that may change a claim's JSON."""

    log_index: int
    at: datetime
    action: str
    source_id: str | None = None


class Relations:
    """Every relation that the log says, by either claim, and every judgment on sources. Some hundred bytes each."""

    def __init__(self, connection: Connection) -> None:
        self.judgments = _judged(connection)
        self.of: defaultdict[str, list[Row]] = defaultdict(list)
        # Contents of redacted claims are gone; what remains of their relations is in the entry that redacted them.
        wanted = Revision.action.in_(("relate", "redact", ATTEST))
        found: dict[str, Row] = {}
        self.redacted: set[str] = set()
        for entry, content in read(connection, Revision.subject_kind == SubjectKind.CLAIM, wanted):
            if entry.action == "redact":
                self.redacted.add(entry.subject_id)
            for row in _relations(entry, content):
                found[row["id"]] = row
        for row in sorted(found.values(), key=lambda row: int(row["log_index"])):
            self.of[row["claim_id"]].append(row)
            self.of[row["other_id"]].append(row)

    def neighbours(self, claim_id: str) -> set[str]:
        return {other for row in self.of.get(claim_id, ()) for other in (row["claim_id"], row["other_id"])} - {claim_id}

    def rows(self, claim_id: str) -> list[Row]:
        """Return the rows of the relations that were added to this claim."""
        own = [row for row in self.of.get(claim_id, ()) if row["claim_id"] == claim_id]
        return [row | {"note": None} for row in own] if claim_id in self.redacted else own


def _judged(connection: Connection) -> judgments.History:
    wanted = Revision.subject_kind == SubjectKind.SOURCE, Revision.action.in_(judgments.ACTIONS)
    found = (
        judgments.read(entry.log_index, entry.action, entry.subject_id, content.changes)
        for entry, content in read(connection, *wanted)
        if content is not None
    )
    return judgments.History(each for each in found if each is not None)


def _relations(entry: LogEntry, content: Content | None) -> Iterator[Row]:
    if content is None:
        return
    if entry.action == "relate":
        for _, _, after in content:
            yield {
                "id": after["id"], "log_index": entry.log_index, "claim_id": entry.subject_id, "kind": after["kind"],
                "other_id": after["claim_id"], "note": after["note"], "added_by_id": entry.actor_id,
                "added_at": entry.at,
            }  # fmt: skip
    for row in content.facts.get("remains", {}).get("relations", ()):
        yield {**row, "claim_id": entry.subject_id, "note": None, "added_at": instant(row["added_at"])}


@dataclass(frozen=True)
class Shown:
    """What claims show of a source or an article from one entry on. `action` is that entry's."""

    log_index: int
    at: datetime
    action: str
    row: Row


@dataclass(frozen=True)
class Place:
    """Where an entry is, when it was made, and of what."""

    log_index: int
    at: datetime
    subject_id: str


class World:
    """What some claims show of other things, at any place in the log."""

    def __init__(
        self, connection: Connection, relations: Relations, people: Names, own: Mapping[str, list[Read]]
    ) -> None:
        self.relations, self.people = relations, people
        self.end = connection.scalar(select(func.max(Revision.log_index))) or 0
        contents = [content for entries in own.values() for _, content in entries if content is not None]
        self.articles = _histories(connection, SubjectKind.ARTICLE, _articles(contents))
        wanted = {each for named in _sources(contents) for each in relations.judgments.ever(named)}
        self.sources = _histories(connection, SubjectKind.SOURCE, wanted)
        related = {other for claim_id in own for other in relations.neighbours(claim_id)} | own.keys()
        self.ends: defaultdict[str, list[LogEntry]] = defaultdict(list)
        for some in batches(related):
            claims = Revision.subject_kind == SubjectKind.CLAIM, Revision.subject_id.in_(some)
            for entry, _ in read(connection, *claims, Revision.action.in_(ENDS)):
                self.ends[entry.subject_id].append(entry)
        ends = (entry.log_index for entries in self.ends.values() for entry in entries)
        self.reopened = {end: _reopened(connection, end) for end in ends}

    def head(self, source_id: str, index: int) -> str:
        """Return the source as which this one was shown then."""
        return self.relations.judgments.head(source_id, index)

    def active(self, claim_id: str, index: int) -> bool:
        return all(entry.log_index > index for entry in self.ends.get(claim_id, ()))

    def related(self, claim_id: str, index: int) -> list[Row]:
        return [row for row in self.relations.of.get(claim_id, ()) if row["log_index"] <= index]

    def state(self, claim: FoldedClaim, index: int) -> ClaimState:
        """Return a claim as one value, as it was after the entry at `index`."""
        hops = [self._named(row, index, "source", "on_behalf_of") for row in claim.hops]
        evidence = [
            self._named(row | claim.captures.get(row["id"], {}), index, "source", "origin")
            for row in claim.evidence.values()
        ]
        relations = [
            SimpleNamespace(
                **row,
                claim_stands=self.active(row["claim_id"], index),
                other_stands=self.active(row["other_id"], index),
            )
            for row in self.related(claim.id, index)
        ]
        article_id = claim.row["article_id"]
        article = {"id": article_id, "title": None, "url": None} | _at(self.articles[article_id], index)
        return ClaimState(
            SimpleNamespace(**claim.row),
            SimpleNamespace(**article),
            [SimpleNamespace(**row) for row in claim.quotes],
            hops,
            evidence,
            relations,
            [SimpleNamespace(**row) for row in claim.open_opinions()],
            self.people.at(index),
            [SimpleNamespace(**row) for row in claim.occurrences.values()],
        )

    def events(self, claim_id: str, contents: Sequence[Content]) -> Iterator[Event]:
        """Yield what may change the JSON of a claim, which has these contents, from outside."""
        for article_id in _articles(contents):
            for each in self.articles[article_id]:
                if each.action == "amend" and each.row.keys() & {"title", "url"}:
                    yield Event(each.log_index, each.at, each.action)
        for source_id in {each for named in _sources(contents) for each in self.relations.judgments.ever(named)}:
            for each in self.sources.get(source_id, ()):
                if each.action in ("amend", *judgments.ACTIONS):
                    yield Event(each.log_index, each.at, each.action, source_id)
        for row in self.relations.of.get(claim_id, ()):
            if row["other_id"] == claim_id:
                yield Event(row["log_index"], row["added_at"], "relate")
        for other in self.relations.neighbours(claim_id):
            for entry in self.ends.get(other, ()):
                if any(other in (row["claim_id"], row["other_id"]) for row in self.related(claim_id, entry.log_index)):
                    running = self._running(entry, claim_id)
                    yield Event(running.log_index, running.at, entry.action)

    def _running(self, end: LogEntry, claim_id: str) -> Place:
        """Return the entry under which a neighbour's JSON is stored when a claim ends.

        The neighbours are gone through by their ids; some are reopened, each by an entry of its own.
        """
        before = [each for each in self.reopened[end.log_index] if each.subject_id <= claim_id]
        return before[-1] if before else Place(end.log_index, end.at, end.subject_id)

    def _source(self, source_id: str, index: int) -> Row:
        found: Row = {}
        for each in self.sources.get(source_id, ()):
            if each.log_index > index:
                break
            found = found | each.row
        return found

    def _named(self, row: Row, index: int, *labels: str) -> SimpleNamespace:
        named: Row = {}
        for label in labels:
            source_id = row[f"{label}_id"]
            became = self.head(source_id, index) if source_id else None
            shown = self._source(became, index) if became else {}
            named |= {label: became, f"{label}_name": shown.get("name"), f"{label}_kind": shown.get("kind")}
        return SimpleNamespace(**row, **named)


def _at(history: list[Shown], index: int) -> Row:
    last = bisect_right(history, index, key=lambda each: each.log_index)
    found: Row = {}
    for each in history[:last]:
        found |= each.row
    return found


def _histories(connection: Connection, kind: SubjectKind, ids: Iterable[str]) -> dict[str, list[Shown]]:
    found: defaultdict[str, list[Shown]] = defaultdict(list)
    for entry, content in entries_of(connection, kind, ids):
        changed = {} if content is None else {field: after for field, _, after in content}
        found[entry.subject_id].append(Shown(entry.log_index, entry.at, entry.action, changed))
    return found


def _reopened(connection: Connection, end: int) -> list[Place]:
    """Return the entries that follow at once on the end of a claim and reopen others."""
    found: list[Place] = []
    rows = connection.execute(
        select(Revision.log_index, Revision.at, Revision.subject_id, Revision.action.label("action"))
        .where(Revision.log_index > end)
        .order_by(Revision.log_index)
        .execution_options(yield_per=50)
    )
    for row in rows:
        if row.action != "reopen":
            break
        found.append(Place(row.log_index, row.at, row.subject_id))
    rows.close()
    return found


def _articles(contents: Iterable[Content]) -> set[str]:
    return {after for content in contents for field, _, after in content if field == "article_id"}


def _sources(contents: Iterable[Content]) -> set[str]:
    items: list[Row] = []
    for content in contents:
        for field, _, after in content:
            if field == "attribution":
                items += after
            elif field == "evidence" and after is not None:
                items.append(after)
    named = ("source_id", "on_behalf_of_id", "origin_id")
    return {source_id for item in items for name in named if (source_id := item.get(name))}
