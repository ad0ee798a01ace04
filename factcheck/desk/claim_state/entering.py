"""Enter many new things at once: the same rows, entries and JSON as their actions write one by one.

A thing is first prepared, as far as can be without the log; then all are entered together, under one take of the lock
of the log's head. What is written is kept at hand, so that nothing is read back.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from factcheck.desk import articles, sources
from factcheck.desk import evidence as pieces
from factcheck.desk.capturing import occurrences as places
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import References
from factcheck.desk.claim_state.new_claims import UNJUDGED, NewClaim
from factcheck.desk.claim_state.rendering import claim_json
from factcheck.desk.claim_state.rows import HOP_FIELDS
from factcheck.desk.identity import registered
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.log.ids import new_id
from factcheck.log.revisions import Entry, Next
from factcheck.rules.status import Status
from factcheck.rules.web.urls import url_key
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.attribution import Hop as HopRow
from factcheck.storage.tables.attribution import Quote
from factcheck.storage.tables.claims import Claim, ClaimSource, ClaimTag
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import Source, SourceIdentifier

Json = dict[str, Any]
HOP = ("claim_id", "position", *HOP_FIELDS)
EVIDENCE = ("id", "claim_id", "position", *pieces.FIELDS, "added_by_id", "added_at")
OCCURRENCE = ("id", "claim_id", "position", *places.FIELDS, "added_by_id", "added_at")


class QuoteAt(NamedTuple):
    """A row of `quotes`."""

    claim_id: str
    hop: int
    role: str
    position: int
    snapshot: int
    exact: str
    prefix: str
    suffix: str
    start_at: int
    end_at: int
    state: str
    now_snapshot: int | None
    now_start: int | None
    now_end: int | None
    now_exact: str | None
    now_state: str | None


@dataclass(slots=True)
class NewThing:
    """A source or an article that is being entered, by its fields. `on_demand`: only if something else names it."""

    fields: Json
    on_demand: bool = False
    id: str = field(default_factory=new_id)

    def names(self) -> Iterator[str]:
        """Yield the ids of what the thing names."""
        if outlet := self.fields.get("outlet_id"):
            yield outlet


def demanded(things: Sequence[NewThing | NewClaim]) -> list[NewThing | NewClaim]:
    """Leave out what is entered on demand alone and that nothing else among these names. Names stand before things
    that use them.
    """
    named: set[str] = set()
    kept: list[NewThing | NewClaim] = []
    for thing in reversed(things):
        if isinstance(thing, NewClaim) or not thing.on_demand or thing.id in named:
            kept.append(thing)
            named.update(thing.names())
    return kept[::-1]


def instead(things: Sequence[NewThing | NewClaim], others: Mapping[str, str]) -> list[NewThing | NewClaim]:
    """Leave out things for which there are `others`, by their ids; what named them names these instead."""
    kept = [thing for thing in things if thing.id not in others]
    for thing in kept:
        if isinstance(thing, NewClaim):
            for item in (*thing.fields["attribution"], *thing.pieces):
                item |= {name: others.get(item[name], item[name]) for name in _NAMES if name in item}
        elif outlet := thing.fields.get("outlet_id"):
            thing.fields["outlet_id"] = others.get(outlet, outlet)
    return kept


_NAMES = ("source_id", "on_behalf_of_id", "origin_id")


def enter(session: Session, actor: Actor, things: Sequence[NewThing | NewClaim], refs: References) -> None:
    """Write prepared things, given in the order in which the log shall have them.

    `refs` are the sources that they name, as they are shown, by id: those among `things` too.
    """
    if not things:
        return
    entries = revisions.append_all(session, actor, [_first(thing) for thing in things], "add")
    new_sources: list[tuple[Any, ...]] = []
    identifiers: list[tuple[Any, ...]] = []
    new_articles: list[tuple[Any, ...]] = []
    snapshots: list[tuple[Any, ...]] = []
    new_claims: list[NewClaim] = []
    for thing, entry in zip(things, entries, strict=True):
        if isinstance(thing, NewClaim):
            thing.seq, thing.created_at = entry.log_index, entry.at
            new_claims.append(thing)
        elif _is_source(thing):
            new_sources.append(_source(thing, entry))
            identifiers += registered.rows_of(thing.id, thing.fields)
        else:
            new_articles.append(_article(thing, entry))
            snapshots.append((thing.id, 1, thing.fields["text"], sha256(thing.fields["text"]), entry.at))
    add_rows(session.connection(), Source, _SOURCE, new_sources)
    add_rows(session.connection(), SourceIdentifier, registered.COLUMNS, identifiers)
    add_rows(session.connection(), Article, _ARTICLE, new_articles)
    add_rows(session.connection(), Snapshot, ("article_id", "number", "text", "sha256", "captured_at"), snapshots)
    if new_claims:
        _enter_claims(session, actor, new_claims, refs)


def _enter_claims(session: Session, actor: Actor, new: list[NewClaim], refs: References) -> None:
    rows = [claim.row() for claim in new]
    listed: list[tuple[Any, ...]] = []
    of_sources: list[tuple[int, str, int]] = []
    of_tags: list[tuple[int, str, int]] = []
    quotes: list[QuoteAt] = []
    hops: list[tuple[Any, ...]] = []
    items: list[tuple[Any, ...]] = []
    occurrences: list[tuple[Any, ...]] = []
    for claim, row in zip(new, rows, strict=True):
        document = claim_json(claim.state(row, actor, refs))
        origin = document["attribution"]["origin"]
        written = documents.dumped(document)
        values = vars(row) | {
            "entered_by_id": actor.id,
            "origin_id": origin and origin["id"],
            "etag": documents.etag_of(written),
            "document": written,
        }
        listed.append(tuple([values[name] for name in _CLAIM]))
        chain = claim.fields["attribution"]
        seq = claim.seq
        of_tags += [(seq, tag, seq) for tag in row.tags]
        of_sources += [
            (seq, each, seq) for each in sorted({refs[hop["source_id"]]["id"] for hop in chain if hop["source_id"]})
        ]
        quotes += [QuoteAt(claim.id, **quote) for quote in claim.quotes]
        hops += [(claim.id, at, *(hop[name] for name in HOP_FIELDS)) for at, hop in enumerate(chain)]
        items += [
            (item["id"], claim.id, at, *(item[name] for name in pieces.FIELDS), actor.id, claim.created_at)
            for at, item in enumerate(claim.pieces)
        ]
        occurrences += [
            (item["id"], claim.id, at, *(item[name] for name in places.FIELDS), actor.id, claim.created_at)
            for at, item in enumerate(claim.occurrences)
        ]
    add_rows(session.connection(), Claim, _CLAIM, listed)
    add_rows(session.connection(), Quote, QuoteAt._fields, quotes)
    add_rows(session.connection(), HopRow, HOP, hops)
    add_rows(session.connection(), Evidence, EVIDENCE, items)
    add_rows(session.connection(), Occurrence, OCCURRENCE, occurrences)
    add_rows(session.connection(), ClaimSource, ("claim_seq", "source_id", "changed_index"), of_sources)
    add_rows(session.connection(), ClaimTag, ("claim_seq", "tag", "changed_index"), of_tags)


def _first(thing: NewThing | NewClaim) -> Next:
    if isinstance(thing, NewClaim):
        return Next(SubjectKind.CLAIM, thing.id, thing.changes(), (Status.UNVERIFIED, Status.UNVERIFIED))
    if _is_source(thing):
        return Next(
            SubjectKind.SOURCE,
            thing.id,
            revisions.differences({}, {name: thing.fields[name] for name in sources.FIELDS}),
        )
    after = articles.logged({name: thing.fields[name] for name in articles.FIELDS})
    snapshot = {"number": 1, "sha256": sha256(thing.fields["text"])}
    return Next(SubjectKind.ARTICLE, thing.id, revisions.differences({}, after | {"snapshot": snapshot}))


def _is_source(thing: NewThing) -> bool:
    return "text" not in thing.fields


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _source(thing: NewThing, entry: Entry) -> tuple[Any, ...]:
    fields = thing.fields
    return (
        entry.log_index, thing.id, thing.id, *(fields[name] for name in sources.FIELDS), 1,
        entry.at, entry.at,
    )  # fmt: skip


_DATED = ("revision", "created_at", "updated_at")
_SOURCE = ("seq", "id", "canonical_id", *sources.FIELDS, *_DATED)
_ARTICLE = ("seq", "id", *articles.FIELDS, "url_key", "snapshot_number", *_DATED)
_CLAIM = tuple(
    column.name
    for column in Claim.__table__.columns
    if column.name not in UNJUDGED.keys() - {"status", "attribution_status"}
    and not column.name.startswith("withdrawn_")
)


def _article(thing: NewThing, entry: Entry) -> tuple[Any, ...]:
    fields = thing.fields
    return (
        entry.log_index, thing.id, *(fields[name] for name in articles.FIELDS), url_key(fields["url"]), 1, 1,
        entry.at, entry.at,
    )  # fmt: skip
