"""Somebody's notifications, newest first, and how many of them they have not seen."""

from collections.abc import Collection, Mapping, Set
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.queries.lists import Page
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.notifications import Notification, NotificationMark
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
COUNTED = 100  # that are not seen: beyond, there are many


class Unseen(NamedTuple):
    """Ids of what somebody's unseen notifications are about."""

    claims: Set[str] = frozenset()
    comments: Set[str] = frozenset()


def unseen(connection: Connection, viewer: Actor) -> int:
    """Return how many notifications somebody has not seen, COUNTED at most."""
    rows = connection.execute(_of(viewer).where(Notification.log_index > _SEEN).limit(COUNTED))
    found = [_as_json(row) for row in rows]
    return len(masking.masked(connection, viewer, View.NOTIFICATION, found))


def unseen_about(
    connection: Connection, viewer: Actor, *, claims: Collection[str] = (), article: str | None = None
) -> Unseen:
    """Return which of these claims, and which comments on them or on an article, somebody's unseen notifications are
    about. The newest COUNTED of them count.
    """
    about = Notification.article_id == article if article else Notification.claim_id.in_(claims)
    wanted = _of(viewer).where(Notification.log_index > _SEEN, about).limit(COUNTED)
    rows = [_as_json(row) for row in connection.execute(wanted)]
    found = masking.masked(connection, viewer, View.NOTIFICATION, rows)
    return Unseen(
        {each["claim_id"] for each in found if each["claim_id"]},
        {each["comment_id"] for each in found if each["comment_id"]},
    )


def page(connection: Connection, viewer: Actor, before: list[Any] | None, limit: int) -> Page:
    """Return a page of somebody's notifications, newest first, from before a place in the list."""
    wanted = _of(viewer).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(Notification.log_index < before[0])
    rows = connection.execute(wanted).all()
    found = [_as_json(row) for row in rows[:limit]]
    following = [rows[limit - 1].log_index] if len(rows) > limit else None
    return Page(masking.masked(connection, viewer, View.NOTIFICATION, found), following)


def between(connection: Connection, viewer: Actor, after: Mapping[str, int], last: int, limit: int) -> list[Json]:
    """Return somebody's notifications that they have not seen, newest first: up to an entry of the log, and of some
    kinds, each from behind an entry. There are `limit` unless no more can be shown.
    """
    kinds = [and_(Notification.kind == kind, Notification.log_index > index) for kind, index in after.items()]
    wanted = _of(viewer).where(Notification.log_index > _SEEN, or_(false(), *kinds)).limit(limit)
    found: list[Json] = []
    while len(found) < limit:
        rows = connection.execute(wanted.where(Notification.log_index <= last)).all()
        found += masking.masked(connection, viewer, View.NOTIFICATION, [_as_json(row) for row in rows])
        if len(rows) < limit:
            break
        last = rows[-1].log_index - 1
    return found[:limit]


# The place up to which somebody has seen them, -1 for nothing.
_SEEN = func.coalesce(
    select(NotificationMark.seen_index).where(NotificationMark.person_id == Notification.person_id).scalar_subquery(),
    -1,
)


def _of(viewer: Actor) -> Select[Any]:
    return (
        select(
            *Notification.__table__.columns,
            Person.name,
            Claim.text.label("claim"),
            Article.title.label("article"),
            _SEEN.label("seen_index"),
        )
        .join(Person, Person.id == Notification.actor_id)
        .outerjoin(Claim, Claim.id == Notification.claim_id)
        .outerjoin(Article, Article.id == Notification.article_id)
        .where(Notification.person_id == viewer.id)
        .order_by(Notification.log_index.desc())
    )


def _as_json(row: Any) -> Json:
    about = f"/v1/claims/{row.claim_id}" if row.claim_id else f"/v1/articles/{row.article_id}"
    return {
        "log_index": row.log_index,
        "kind": row.kind,
        "at": stamp(row.at),
        "by": {"id": row.actor_id, "name": row.name},
        "claim_id": row.claim_id,
        "article_id": row.article_id,
        "comment_id": row.comment_id,
        "about": row.claim if row.claim_id else row.article,
        "seen": row.log_index <= row.seen_index,
        "links": {"about": about, "comment": f"/v1/comments/{row.comment_id}" if row.comment_id else None},
    }
