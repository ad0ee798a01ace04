"""Pairs of active claims that are likely the same, found by a follower of the log and of the search index.

For an entry that adds a claim or changes its text, the claims that were entered before that entry are looked for which
say nearly the same: the index gives those that share the most words and pieces of words, and each is compared with the
claim (`rules/matching/strict.py`). So a pair depends on its two texts alone, and it is the later entry that finds it.

The texts are those of the rows as they are now, as in the search index: an entry that changes them again is still to
come, and looks again.
"""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from factcheck.followers.audit.folding import Change
from factcheck.followers.base import LogEntry
from factcheck.followers.search.views import View
from factcheck.rules.languages.guessing import language_of
from factcheck.rules.matching.candidates import EACH, nearest
from factcheck.rules.matching.statements import statement
from factcheck.rules.matching.strict import likely
from factcheck.rules.matching.terms import terms
from factcheck.storage.bulk import add_rows, write_each
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.duplicates import LikelyDuplicate
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import Revision, SubjectKind

COMPARED = 10  # claims: those that say nearly the same stand at the top of what the index finds
MOST = 5  # pairs that are kept of those that one entry finds
ENDS = frozenset({"withdraw", "redact"})

Pair = tuple[int, int]  # of `seq`, the lower one first


class Found(NamedTuple):
    """A pair, as it is stored."""

    first_seq: int
    second_seq: int
    score: float
    found_index: int


class Changes(NamedTuple):
    """What a batch changes: claims of which all pairs go, pairs that people have settled, and those that were found."""

    forgotten: set[int]
    settled: set[Pair]
    found: dict[Pair, Found]


class DuplicatesFollower:
    """Derives the pairs. Raise `version` with every change of what makes two claims likely the same."""

    name = "duplicates"
    version = 1
    lock = AdvisoryLock.FOLLOW_AUDIT  # see `IndexedFollowing.leading`
    view: View | None = None  # of the index, which has what the entries of a batch say

    def work_out(self, connection: Connection, entries: Sequence[LogEntry]) -> Changes:
        """Return what these entries change."""
        assert self.view is not None
        changes = Changes(set(), set(), {})
        looked: dict[str, int] = {}  # by claim, the entry that says its text
        for entry in entries:
            if entry.subject_kind != SubjectKind.CLAIM:
                continue
            if entry.action == "relate":
                rows = connection.execute(_RELATED, {"id": entry.subject_id})
                changes.settled.update((min(pair), max(pair)) for pair in rows)
            elif entry.action in ENDS or _says_text(entry):
                looked[entry.subject_id] = entry.log_index
        for claim in connection.execute(_CLAIMS, {"ids": sorted(looked)}).all() if looked else ():
            changes.forgotten.add(claim.seq)
            if claim.withdrawn_at is None:
                for found in _pairs(connection, self.view, claim, looked[claim.id]):
                    changes.found[found.first_seq, found.second_seq] = found
        return changes

    def write(self, session: Session, changes: Changes) -> None:
        """Write what a batch changes."""
        connection = session.connection()
        for forget in _FORGET:
            write_each(connection, forget, [{"seq": seq} for seq in sorted(changes.forgotten)])
        remove(connection, sorted(changes.settled))
        add_rows(connection, LikelyDuplicate, Found._fields, sorted(changes.found.values()))

    def reset(self, session: Session) -> None:
        """Forget all pairs."""
        session.execute(delete(LikelyDuplicate))


def faults(connection: Connection) -> list[Pair]:
    """Return the pairs of claims that are not there, or were withdrawn by an entry that the follower has taken in."""
    return [(row.first_seq, row.second_seq) for row in connection.execute(_FAULTS)]


def remove(connection: Connection, pairs: Sequence[Pair]) -> None:
    """Remove some pairs."""
    write_each(connection, _REMOVE, [{"first": first, "second": second} for first, second in pairs])


def _says_text(entry: LogEntry) -> bool:
    """Say whether an entry adds a claim or changes its text: one whose content is gone may have."""
    if entry.number == 1 or entry.content is None:
        return True
    return entry.action == "amend" and any(name == "text" for name, _ in Change.read(entry).after())


def _pairs(connection: Connection, view: View, row: Any, log_index: int) -> list[Found]:
    """Return the pairs that a claim makes with those entered before a log index, the likeliest MOST of them.

    What people have related to it already is left out: they know both.
    """
    asked = terms(row.text, language=row.language)
    near = nearest(view.candidates(asked.words, asked.grams), 2 * EACH)
    seqs = [each for each in near if each < log_index and each != row.seq][:COMPARED]
    if not seqs:
        return []
    language, found = language_of(row.text, row.language), []
    own = cache(partial(statement, row.text))  # in a language
    for other in connection.execute(_OTHERS, {"seqs": seqs, "id": row.id}):
        # Of a text whose language is not known, it is that of the other one.
        its = language_of(other.text, other.language) or language
        score = likely(own(language or its), statement(other.text, its))
        if score is not None:
            first, second = sorted((row.seq, other.seq))
            found.append(Found(first, second, round(score, 4), log_index))
    return sorted(found, key=lambda each: (-each.score, each.first_seq, each.second_seq))[:MOST]


_CLAIMS = (
    select(Claim.seq, Claim.id, Claim.text, Claim.withdrawn_at, Article.language)
    .join(Article, Article.id == Claim.article_id)
    .where(Claim.id.in_(bindparam("ids", expanding=True)))
    .order_by(Claim.seq)
)
_OTHERS = (
    select(Claim.seq, Claim.text, Article.language)
    .join(Article, Article.id == Claim.article_id)
    .where(
        Claim.seq.in_(bindparam("seqs", expanding=True)),
        Claim.withdrawn_at.is_(None),
        Claim.id.not_in(select(Relation.other_id).where(Relation.claim_id == bindparam("id"))),
        Claim.id.not_in(select(Relation.claim_id).where(Relation.other_id == bindparam("id"))),
    )
)
_one, _other = aliased(Claim), aliased(Claim)
_RELATED = (
    select(_one.seq, _other.seq)
    .select_from(Relation)
    .join(_one, _one.id == Relation.claim_id)
    .join(_other, _other.id == Relation.other_id)
    .where(Relation.claim_id == bindparam("id"))
)
_TABLE: Any = LikelyDuplicate.__table__
_FORGET = tuple(
    delete(_TABLE).where(column == bindparam("seq")) for column in (_TABLE.c.first_seq, _TABLE.c.second_seq)
)
_REMOVE = delete(_TABLE).where(_TABLE.c.first_seq == bindparam("first"), _TABLE.c.second_seq == bindparam("second"))
_position = select(FollowerPosition.position).where(FollowerPosition.name == DuplicatesFollower.name).scalar_subquery()


def _is_gone(claim: Any) -> Any:
    about_it = (Revision.subject_kind == SubjectKind.CLAIM, Revision.subject_id == claim.id)
    to_come = select(1).where(*about_it, Revision.log_index >= func.coalesce(_position, 0)).correlate(claim).exists()
    return or_(claim.seq.is_(None), and_(claim.withdrawn_at.is_not(None), ~to_come))


_FAULTS = (
    select(LikelyDuplicate.first_seq, LikelyDuplicate.second_seq)
    .outerjoin(_one, _one.seq == LikelyDuplicate.first_seq)
    .outerjoin(_other, _other.seq == LikelyDuplicate.second_seq)
    .where(or_(_is_gone(_one), _is_gone(_other)))
    .order_by(LikelyDuplicate.first_seq, LikelyDuplicate.second_seq)
)
