"""Read what claims are made of: quotes, chains, evidence, relations. Their JSON and what the audit holds against them
come of the same rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, case, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.storage.models import Claim, Evidence, Hop, Quote, Relation, Source

Rows = defaultdict[str, list[Any]]


def _rows() -> Rows:
    return defaultdict(list)


@dataclass
class Pieces:
    """The rows that belong to some claims, by claim and in their order; withdrawn evidence is there too.

    `source`, `on_behalf_of` and `origin` in them are the sources that those named were merged into; `names` has their
    names and kinds. `relations` are all that join a claim to any other, oldest first, whether these stand or not.
    """

    quotes: Rows = field(default_factory=_rows)
    hops: Rows = field(default_factory=_rows)
    evidence: Rows = field(default_factory=_rows)
    relations: list[Any] = field(default_factory=list)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)

    def named(self) -> Iterator[tuple[str | None, str | None]]:
        """Yield every source that is named, each as it was entered and as it is now."""
        for hop in (each for hops in self.hops.values() for each in hops):
            yield hop.source_id, hop.source
            yield hop.on_behalf_of_id, hop.on_behalf_of
        for item in (each for items in self.evidence.values() for each in items):
            yield item.source_id, item.source
            yield item.origin_id, item.origin

    def joined(self) -> set[str]:
        """Return the claims that relations join, these and others."""
        return {each for row in self.relations for each in (row.claim_id, row.other_id)}


def read(connection: Connection, claim_ids: Collection[str]) -> Pieces:
    """Read the pieces of these claims: four queries."""
    ids = {"ids": list(claim_ids)}
    quotes, hops, evidence, relations = (
        connection.execute(statement, ids).all() for statement in (_QUOTES, _HOPS, _EVIDENCE, _RELATIONS)
    )
    found = Pieces(relations=list(relations))
    for rows, kept in ((quotes, found.quotes), (hops, found.hops), (evidence, found.evidence)):
        for row in rows:
            kept[row.claim_id].append(row)
    for row in (*hops, *evidence):
        if row.source is not None:
            found.names[row.source] = row.source_name, row.source_kind
    for hop in hops:
        if hop.on_behalf_of is not None:
            found.names[hop.on_behalf_of] = hop.on_behalf_of_name, hop.on_behalf_of_kind
    for item in evidence:
        if item.origin is not None:
            found.names[item.origin] = item.origin_name, item.origin_kind
    return found


def named(source: Any, label: str) -> list[Any]:
    """Return the columns of what a source has become, by alias: its id as `label`, its name and its kind behind it."""
    return [source.id.label(label), source.name.label(f"{label}_name"), source.kind.label(f"{label}_kind")]


# Built once: composing a statement, and an alias above all, costs more than running it.
_IDS: Any = bindparam("ids", expanding=True)
_QUOTES = (
    select(*Quote.__table__.columns)
    .where(Quote.claim_id.in_(_IDS))
    .order_by(Quote.claim_id, Quote.hop, Quote.role, Quote.position)
)
_said, _said_now, _behalf, _behalf_now = (aliased(Source) for _ in range(4))
_HOPS = (
    select(*Hop.__table__.columns, *named(_said_now, "source"), *named(_behalf_now, "on_behalf_of"))
    .outerjoin(_said, _said.id == Hop.source_id)
    .outerjoin(_said_now, _said_now.id == _said.canonical_id)
    .outerjoin(_behalf, _behalf.id == Hop.on_behalf_of_id)
    .outerjoin(_behalf_now, _behalf_now.id == _behalf.canonical_id)
    .where(Hop.claim_id.in_(_IDS))
    .order_by(Hop.claim_id, Hop.position)
)
_TEXTS = ("url", "title", "excerpt", "archived_url", "note")
_publisher, _publisher_now, _wire, _wire_now = (aliased(Source) for _ in range(4))
# Of what was withdrawn only that counts: its texts are not read again at each write.
_EVIDENCE = (
    select(
        *(
            case((Evidence.withdrawn_at.is_(None), column)).label(column.key) if column.key in _TEXTS else column
            for column in Evidence.__table__.columns
        ),
        *named(_publisher_now, "source"),
        *named(_wire_now, "origin"),
    )
    .outerjoin(_publisher, _publisher.id == Evidence.source_id)
    .outerjoin(_publisher_now, _publisher_now.id == _publisher.canonical_id)
    .outerjoin(_wire, _wire.id == Evidence.origin_id)
    .outerjoin(_wire_now, _wire_now.id == _wire.canonical_id)
    .where(Evidence.claim_id.in_(_IDS))
    .order_by(Evidence.claim_id, Evidence.position)
)
_one, _other = aliased(Claim), aliased(Claim)
_RELATIONS = (
    select(
        Relation.kind, Relation.claim_id, Relation.other_id,
        _one.id.is_not(None).label("claim_stands"), _other.id.is_not(None).label("other_stands"),
    )
    .outerjoin(_one, (_one.id == Relation.claim_id) & _one.withdrawn_at.is_(None))
    .outerjoin(_other, (_other.id == Relation.other_id) & _other.withdrawn_at.is_(None))
    .where(or_(Relation.claim_id.in_(_IDS), Relation.other_id.in_(bindparam("ids", expanding=True))))
    .order_by(Relation.log_index)
)  # fmt: skip
