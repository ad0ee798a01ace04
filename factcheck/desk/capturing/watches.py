"""Watches: articles whose page is fetched again and again, so that a newer text becomes a snapshot.

Who sets a watch, and how, is in the log. The state of watching is not: see `checks.py`.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.log.revisions import Change, Entry
from factcheck.messages import message
from factcheck.rules import durations
from factcheck.rules.roles import Role
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.watches import Watch

Json = dict[str, Any]
NOT_CHECKED = dict.fromkeys(("checked_at", "changed_at", "error", "url", "etag", "modified"))


@action(Role.ANALYST)
def watch(
    session: Session, actor: Actor, /, article_id: str, *, every: timedelta, until: datetime | None, seen: Precondition
) -> tuple[Json, bool]:
    """Watch an article, or watch it otherwise, and return the watch's JSON, and whether it is new.

    Its page is due at once. Raises NotFound, Invalid for a time that is over, and Clash for an article without a URL or
    one of which words were redacted: watching it would fetch them again.
    """
    article = _locked(session, article_id)
    row = session.get(Watch, article.id)
    _demand_seen(session, article.id, row, seen)
    before = _settings(row)
    after = {"every": durations.written(every), "until": until and stamp(until)}
    if row is not None and before == after:
        return get(session.connection(), article.id), False
    if until is not None and until <= now():
        raise Invalid(message("The time is over."), flaws=[Flaw(message("Must be in the future."), "/until")])
    if article.redacted_index is not None:
        raise Clash(message("Words of this article were redacted: watching it would fetch them again."))
    if article.url is None:
        raise Clash(message("The article has no URL to watch. Add one first."))
    entry = _entry(session, actor, article, "watch", before, after)
    values = {
        "every": after["every"], "until": until, "set_by_id": actor.id, "set_index": entry.log_index,
        "set_at": entry.at, "next_at": entry.at, "failures": 0, "error": None,
    }  # fmt: skip
    if row is None:
        session.execute(insert(Watch), {"article_id": article.id, **NOT_CHECKED, **values})
    else:
        session.execute(update(Watch).where(Watch.article_id == article.id).values(**values))
    return get(session.connection(), article.id), row is None


@action(Role.ANALYST)
def unwatch(session: Session, actor: Actor, /, article_id: str, *, seen: Precondition = ANY) -> None:
    """Stop watching an article. Raises NotFound where it is not watched."""
    article = _locked(session, article_id)
    row = session.get(Watch, article.id)
    if row is None:
        raise NotFound(_NOT_WATCHED)
    _demand_seen(session, article.id, row, seen)
    [change] = ended(session, article.id)
    _entry(session, actor, article, "unwatch", change["before"], None)


def ended(session: Session, article_id: str) -> list[Change]:
    """Remove an article's watch, and return what the caller's entry says of that: nothing where there was none."""
    row = session.get(Watch, article_id)
    if row is None:
        return []
    before = _settings(row)
    session.execute(delete(Watch).where(Watch.article_id == article_id))
    return [{"field": "watch", "before": before, "after": None}]


def get(connection: Connection, article_id: str) -> Json:
    """Return the JSON of an article's watch. Raises NotFound."""
    found = of_article(connection, article_id)
    if found is None:
        there = connection.execute(select(Article.id).where(Article.id == article_id)).first()
        raise NotFound(_NOT_WATCHED if there else unknown.ARTICLE)
    return found


def of_article(connection: Connection, article_id: str) -> Json | None:
    """Return the JSON of an article's watch, None where it is not watched."""
    row = connection.execute(_WITH_PERSON.where(Watch.article_id == article_id)).first()
    return as_json(row) if row is not None else None


def listed(connection: Connection) -> list[Json]:
    """Return all watches, those that are due first."""
    rows = connection.execute(_WITH_PERSON.order_by(Watch.next_at, Watch.article_id))
    return [as_json(row) | {"article": {"id": row.article_id, "title": row.title, "url": row.there}} for row in rows]


def as_json(row: Any) -> Json:
    """Return a watch's JSON. `next_at` is null where no check comes any more."""
    here = f"/v1/articles/{row.article_id}"
    over = row.until is not None and row.until <= max(row.next_at, now())
    return {
        "article_id": row.article_id,
        "every": row.every,
        "until": row.until and stamp(row.until),
        "set_by": {"id": row.set_by_id, "name": row.set_by_name},
        "set_at": stamp(row.set_at),
        "last_checked_at": row.checked_at and stamp(row.checked_at),
        "last_changed_at": row.changed_at and stamp(row.changed_at),
        "next_at": None if over else stamp(row.next_at),
        "error": row.error,
        "failures": row.failures,
        "links": {"self": f"{here}/watch", "article": here},
    }


def etag(watch: Json) -> str:
    return documents.etag_of(documents.dumped(watch))


_NOT_WATCHED = message("This article is not watched.")
_WITH_PERSON = (
    select(*Watch.__table__.columns, Person.name.label("set_by_name"), Article.title, Article.url.label("there"))
    .join(Person, Person.id == Watch.set_by_id)
    .join(Article, Article.id == Watch.article_id)
)


def _locked(session: Session, article_id: str) -> Article:
    article = session.scalar(select(Article).where(Article.id == article_id).with_for_update(key_share=True))
    if article is None:
        raise NotFound(unknown.ARTICLE)
    return article


def _settings(row: Watch | None) -> Json | None:
    return None if row is None else {"every": row.every, "until": row.until and stamp(row.until)}


def _demand_seen(session: Session, article_id: str, row: Watch | None, seen: Precondition) -> None:
    if not seen.any:
        seen.demand("" if row is None else etag(get(session.connection(), article_id)))


def _entry(
    session: Session, actor: Actor, article: Article, action: str, before: Json | None, after: Json | None
) -> Entry:
    changes = [{"field": "watch", "before": before, "after": after}]
    number = article.revision + 1
    entry = revisions.append(session, actor, SubjectKind.ARTICLE, article.id, number, action, changes)
    article.revision, article.updated_at = number, entry.at
    session.flush()
    return entry
