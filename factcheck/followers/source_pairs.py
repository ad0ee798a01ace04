"""Pairs of sources that may be one and that nobody has judged, found by a follower of the log and of the search index.

An entry of a source, a judgment too, may change it and those that it is or was joined with. All pairs of these are
removed, and each of them that is shown looks for its candidates again: those that the index finds, compared by their
names and identifiers (`rules/names/`), without what somebody has judged. So a pair depends on what the two sources and
the judgments on them are now, and it does not matter which of the two looked last.

Where a source has more candidates than it keeps pairs, which ones it keeps depends on what was there when it looked.
It looks again after each judgment on it, so that the others come up as the first ones are judged.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, or_, select
from sqlalchemy.orm import Session, aliased

from factcheck.desk import sources
from factcheck.followers.base import LogEntry
from factcheck.followers.search import documents, similar_sources
from factcheck.followers.search.views import View
from factcheck.rules.names.sources import DOUBTFUL, known_of
from factcheck.storage.bulk import add_rows, write_each
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.tables.source_pairs import SourcePair
from factcheck.storage.tables.sources import Source

MOST = 10  # pairs that a source keeps of those that it finds, the likeliest


class Found(NamedTuple):
    """A pair, as it is stored."""

    first_seq: int
    second_seq: int
    score: float
    because: list[str]
    first_kind: str
    second_kind: str


class Changes(NamedTuple):
    """What a batch changes: sources of which all pairs go, and the pairs that were found."""

    forgotten: set[int]
    found: dict[tuple[int, int], Found]


class SourcePairsFollower:
    """Derives the pairs. Raise `version` with every change of what makes two sources alike."""

    name = "source_pairs"
    version = 1
    lock = AdvisoryLock.FOLLOW_AUDIT  # see `IndexedFollowing.leading`
    view: View | None = None  # of the index, which has what the entries of a batch say

    def work_out(self, connection: Connection, entries: Sequence[LogEntry]) -> Changes:
        """Return what these entries change."""
        assert self.view is not None
        seqs = documents.changed_sources(connection, entries, entries[0].log_index)
        rows = connection.execute(_SHOWN, {"seqs": sorted(seqs)}).all() if seqs else ()
        found = {}
        for row, source in zip(rows, sources.shown(connection, rows), strict=True):
            for pair in _pairs(connection, self.view, row.seq, source):
                found[pair.first_seq, pair.second_seq] = pair
        return Changes(seqs, found)

    def write(self, session: Session, changes: Changes) -> None:
        """Write what a batch changes."""
        connection = session.connection()
        for forget in _FORGET:
            write_each(connection, forget, [{"seq": seq} for seq in sorted(changes.forgotten)])
        add_rows(connection, SourcePair, Found._fields, [pair for _, pair in sorted(changes.found.items())])

    def reset(self, session: Session) -> None:
        """Forget all pairs."""
        session.execute(delete(SourcePair))


def faults(connection: Connection) -> list[tuple[int, int]]:
    """Return the pairs of sources that do not exist."""
    return [(row.first_seq, row.second_seq) for row in connection.execute(_FAULTS)]


def remove(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Remove some pairs."""
    write_each(connection, _REMOVE, [{"first": first, "second": second} for first, second in pairs])


def _pairs(connection: Connection, view: View, seq: int, source: dict[str, Any]) -> Iterator[Found]:
    """Yield the pairs of a source, which is shown, with its likeliest candidates."""
    settled = similar_sources.settled(connection, source["id"])
    alike = similar_sources.alike_in_index(connection, view, known_of(source), settled)
    likely = [each for each in alike[:MOST] if each.score >= DOUBTFUL]
    if not likely:
        return
    rows = connection.execute(_SEQS, {"ids": [each.source["id"] for each in likely]})
    seqs = {row.id: row.seq for row in rows}
    for each in likely:
        first, second = sorted(((seq, source["kind"]), (seqs[each.source["id"]], each.source["kind"])))
        yield Found(first[0], second[0], each.score, [*each.because], first[1], second[1])


_SHOWN = (
    select(*Source.__table__.columns)
    .where(
        Source.seq.in_(bindparam("seqs", expanding=True)),
        Source.merged_into_id.is_(None),
        Source.redacted_index.is_(None),
    )
    .order_by(Source.seq)
)
_SEQS = select(Source.id, Source.seq).where(Source.id.in_(bindparam("ids", expanding=True)))
_TABLE: Any = SourcePair.__table__
_FORGET = tuple(
    delete(_TABLE).where(column == bindparam("seq")) for column in (_TABLE.c.first_seq, _TABLE.c.second_seq)
)
_REMOVE = delete(_TABLE).where(_TABLE.c.first_seq == bindparam("first"), _TABLE.c.second_seq == bindparam("second"))
_first, _second = aliased(Source), aliased(Source)
_FAULTS = (
    select(SourcePair.first_seq, SourcePair.second_seq)
    .outerjoin(_first, _first.seq == SourcePair.first_seq)
    .outerjoin(_second, _second.seq == SourcePair.second_seq)
    .where(or_(_first.seq.is_(None), _second.seq.is_(None)))
    .order_by(SourcePair.first_seq, SourcePair.second_seq)
)
