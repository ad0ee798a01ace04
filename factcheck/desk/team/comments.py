"""Comments on claims and articles, in threads of one level. They are no part of a verdict, and never public.

A comment is a thing of its own in the log, so that commenting on a claim does not change the claim.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import lock_claim
from factcheck.desk.team import threads
from factcheck.errors import Clash, Flaw, Forbidden, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.text.visible import blank
from factcheck.schemas.base import load_patched
from factcheck.schemas.team.comments import LONGEST, CommentChangesIn
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.comments import Comment, CommentMention
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
QUOTE = ("snapshot", "start", "end", "exact")


@action(Role.CONTRIBUTOR)
def add(
    session: Session,
    actor: Actor,
    /,
    *,
    text: str,
    claim_id: str | None = None,
    article_id: str | None = None,
    mentions: Sequence[str] = (),
    in_reply_to: str | None = None,
    quote: Json | None = None,
) -> Json:
    """Comment on an active claim, or on an article or words of it, and return the comment's JSON.

    A reply to a reply belongs to the same thread. Raises Invalid for people, comments and words that are not there.
    """
    if claim_id is not None:
        lock_claim(session, claim_id)
    elif session.scalar(select(Article.id).where(Article.id == article_id).with_for_update(read=True)) is None:
        raise NotFound(unknown.ARTICLE)
    comment_id, about = new_id(), {"claim_id": claim_id, "article_id": article_id}
    thread_id = _thread(session, actor, about, in_reply_to) if in_reply_to is not None else comment_id
    _demand_people(session, mentions)
    words = _words(session, article_id, quote) if article_id is not None and quote is not None else None
    said = {
        **{name: value for name, value in about.items() if value is not None},
        "in_reply_to": thread_id if in_reply_to is not None else None,
        "text": text,
        "mentions": list(mentions) or None,
        "quote": words,
    }
    entry = revisions.append(session, actor, SubjectKind.COMMENT, comment_id, 1, "add", revisions.differences({}, said))
    row = {
        "seq": entry.log_index, "id": comment_id, **about, "thread_id": thread_id, "text": text,
        **{f"quote_{name}": words and words[name] for name in QUOTE}, "author_id": actor.id, "created_at": entry.at,
        "revision": 1, "changed_index": entry.log_index,
    }  # fmt: skip
    session.execute(insert(Comment), row)
    _mention(session, entry.log_index, mentions)
    return threads.get(session.connection(), comment_id, actor)


@action(Role.CONTRIBUTOR)
def edit(session: Session, actor: Actor, /, comment_id: str, *, patch: Json, seen: Precondition) -> Json:
    """Apply a merge patch to one's own comment and return its JSON. Raises Forbidden for somebody else's."""
    comment = _locked(session, comment_id, active=True)
    shown = threads.get(session.connection(), comment_id, actor)
    if comment.author_id != actor.id:
        raise Forbidden(message("Only its author edits a comment."))
    if shown["text"] is None:
        withdrawn = message("This comment was withdrawn.")
        raise Clash(withdrawn if shown["withdrawn_at"] else message("This comment was redacted."))
    seen.demand(documents.etag_of(documents.dumped(shown)))
    before = {"text": comment.text, "mentions": [each["id"] for each in shown["mentions"]]}
    after = load_patched(CommentChangesIn(), before, patch)
    changes = revisions.differences(before, after)
    if not changes:
        return shown
    new = [each for each in after["mentions"] if each not in before["mentions"]]
    _demand_people(session, new, after["mentions"])
    entry = _append_of_comment(session, actor, comment, "edit", changes)
    comment.text, comment.edited_at = after["text"], entry.at
    session.flush()
    if after["mentions"] != before["mentions"]:
        _mention(session, comment.seq, after["mentions"])
    return threads.get(session.connection(), comment_id, actor)


@action(Role.CONTRIBUTOR)
def withdraw(
    session: Session, actor: Actor, /, comment_id: str, *, reason: str | None = None, seen: Precondition = ANY
) -> Json:
    """Withdraw a comment and return its JSON: its text is no longer shown, and its thread keeps its place.

    Its author may, and admins. Raises Forbidden for others, and Clash when it is withdrawn already.
    """
    comment = _locked(session, comment_id, active=False)
    shown = threads.get(session.connection(), comment_id, actor)
    if comment.author_id != actor.id and not actor.role.includes(Role.ADMIN):
        raise Forbidden(message("Only its author and admins withdraw a comment."))
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(shown)))
    if comment.withdrawn_at is not None:
        raise Clash(message("This comment is already withdrawn."))
    changes = [{"field": "withdrawn", "before": False, "after": True}]
    entry = _append_of_comment(session, actor, comment, "withdraw", changes, reason)
    comment.withdrawn_at, comment.withdrawn_by_id = entry.at, actor.id
    session.flush()
    _mention(session, comment.seq, ())
    return threads.get(session.connection(), comment_id, actor)


def lock(session: Session, wanted: ColumnElement[bool]) -> Comment:
    """Lock one comment, and what it is about before it, and return it. Raises NotFound."""
    about = session.execute(select(Comment.id, Comment.claim_id, Comment.article_id).where(wanted)).first()
    if about is None:
        raise NotFound(unknown.COMMENT)
    if about.claim_id is not None:
        session.execute(select(Claim.id).where(Claim.id == about.claim_id).with_for_update(key_share=True))
    else:
        session.execute(select(Article.id).where(Article.id == about.article_id).with_for_update(key_share=True))
    locked = select(Comment).where(Comment.id == about.id).with_for_update(key_share=True)
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def _locked(session: Session, comment_id: str, *, active: bool) -> Comment:
    """Lock a comment. Raises NotFound, and with `active` Withdrawn when its claim was."""
    comment = lock(session, Comment.id == comment_id)
    if active and comment.claim_id is not None:
        lock_claim(session, comment.claim_id)
    return comment


def _append_of_comment(
    session: Session, actor: Actor, comment: Comment, action: str, changes: list[Json], reason: str | None = None
) -> revisions.Entry:
    number = comment.revision + 1
    entry = revisions.append(session, actor, SubjectKind.COMMENT, comment.id, number, action, changes, reason)
    comment.revision, comment.changed_index = number, entry.log_index
    return entry


def _thread(session: Session, actor: Actor, about: Json, in_reply_to: str) -> str:
    """Return the thread of the comment that is answered. Raises Invalid when it is not there, or is hidden."""
    try:
        answered = threads.get(session.connection(), in_reply_to, actor)
    except NotFound:
        answered = {}
    if any(answered.get(name) != value for name, value in about.items()):
        told = message("The claim or article has no comment with this id.")
        raise Invalid(
            message("The comment that is answered does not exist."), flaws=[Flaw(told, pointer="/in_reply_to")]
        )
    thread_id: str = answered["in_reply_to"] or in_reply_to
    return thread_id


def _demand_people(session: Session, mentioned: Sequence[str], told: Sequence[str] | None = None) -> None:
    """Raise Invalid unless all of these people are active; `told` are those of the request, in its order."""
    there = set(session.scalars(MENTIONABLE.where(Person.id.in_(list(mentioned))))) if mentioned else set()
    flaws = [
        Flaw(message("No active person has this id."), pointer=f"/mentions/{at}")
        for at, each in enumerate(told if told is not None else mentioned)
        if each in mentioned and each not in there
    ]
    if flaws:
        raise Invalid(message("The comment mentions people who are not there."), flaws=flaws)


# The operator is whoever has the shell, and reads no comments.
MENTIONABLE = select(Person.id).where(Person.disabled_at.is_(None), Person.folded_name != people.OPERATOR)


def _mention(session: Session, seq: int, mentions: Sequence[str]) -> None:
    session.execute(delete(CommentMention).where(CommentMention.comment_seq == seq))
    rows = [{"person_id": each, "comment_seq": seq, "position": at} for at, each in enumerate(mentions)]
    if rows:
        session.execute(insert(CommentMention), rows)


def _words(session: Session, article_id: str, quote: Json) -> Json:
    """Return words of a snapshot with their place. Raises Invalid where there are none."""
    start, end = quote["start"], quote["end"]
    wanted = select(Snapshot.text).where(Snapshot.article_id == article_id, Snapshot.number == quote["snapshot"])
    text = session.scalar(wanted)
    flaw = None
    if text is None:
        flaw = Flaw(unknown.SNAPSHOT, pointer="/quote/snapshot")
    elif not start < end <= len(text) or blank(text[start:end]):
        flaw = Flaw(message("There are no words at this place of the snapshot."), pointer="/quote/end")
    elif end - start > LONGEST:
        flaw = Flaw(message("Longer than maximum length {max}.", max=LONGEST), pointer="/quote/end")
    if text is None or flaw is not None:
        raise Invalid(message("The words that the comment is about are not there."), flaws=[flaw] if flaw else [])
    return {"snapshot": quote["snapshot"], "start": start, "end": end, "exact": text[start:end]}
