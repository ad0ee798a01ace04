"""Read what claims are made of: quotes, chains, evidence, relations. Their JSON and what the audit holds against them
come of the same rows.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.storage.models import Claim, Evidence, Hop, Quote, Relation, Source
from factcheck.storage.reads import Asked, Read, gathered

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


def read(connection: Connection, claim_ids: Collection[str], outlets: Iterable[str | None]) -> Pieces:
    """Read the pieces of these claims, five queries, and the names of those who published them."""
    found = of(*gathered(connection, *asked(claim_ids)))
    if named := naming(found, outlets):
        found.names = names(_NAMES.all(connection, named[1]))
    return found


def asked(claim_ids: Collection[str]) -> list[Asked]:
    """Return the reads of these claims' quotes, hops, evidence and relations, for `of`."""
    ids = {"ids": list(claim_ids)}
    return [(_QUOTES, ids), (_HOPS, ids), (_EVIDENCE, ids), (_RELATIONS, ids)]


def of(quotes: Iterable[Any], hops: Iterable[Any], evidence: Iterable[Any], relations: list[Any]) -> Pieces:
    """Return the pieces that these rows are, without names yet."""
    found = Pieces(relations=relations)
    for rows, kept in ((quotes, found.quotes), (hops, found.hops), (evidence, found.evidence)):
        for row in rows:
            kept[row.claim_id].append(row)
    return found


def naming(found: Pieces, outlets: Iterable[str | None]) -> Asked | None:
    """Return the read of the names of all sources in these pieces and of these outlets, for `names`."""
    named = {*outlets, *(now for _, now in found.named())} - {None}
    return (_NAMES, {"ids": list(named)}) if named else None


def names(rows: Iterable[Any]) -> dict[str, tuple[str, str]]:
    return {row.id: (row.name, row.kind) for row in rows}


# Built once: composing a statement, and an alias above all, costs more than running it.
_IDS: Any = bindparam("ids", expanding=True)
_QUOTES = Read(
    select(*Quote.__table__.columns)
    .where(Quote.claim_id.in_(_IDS))
    .order_by(Quote.claim_id, Quote.hop, Quote.role, Quote.position)
)
_said, _behalf = aliased(Source), aliased(Source)
_HOPS = Read(
    select(*Hop.__table__.columns, _said.canonical_id.label("source"), _behalf.canonical_id.label("on_behalf_of"))
    .outerjoin(_said, _said.id == Hop.source_id)
    .outerjoin(_behalf, _behalf.id == Hop.on_behalf_of_id)
    .where(Hop.claim_id.in_(_IDS))
    .order_by(Hop.claim_id, Hop.position)
)
_publisher, _wire = aliased(Source), aliased(Source)
_EVIDENCE = Read(
    select(*Evidence.__table__.columns, _publisher.canonical_id.label("source"), _wire.canonical_id.label("origin"))
    .outerjoin(_publisher, _publisher.id == Evidence.source_id)
    .outerjoin(_wire, _wire.id == Evidence.origin_id)
    .where(Evidence.claim_id.in_(_IDS))
    .order_by(Evidence.claim_id, Evidence.position)
)
_one, _other = aliased(Claim), aliased(Claim)
_RELATIONS = Read(
    select(
        Relation.kind, Relation.claim_id, Relation.other_id,
        _one.id.is_not(None).label("claim_stands"), _other.id.is_not(None).label("other_stands"),
    )
    .outerjoin(_one, (_one.id == Relation.claim_id) & _one.withdrawn_at.is_(None))
    .outerjoin(_other, (_other.id == Relation.other_id) & _other.withdrawn_at.is_(None))
    .where(or_(Relation.claim_id.in_(_IDS), Relation.other_id.in_(bindparam("ids", expanding=True))))
    .order_by(Relation.log_index)
)  # fmt: skip
_NAMES = Read(select(Source.id, Source.name, Source.kind).where(Source.id.in_(_IDS)))
