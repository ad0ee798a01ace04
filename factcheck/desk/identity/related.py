"""Read which sources depend on which, from the tables: relations of sources as they are shown now."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, union_all
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk.claim_state.connected import batches
from factcheck.rules.identity.relations import KINDS, ONE_ORIGIN, Dependent, SourceRelation, SourceRelationKind
from factcheck.storage.tables.sources import Source
from factcheck.storage.tables.sources import SourceRelation as Row


@dataclass
class Related:
    """Relations by the source that depends on another, and the names and kinds of all of them."""

    onward: defaultdict[str, list[SourceRelation]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, tuple[str, str]] = field(default_factory=dict)

    def each(self) -> Iterable[SourceRelation]:
        return (relation for found in self.onward.values() for relation in found)


def read(
    connection: Connection,
    shown_ids: Iterable[str],
    kinds: Collection[SourceRelationKind] = ONE_ORIGIN,
    most: int | None = None,
) -> Related:
    """Return the active relations on the way from these sources, as they are shown, to all that they depend on.

    With `most`, no further ones are followed once there are so many sources.
    """
    found = Related()
    seen: set[str] = set()
    fresh = set(shown_ids)
    while fresh := fresh - seen:
        if most is not None and len(seen) > most:
            break
        seen |= fresh
        rows = [row for ids in batches(fresh) for row in connection.execute(_ONWARD, {"ids": ids})]
        reached = set()
        for row in rows:
            for side in ("source", "other"):
                found.names[getattr(row, side)] = getattr(row, f"{side}_name"), getattr(row, f"{side}_kind")
            relation = as_relation(row, row.source, row.other)
            if relation.kind in kinds and relation.source != relation.other:
                found.onward[relation.dependent].append(relation)
                reached.add(relation.principal)
        fresh = reached
    return found


def as_relation(row: Any, source: str, other: str) -> SourceRelation:
    """Return a row as a relation between two sources as they are shown."""
    return SourceRelation(row.id, SourceRelationKind(row.kind), source, other, row.since, row.until)


def depends(dependent: Dependent) -> ColumnElement[bool]:
    """Say of a row whether the source that depends on the other is on this side."""
    return Row.kind.in_([kind for kind, meaning in KINDS.items() if meaning.dependent is dependent])


_entered, _other_entered = aliased(Source), aliased(Source)
_source, _other = aliased(Source), aliased(Source)
_IDS: Any = bindparam("ids", expanding=True)
_SHOWN = (
    select(
        Row.id, Row.log_index, Row.kind, Row.since, Row.until,
        _source.id.label("source"), _source.name.label("source_name"), _source.kind.label("source_kind"),
        _other.id.label("other"), _other.name.label("other_name"), _other.kind.label("other_kind"),
    )
    .join(_entered, _entered.id == Row.source_id)
    .join(_other_entered, _other_entered.id == Row.other_id)
    .join(_source, _source.id == _entered.canonical_id)
    .join(_other, _other.id == _other_entered.canonical_id)
    .where(Row.withdrawn_index.is_(None))
)  # fmt: skip
# One part for each side that can depend on the other, so that each is found by an index.
_ONWARD: Any = union_all(
    _SHOWN.where(_entered.canonical_id.in_(_IDS), depends(Dependent.SOURCE)),
    _SHOWN.where(_other_entered.canonical_id.in_(_IDS), depends(Dependent.OTHER)),
)
