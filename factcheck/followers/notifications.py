"""Who is notified of which entry, derived from the log alone. Nobody is notified of their own actions.

What a redaction takes out of contents is in the log no more, and a rebuild finds nothing there. So what is withdrawn or
redacted takes its notifications with it, and both come to the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.connected import batches
from factcheck.followers.audit.folding import ENDS, Change
from factcheck.followers.base import LogEntry
from factcheck.rules.team.notifying import NotificationKind
from factcheck.storage.bulk import add_rows, write_each
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.tables.assignments import Assignment
from factcheck.storage.tables.comments import Comment
from factcheck.storage.tables.logbook import Revision, SubjectKind
from factcheck.storage.tables.notifications import Notification

TABLES = (Notification,)
WATCHING = ("watch", "unwatch", "redact")  # actions of articles; after all but the first nobody watches


class Told(NamedTuple):
    """A notification, as it is stored."""

    person_id: str
    log_index: int
    kind: str
    claim_id: str | None
    article_id: str | None
    comment_id: str | None
    actor_id: str
    at: Any


@dataclass
class Notifications:
    """What a batch changes: new notifications, and the claims and comments whose notifications go.

    `unmentioned` has people and the comments that mention them no more.
    """

    told: dict[tuple[str, int], Told] = field(default_factory=dict)
    claims: set[str] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)
    unmentioned: set[tuple[str, str]] = field(default_factory=set)

    def tell(self, people: Iterable[str], entry: LogEntry, kind: NotificationKind, **about: str | None) -> None:
        """Notify people of an entry, except whoever made it, and those who are notified of it already."""
        of = {"claim_id": None, "article_id": None, "comment_id": None, **about}
        for person_id in people:
            if person_id != entry.actor_id:
                made = Told(person_id, entry.log_index, kind, **of, actor_id=entry.actor_id, at=entry.at)
                self.told.setdefault((person_id, entry.log_index), made)

    def end_claim(self, claim_id: str) -> None:
        self.claims.add(claim_id)
        self._keep(lambda each: each.claim_id != claim_id)

    def end_comment(self, comment_id: str) -> None:
        self.comments.add(comment_id)
        self._keep(lambda each: each.comment_id != comment_id)

    def unmention(self, person_id: str, comment_id: str) -> None:
        self.unmentioned.add((person_id, comment_id))
        gone = (person_id, comment_id, NotificationKind.MENTIONED)
        self._keep(lambda each: (each.person_id, each.comment_id, each.kind) != gone)

    def _keep(self, stays: Any) -> None:
        self.told = {key: each for key, each in self.told.items() if stays(each)}


class NotificationsFollower:
    """Derives the notifications. Raise `version` with every change of who is notified of what."""

    name = "notifications"
    version = 1
    lock = AdvisoryLock.FOLLOW_AUDIT  # see `Beside.leading`

    def work_out(self, connection: Connection, entries: Sequence[LogEntry]) -> Notifications:
        """Return what these entries change."""
        made, batch = Notifications(), _Batch(connection, entries)
        for entry in entries:
            change = Change.read(entry)
            if entry.subject_kind == SubjectKind.CLAIM:
                _of_claim(made, change)
            elif entry.subject_kind == SubjectKind.ASSIGNMENT and entry.action == "assign":
                people = [value for name, value in change.after() if name == "person_id" and value]
                made.tell(people, entry, NotificationKind.ASSIGNED, claim_id=batch.assigned.get(entry.subject_id))
            elif entry.subject_kind == SubjectKind.COMMENT and entry.subject_id in batch.comments:
                _of_comment(made, change, batch)
            elif entry.subject_kind == SubjectKind.ARTICLE and entry.action == "add_snapshot":
                people = batch.watchers(entry)
                made.tell(people, entry, NotificationKind.ARTICLE_CHANGED, article_id=entry.subject_id)
        return made

    def write(self, session: Session, changes: Notifications) -> None:
        """Write what a batch changes."""
        connection = session.connection()
        write_each(connection, _OF_CLAIM, [{"id": each} for each in sorted(changes.claims)])
        write_each(connection, _OF_COMMENT, [{"id": each} for each in sorted(changes.comments)])
        gone = [{"person": person, "comment": comment} for person, comment in sorted(changes.unmentioned)]
        write_each(connection, _MENTION, gone)
        add_rows(connection, Notification, Told._fields, [changes.told[key] for key in sorted(changes.told)])

    def reset(self, session: Session) -> None:
        """Forget all notifications."""
        session.execute(delete(Notification))


def _of_claim(made: Notifications, change: Change) -> None:
    entry = change.entry
    if entry.action in ENDS:
        made.end_claim(entry.subject_id)
    elif entry.action == "ask_second_opinion":
        asked = [value["reviewer_id"] for name, value in change.after() if name == "second_opinion" and value]
        people = [each for each in asked if each]
        made.tell(people, entry, NotificationKind.OPINION_ASKED, claim_id=entry.subject_id)


def _of_comment(made: Notifications, change: Change, batch: "_Batch") -> None:
    entry = change.entry
    if entry.action in ENDS:
        made.end_comment(entry.subject_id)
        return
    row = batch.comments[entry.subject_id]
    about = {"claim_id": row.claim_id, "article_id": row.article_id, "comment_id": row.id}
    if entry.number == 1 and row.thread_id != row.id and change.fields is not None:
        made.tell(batch.writers(row), entry, NotificationKind.ANSWERED, **about)
    for each in change.fields or ():
        if each["field"] == "mentions":
            before, after = each["before"] or [], each["after"] or []
            for person_id in before:
                if person_id not in after:
                    made.unmention(person_id, row.id)
            new = [person_id for person_id in after if person_id not in before]
            made.tell(new, entry, NotificationKind.MENTIONED, **about)


class _Batch:
    """What the rows say of the things that a batch of entries is about: only what never changes."""

    def __init__(self, connection: Connection, entries: Sequence[LogEntry]) -> None:
        self._connection = connection
        named = {kind: [each.subject_id for each in entries if each.subject_kind == kind] for kind in SubjectKind}
        self.assigned = {row.id: row.claim_id for row in self._rows(_ASSIGNED, named[SubjectKind.ASSIGNMENT])}
        self.comments = {row.id: row for row in self._rows(_COMMENTS, named[SubjectKind.COMMENT])}

    def _rows(self, statement: Any, ids: Iterable[str]) -> Iterator[Any]:
        for some in batches(ids):
            yield from self._connection.execute(statement, {"ids": some})

    def writers(self, comment: Any) -> list[str]:
        """Return who wrote in a comment's thread before it."""
        of = Comment.claim_id == comment.claim_id if comment.claim_id else Comment.article_id == comment.article_id
        before = (of, Comment.thread_id == comment.thread_id, Comment.seq < comment.seq)
        return sorted(self._connection.scalars(select(Comment.author_id).where(*before).distinct()))

    def watchers(self, entry: LogEntry) -> list[str]:
        """Return who watched an article before an entry."""
        row = self._connection.execute(_WATCH, {"id": entry.subject_id, "number": entry.number}).first()
        return [row.actor_id] if row is not None and row.action == "watch" else []


_IDS: Any = bindparam("ids", expanding=True)
_ASSIGNED = select(Assignment.id, Assignment.claim_id).where(Assignment.id.in_(_IDS))
_COMMENTS = select(
    Comment.id, Comment.seq, Comment.claim_id, Comment.article_id, Comment.thread_id
).where(Comment.id.in_(_IDS))  # fmt: skip
_WATCH = (
    select(Revision.actor_id, Revision.action.label("action"))
    .where(
        Revision.subject_kind == SubjectKind.ARTICLE,
        Revision.subject_id == bindparam("id"),
        Revision.number < bindparam("number"),
        Revision.action.in_(WATCHING),
    )
    .order_by(Revision.number.desc())
    .limit(1)
)
_table = cast(Any, Notification).__table__
_OF_CLAIM = delete(_table).where(Notification.claim_id == bindparam("id"))
_OF_COMMENT = delete(_table).where(Notification.comment_id == bindparam("id"))
_MENTION = delete(_table).where(
    Notification.person_id == bindparam("person"),
    Notification.comment_id == bindparam("comment"),
    Notification.kind == NotificationKind.MENTIONED,
)
