"""Sources that may be the same as one: found by the search index, scored by the rules for names, joined by nobody.

The walk: the keys that similar names share (`rules/names/keys.py`) → one query of the index gives some dozens of
sources → each is compared with the one that is asked for, name by name (`rules/names/sources.py`) → best first.
"""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk import sources
from factcheck.followers.search.views import View
from factcheck.rules.names.comparing import Reason
from factcheck.rules.names.sources import Known, because, known_of, likeness
from factcheck.storage.tables.logbook import LogHead, Revision, SubjectKind
from factcheck.storage.tables.sources import Judgment, Source

Json = dict[str, Any]
COMPARED = 60  # sources that the index gives, the likeliest of them
FEW = 500  # entries of the log that the index may lack


@dataclass(frozen=True)
class Candidate:
    """A source that may be the same, by its JSON; how alike the two are, and why."""

    source: Json
    score: float
    because: list[Reason]

    def as_json(self) -> Json:
        return {"source": self.source, "score": self.score, "because": self.because}


def alike(
    connection: Connection,
    view: View,
    asked: Known,
    limit: int,
    *,
    kinds: Collection[str] = (),
    leaving_out: AbstractSet[str] = frozenset(),
) -> list[Candidate]:
    """Return the sources that are most like one, the best first and the older of equals, of these kinds if any.

    What an index that is behind lacks is read from the tables, as long as it lacks few entries.
    """
    there = {row.id: row for row in _indexed(connection, view, asked, kinds, leaving_out)}
    if view.as_of.behind:
        there |= {row.id: row for row in _fresh(connection, view)}
    return _compared(connection, asked, there.values(), kinds, leaving_out)[:limit]


def alike_in_index(connection: Connection, view: View, asked: Known, leaving_out: AbstractSet[str]) -> list[Candidate]:
    """Return the sources that are most like one, of those that the index has."""
    return _compared(connection, asked, _indexed(connection, view, asked, (), leaving_out), (), leaving_out)


def lacks_few(connection: Connection, view: View) -> bool:
    """Say whether the index lacks so few entries of the log that `alike` looks at all sources which they changed."""
    size: int = connection.execute(select(LogHead.size)).scalar_one()
    return size - 1 - view.as_of.log_index <= FEW


def settled(connection: Connection, source_id: str) -> set[str]:
    """Return the sources that are no candidates for one: those of its own group, and those that somebody judged.

    A judgment on any two of two groups is one on both: the same, different, or that nobody can say.
    """
    group = set(connection.execute(_GROUP, {"id": source_id}).scalars())
    judged = connection.execute(_JUDGED, {"ids": sorted(group)}).scalars() if group else ()
    return group | set(judged)


def _indexed(
    connection: Connection, view: View, asked: Known, kinds: Collection[str], leaving_out: AbstractSet[str]
) -> Sequence[Any]:
    """Return the rows of the sources that the index finds."""
    seqs = view.named_like(asked.keys, kinds, COMPARED + len(leaving_out))
    return connection.execute(_ROWS, {"seqs": seqs}).all() if seqs else ()


def _fresh(connection: Connection, view: View) -> Sequence[Any]:
    """Return the sources that entries changed which the index has not taken in yet."""
    return connection.execute(_FRESH, {"index": view.as_of.log_index, "until": view.as_of.log_index + FEW}).all()


def _compared(
    connection: Connection, asked: Known, rows: Iterable[Any], kinds: Collection[str], leaving_out: AbstractSet[str]
) -> list[Candidate]:
    wanted = [row for row in rows if row.id not in leaving_out and (not kinds or row.kind in kinds)]
    found = []
    for source in sources.shown(connection, sorted(wanted, key=lambda row: row.seq)):
        how = likeness(asked, known_of(source))
        if how.score:
            found.append(Candidate(source, round(how.score, 4), because(how)))
    return sorted(found, key=lambda candidate: -candidate.score)


_SHOWN = select(*Source.__table__.columns).where(Source.merged_into_id.is_(None), Source.redacted_index.is_(None))
_ROWS = _SHOWN.where(Source.seq.in_(bindparam("seqs", expanding=True)))
_FRESH = _SHOWN.where(
    Source.id.in_(
        select(Revision.subject_id).where(
            Revision.log_index > bindparam("index"),
            Revision.log_index <= bindparam("until"),
            Revision.subject_kind == SubjectKind.SOURCE,
        )
    )
)
_CANONICAL = select(Source.canonical_id).where(Source.id == bindparam("id")).scalar_subquery()
_IDS: Any = bindparam("ids", expanding=True)
_JUDGED = select(Source.canonical_id).where(
    Source.id.in_(select(Judgment.other_id).where(Judgment.source_id.in_(_IDS)))
    | Source.id.in_(select(Judgment.source_id).where(Judgment.other_id.in_(_IDS)))
)
_GROUP = select(Source.id).where(Source.canonical_id == _CANONICAL)
