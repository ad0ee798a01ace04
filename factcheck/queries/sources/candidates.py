"""Sources that may be the same as one: found by the search index, scored by the rules for names, joined by nobody.

The walk: the keys that similar names share (`rules/names/keys.py`) → one query of the index gives some dozens of
sources → each is compared with the one that is asked for, name by name (`rules/names/sources.py`) → best first.
"""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk import sources
from factcheck.errors import SimilarSource
from factcheck.followers.search.views import View
from factcheck.rules.names.comparing import Reason
from factcheck.rules.names.sources import THRESHOLD, Known, because, known_of, likeness
from factcheck.storage.tables.logbook import LogHead, Revision, SubjectKind
from factcheck.storage.tables.sources import Judgment, Source

Json = dict[str, Any]
COMPARED = 60  # sources that the index gives, the likeliest of them
LISTED = 20  # of these, at most
FEW = 500  # entries of the log that the index may lack
TOLD = 5  # in the answer to a source that is added, and in a refusal


@dataclass(frozen=True)
class Candidate:
    """A source that may be the same, by its JSON; how alike the two are, and why."""

    source: Json
    score: float
    because: list[Reason]

    def as_json(self) -> Json:
        return {"source": self.source, "score": self.score, "because": self.because}


def of_source(connection: Connection, view: View, source_id: str) -> list[Candidate]:
    """Return the candidates for a source, the best first. Raises NotFound, or Merged with what it became."""
    source = sources.get(connection, source_id)
    if source["redacted"]:
        return []
    return alike(connection, view, known_of(source), LISTED, leaving_out=settled(connection, source_id))


def of_fields(connection: Connection, view: View, fields: Json) -> list[Candidate]:
    """Return the likeliest candidates for a source that is not added yet, by its fields (those of SourceIn)."""
    return alike(connection, view, known_of(fields), TOLD)


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
    seqs = view.named_like(asked.keys, kinds, COMPARED + len(leaving_out))
    rows = list(connection.execute(_ROWS, {"seqs": seqs})) if seqs else []
    if view.as_of.behind:
        there = {row.id: row for row in rows} | {row.id: row for row in _fresh(connection, view)}
        rows = sorted(there.values(), key=lambda row: row.seq)
    found = []
    wanted = [row for row in rows if row.id not in leaving_out and (not kinds or row.kind in kinds)]
    for source in sources.shown(connection, wanted):
        how = likeness(asked, known_of(source))
        if how.score:
            found.append(Candidate(source, round(how.score, 4), because(how)))
    found.sort(key=lambda candidate: -candidate.score)
    return found[:limit]


def lacks_few(connection: Connection, view: View) -> bool:
    """Say whether the index lacks so few entries of the log that `alike` looks at all sources which they changed."""
    size: int = connection.execute(select(LogHead.size)).scalar_one()
    return size - 1 - view.as_of.log_index <= FEW


def _fresh(connection: Connection, view: View) -> Sequence[Any]:
    """Return the sources that entries changed which the index has not taken in yet."""
    return connection.execute(_FRESH, {"index": view.as_of.log_index, "until": view.as_of.log_index + FEW}).all()


def settled(connection: Connection, source_id: str) -> set[str]:
    """Return the sources that are no candidates for one: those of its own group, and those that somebody judged.

    A judgment on any two of two groups is one on both: the same, different, or that nobody can say.
    """
    group = set(connection.execute(_GROUP, {"id": source_id}).scalars())
    judged = connection.execute(_JUDGED, {"ids": sorted(group)}).scalars() if group else ()
    return group | set(judged)


def demand_new(found: Sequence[Candidate]) -> None:
    """Raise SimilarSource when one of the candidates for a new source is likely the same.

    Two who add the same source at the same moment may both succeed: neither sees the other's.
    """
    likely = [each for each in found if each.score >= THRESHOLD]
    if likely:
        raise SimilarSource(
            "This looks like a source that is already on this desk. Nothing was added.",
            similar=[each.as_json() for each in likely],
        )


_SHOWN = select(*Source.__table__.columns).where(Source.merged_into_id.is_(None), Source.redacted_index.is_(None))
_ROWS = _SHOWN.where(Source.seq.in_(bindparam("seqs", expanding=True))).order_by(Source.seq)
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
