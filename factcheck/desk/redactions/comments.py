"""Redaction of a comment, and of what is redacted elsewhere out of comments."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from factcheck.desk.access import answers
from factcheck.desk.claim_state import documents
from factcheck.desk.redactions import restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.desk.team import comments, threads
from factcheck.errors import Clash
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.names import mentions
from factcheck.rules.redacting import GONE, Scrub
from factcheck.rules.roles import Role
from factcheck.storage.tables.columns import holds_bytes
from factcheck.storage.tables.comments import Comment, CommentMention
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind

BATCH = 200  # comments that are looked at, at a time
Json = dict[str, Any]


class Whole:
    """Takes the text, the words that it is about, and every reason."""

    def json(self, value: Any, name: str = "") -> Any:
        """Return the content of an entry, or a text, without them."""
        if name == "text":
            return value and GONE
        if name == "quote" or not isinstance(value, dict):
            return None
        changes = [
            each | {side: self.json(each[side], each["field"]) for side in ("before", "after")}
            if each["field"] in ("text", "quote")
            else each
            for each in value["changes"]
        ]
        return value | {"changes": changes, "reason": None}


class Nameless:
    """Gives somebody another name wherever the text of a comment mentions them by one of theirs."""

    def __init__(self, names: Iterable[str], other: str) -> None:
        self._names, self._other = {mentions.folded(name) for name in names}, other

    def json(self, value: Any, name: str = "") -> Any:
        """Return JSON with the other name in its texts."""
        if isinstance(value, str):
            return self._text(value) if name == "text" else value
        if isinstance(value, list):
            return [self.json(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"field", "before", "after"}:
            return value | {side: self.json(value[side], value["field"]) for side in ("before", "after")}
        return {each: self.json(item, each) for each, item in value.items()}

    def _text(self, text: str) -> str:
        pieces, at = [], 0
        for begin, end, _ in mentions.places(text, self._names, None):
            pieces += [text[at:begin], "@", self._other]
            at = end
        return "".join([*pieces, text[at:]])


@action(Role.ADMIN)
def redact(session: Session, actor: Actor, /, comment_id: str, *, reason: str, seen: Precondition = ANY) -> None:
    """Remove the text of a comment and the words that it is about everywhere; that it was there stays.

    The reason goes into the log and stays: it must not repeat what is removed. Raises Clash when it was redacted
    before.
    """
    answers.empty(session, [comment_id])  # before any other lock, as in the redaction of a claim
    comment = comments.lock(session, Comment.id == comment_id)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(threads.get(session.connection(), comment_id, actor))))
    if comment.redacted_index is not None and comment.text == GONE:
        raise Clash(message("This comment is already redacted."))
    demand_silent(reason, _said(session, comment_id))
    _redact(session, actor, comment, Whole(), "redact", reason)
    answers.empty(session, [comment_id])


def redact_those_of(session: Session, actor: Actor, claim_id: str, reason: str) -> None:
    """Redact the comments on a claim that is being redacted, which is locked."""
    for some in _some(session, Comment.claim_id == claim_id):
        for comment in some:
            if comment.redacted_index is None or comment.text != GONE:
                _redact(session, actor, comment, Whole(), "redact", reason)


def scrub(
    session: Session, actor: Actor, wanted: ColumnElement[bool], scrubs: Callable[[Comment], Scrub], reason: str
) -> None:
    """Take something out of comments on what is locked, and out of the log, where they have it."""
    for some in _some(session, wanted):
        contents = restating.contents(session, SubjectKind.COMMENT, [each.id for each in some])
        for comment in some:
            clean = scrubs(comment)
            if any(clean.json(said) != said for said in contents[comment.id]):
                _redact(session, actor, comment, clean, "redact_part", reason)


def rename(session: Session, actor: Actor, person_id: str, names: Iterable[str], other: str, reason: str) -> None:
    """Give a person another name in the texts of all comments that mention them, or ever did, by one of these names.

    Nobody else writes.
    """
    ever = (
        select(Revision.subject_id)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == SubjectKind.COMMENT)
        .where(holds_bytes(RevisionContent.content, person_id.encode()))
    )
    renamed = Nameless(names, other)
    scrub(session, actor, Comment.id.in_(ever), lambda _: renamed, reason)


def _redact(session: Session, actor: Actor, comment: Comment, clean: Scrub, action: str, reason: str) -> None:
    restated = restating.without(session, SubjectKind.COMMENT, comment.id, clean.json)
    if not restated:
        return
    number, stated = comment.revision + 1, facts.of_restated(restated)
    entry = _append(session, actor, comment.id, number, action, reason, stated)
    restating.write(session, entry, restated)
    comment.revision, comment.changed_index, comment.redacted_index = number, entry.log_index, entry.log_index
    comment.text = clean.json(comment.text, "text")
    if comment.quote_snapshot is not None:
        quote = clean.json({name: getattr(comment, f"quote_{name}") for name in comments.QUOTE}, "quote")
        for name in comments.QUOTE:
            setattr(comment, f"quote_{name}", quote and quote[name])
    session.flush()
    if action == "redact":
        session.execute(delete(CommentMention).where(CommentMention.comment_seq == comment.seq))


def _append(
    session: Session, actor: Actor, comment_id: str, number: int, action: str, reason: str, stated: facts.Facts
) -> revisions.Entry:
    """Append a redaction. Each kind is written out: a test reads here what the log has."""
    if action == "redact":
        return revisions.append(
            session, actor, SubjectKind.COMMENT, comment_id, number, "redact", [], reason, facts=stated
        )
    return revisions.append(
        session, actor, SubjectKind.COMMENT, comment_id, number, "redact_part", [], reason, facts=stated
    )


def _some(session: Session, wanted: ColumnElement[bool]) -> Iterator[Sequence[Comment]]:
    after = -1
    while True:
        further = select(Comment).where(wanted, Comment.seq > after).order_by(Comment.seq).limit(BATCH)
        found = session.scalars(further.execution_options(populate_existing=True)).all()
        if not found:
            return
        after = found[-1].seq
        yield found


def _said(session: Session, comment_id: str) -> Iterator[str | None]:
    """Yield every text that a comment ever had, and the words that it is about."""
    for content in restating.contents(session, SubjectKind.COMMENT, [comment_id])[comment_id]:
        for change in content["changes"]:
            for side in ("before", "after"):
                if change["field"] == "text":
                    yield change[side]
                elif change["field"] == "quote" and change[side]:
                    yield change[side]["exact"]
