"""Comments as people read them: one, lists of them, and threads as pages show them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, literal, select, tuple_
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk.access import masking, unknown
from factcheck.desk.access.masking import View
from factcheck.errors import NotFound
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.rules.redacting import GONE
from factcheck.rules.text.typography import Folded
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.base import LogIndex
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.comments import Comment, CommentMention
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
Listed = Iterator[tuple[int, Json]]


@dataclass(frozen=True)
class Threads:
    """Some comments in the order of their threads, and the comment with which the next ones begin."""

    comments: list[Json]
    next: str | None


def get(connection: Connection, comment_id: str, viewer: Actor | None) -> Json:
    """Return a comment's JSON. Raises NotFound, also for one that is hidden from `viewer`."""
    found = [each for _, each in _shown(connection, _COMMENTS.where(Comment.id == comment_id))]
    for comment in masking.masked(connection, viewer, View.COMMENT, found):
        return comment
    raise NotFound(unknown.COMMENT)


def of_claim(connection: Connection, claim_id: str, after: int, limit: int) -> Listed:
    """Yield the comments on a claim, oldest first, each with its place, from behind the place `after`."""
    return _listed(connection, Comment.claim_id == claim_id, after, limit)


def of_article(connection: Connection, article_id: str, after: int, limit: int) -> Listed:
    """Yield the comments on an article, as `of_claim` does. Raises NotFound."""
    demand_article(connection, article_id)
    return _listed(connection, Comment.article_id == article_id, after, limit)


def mentioning(connection: Connection, person_id: str, before: int | None, limit: int) -> Listed:
    """Yield the comments that mention a person, newest first, each with its place, from before the place `before`.

    Those on withdrawn claims are left out.
    """
    wanted = (
        _COMMENTS.join(CommentMention, CommentMention.comment_seq == Comment.seq)
        .outerjoin(Claim, Claim.id == Comment.claim_id)
        .where(CommentMention.person_id == person_id, Claim.withdrawn_at.is_(None))
    )
    if before is not None:
        wanted = wanted.where(CommentMention.comment_seq < before)
    return _shown(connection, wanted.order_by(CommentMention.comment_seq.desc()).limit(limit))


def in_threads(
    connection: Connection, viewer: Actor | None, about: ColumnElement[bool], first: str | None, limit: int
) -> Threads:
    """Return comments on one thing, thread after thread, from the comment `first` on if the thing has it."""
    wanted = _COMMENTS.where(about).order_by(Comment.thread_id, Comment.seq).limit(limit + 1)
    at = select(Comment.thread_id, Comment.seq).where(about, Comment.id == first)
    place = connection.execute(at).first() if first is not None else None
    if place is not None:
        begin = tuple_(literal(place.thread_id, Id), literal(place.seq, LogIndex))
        wanted = wanted.where(tuple_(Comment.thread_id, Comment.seq) >= begin)
    found = [each for _, each in _shown(connection, wanted)]
    following = found[limit]["id"] if len(found) > limit else None
    return Threads(masking.masked(connection, viewer, View.COMMENT, found[:limit]), following)


def demand_article(connection: Connection, article_id: str) -> None:
    """Raise NotFound when there is no such article."""
    if connection.execute(select(Article.id).where(Article.id == article_id)).first() is None:
        raise NotFound(unknown.ARTICLE)


_withdrawer = aliased(Person)
_COMMENTS: Select[Any] = (
    select(
        *Comment.__table__.columns,
        Person.name.label("author_name"),
        _withdrawer.name.label("withdrawn_by_name"),
    )
    .join(Person, Person.id == Comment.author_id)
    .outerjoin(_withdrawer, _withdrawer.id == Comment.withdrawn_by_id)
)
_MENTIONS = (
    select(CommentMention.comment_seq, Person.id, Person.name)
    .join(Person, Person.id == CommentMention.person_id)
    .where(CommentMention.comment_seq.in_(bindparam("seqs", expanding=True)))
    .order_by(CommentMention.comment_seq, CommentMention.position)
)
_NEWEST = (
    select(Article.snapshot_number, Snapshot.text)
    .join(Snapshot, (Snapshot.article_id == Article.id) & (Snapshot.number == Article.snapshot_number))
    .where(Article.id == bindparam("article"))
)


def _listed(connection: Connection, about: ColumnElement[bool], after: int, limit: int) -> Listed:
    return _shown(connection, _COMMENTS.where(about, Comment.seq > after).order_by(Comment.seq).limit(limit))


def _shown(connection: Connection, wanted: Select[Any]) -> Listed:
    """Yield comments with their places; two queries, and one more for each article whose words they are about."""
    rows = connection.execute(wanted).all()
    mentions: defaultdict[int, list[Json]] = defaultdict(list)
    for row in connection.execute(_MENTIONS, {"seqs": [row.seq for row in rows]}) if rows else ():
        mentions[row.comment_seq].append({"id": row.id, "name": row.name})
    newest: dict[str, Newest] = {}
    for row in rows:
        words = None
        if row.quote_snapshot is not None and row.withdrawn_at is None:
            newest.setdefault(row.article_id, Newest(connection, row.article_id))
            words = {"snapshot": row.quote_snapshot, "start": row.quote_start, "end": row.quote_end}
            words |= {"exact": row.quote_exact, "in_newest": newest[row.article_id].has(row)}
        yield row.seq, _as_json(row, mentions[row.seq], words)


class Newest:
    """The newest text of an article, read when words of an older one are looked for in it."""

    def __init__(self, connection: Connection, article_id: str) -> None:
        [(self._number, self._text)] = connection.execute(_NEWEST, {"article": article_id}).all()
        self._folded: str | None = None

    def has(self, row: Any) -> bool:
        """Say whether the newest text has a comment's words, as the quotes of claims are found: however typeset."""
        if row.quote_snapshot == self._number or row.quote_exact in self._text:
            return True
        if self._folded is None:
            self._folded = Folded(self._text).text
        return Folded(row.quote_exact).text in self._folded


def _as_json(row: Any, mentions: Sequence[Json], words: Json | None) -> Json:
    here = f"/v1/comments/{row.id}"
    gone = row.withdrawn_at is not None or (row.redacted_index is not None and row.text == GONE)
    by = {"id": row.withdrawn_by_id, "name": row.withdrawn_by_name} if row.withdrawn_by_id else None
    return {
        "id": row.id,
        "claim_id": row.claim_id,
        "article_id": row.article_id,
        "in_reply_to": row.thread_id if row.thread_id != row.id else None,
        "text": None if gone else row.text,
        "mentions": list(mentions),
        "quote": words,
        "author": {"id": row.author_id, "name": row.author_name},
        "created_at": stamp(row.created_at),
        "edited_at": row.edited_at and stamp(row.edited_at),
        "withdrawn_at": row.withdrawn_at and stamp(row.withdrawn_at),
        "withdrawn_by": by,
        "redacted": row.redacted_index is not None,
        "log_index": row.changed_index,
        "links": {
            "self": here,
            "about": f"/v1/claims/{row.claim_id}" if row.claim_id else f"/v1/articles/{row.article_id}",
            "history": f"{here}/history",
        },
    }


def grouped(comments: Iterable[Json]) -> list[list[Json]]:
    """Return comments that are in the order of their threads as threads."""
    found: dict[str, list[Json]] = {}
    for each in comments:
        found.setdefault(each["in_reply_to"] or each["id"], []).append(each)
    return list(found.values())
