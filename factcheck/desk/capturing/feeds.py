"""Feeds: who has them fetched, which are due, and what became of the last time.

Who adds and removes a feed is in the log. The state of fetching is not: what was found is.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select, true, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access import unknown
from factcheck.desk.capturing.checks import OVERDUE, PAGE, Check, validators
from factcheck.desk.claim_state import documents
from factcheck.errors import Clash, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change, Entry
from factcheck.messages import message
from factcheck.rules import durations
from factcheck.rules.roles import Role
from factcheck.rules.web.fetches import Validators
from factcheck.rules.web.watching import wait
from factcheck.storage.tables.feeds import Feed, InboxItem
from factcheck.storage.tables.logbook import LogHead, SubjectKind
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
FIELDS = ("url", "title", "every")
GONE = "http_410"  # the site says that there is no such feed any more: it is not asked again


@action(Role.ANALYST)
def add(session: Session, actor: Actor, /, *, url: str, title: str | None, every: timedelta) -> Json:
    """Add a feed, which is due at once, and return its JSON. Raises Clash for a URL that is there already."""
    session.execute(select(LogHead.size).with_for_update())  # so nobody adds the same meanwhile
    taken = session.scalar(select(Feed.id).where(Feed.url == url, Feed.removed_index.is_(None)))
    if taken is not None:
        raise Clash(message("The desk has this feed already."), id=taken)
    fields = {"url": url, "title": title, "every": durations.written(every)}
    feed_id = new_id()
    changes = revisions.differences({}, fields)
    entry = revisions.append(session, actor, SubjectKind.FEED, feed_id, 1, "add", changes)
    row = {"seq": entry.log_index, "id": feed_id, **fields, "added_by_id": actor.id, "added_at": entry.at}
    session.execute(insert(Feed), row | {"revision": 1, "next_at": entry.at, "failures": 0})
    return get(session.connection(), feed_id)


@action(Role.ANALYST)
def remove(session: Session, actor: Actor, /, feed_id: str, *, seen: Precondition = ANY) -> None:
    """Stop fetching a feed. Its items stay in the inbox. Raises NotFound."""
    feed = _locked(session, feed_id)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(get(session.connection(), feed_id))))
    entry = _append_of_feed(session, actor, feed, "remove", [{"field": "removed", "before": False, "after": True}])
    feed.removed_index, feed.next_at = entry.log_index, None
    session.flush()


def moved(session: Session, feed_id: str, url: str) -> str:
    """Give a feed the URL to which its site has moved it for good, and return the URL that it has now.

    The operator does it, whose process fetches. A feed that the desk has at that URL already stays the only one there.
    """
    feed = _locked(session, feed_id)
    taken = session.scalar(select(Feed.id).where(Feed.url == url, Feed.removed_index.is_(None)))
    if taken is not None:
        return feed.url
    _append_of_feed(
        session, people.operator(session), feed, "move", [{"field": "url", "before": feed.url, "after": url}],
        "Its site has moved it for good.",
    )  # fmt: skip
    feed.url = url
    session.flush()
    return url


def get(connection: Connection, feed_id: str) -> Json:
    """Return a feed's JSON. Raises NotFound, for one that was removed too."""
    row = connection.execute(_FEEDS.where(Feed.id == feed_id, Feed.removed_index.is_(None))).first()
    if row is None:
        raise NotFound(unknown.FEED)
    return _as_json(row, connection.execute(_WAITING.where(InboxItem.feed_id == feed_id)).scalar_one())


def listed(connection: Connection, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return the desk's feeds in the order in which they were added, each with its place in the list."""
    rows = connection.execute(
        _FEEDS.where(Feed.removed_index.is_(None), Feed.seq > after).order_by(Feed.seq).limit(limit)
    ).all()
    counts = select(InboxItem.feed_id, func.count()).where(InboxItem.left_index.is_(None)).group_by(InboxItem.feed_id)
    waiting = {row[0]: int(row[1]) for row in connection.execute(counts)}
    return [(row.seq, _as_json(row, waiting.get(row.id, 0))) for row in rows]


# --- fetching


@dataclass(frozen=True)
class Due:
    """A feed that is due, and what is known of it."""

    feed_id: str
    url: str
    revision: int
    every: timedelta
    failures: int
    known: Validators | None


def due(connection: Connection, moment: datetime) -> Iterator[Due]:
    """Yield the feeds that are due, in the order in which they became due: a page at a time, as far as needed."""
    wanted = _due(moment).order_by(Feed.next_at, Feed.seq).limit(PAGE)
    rows = connection.execute(wanted).all()
    while rows:
        yield from map(_as_due, rows)
        last = rows[-1]
        further = wanted.where(
            or_(Feed.next_at > last.next_at, and_(Feed.next_at == last.next_at, Feed.seq > last.seq))
        )
        rows = connection.execute(further).all() if len(rows) == PAGE else []


def still_due(connection: Connection, moment: datetime, feed_ids: Collection[str]) -> dict[str, Due]:
    """Return those of a few feeds that are due, by their ids."""
    rows = connection.execute(_due(moment).where(Feed.id.in_(feed_ids))) if feed_ids else ()
    return {row.id: _as_due(row) for row in rows}


def counts(connection: Connection, moment: datetime) -> dict[str, int]:
    """Return how many feeds are read, how many of them fail, and how many should have been read by now."""
    failing, overdue = Feed.error.is_not(None), Feed.next_at <= moment - OVERDUE
    numbers = (func.count().filter(each) for each in (true(), failing, overdue))
    read = select(*numbers).select_from(Feed).where(Feed.removed_index.is_(None), Feed.next_at.is_not(None))
    return dict(zip(("read", "failing", "overdue"), connection.execute(read).one(), strict=True))


def record(session: Session, feed: Due, check: Check) -> None:
    """Record what became of fetching a feed, and when it is due again: never, once it is gone."""
    failures = feed.failures + 1 if check.error is not None else 0
    following = check.moment + max(wait(feed.every, failures, check.spread), check.asked)
    values: dict[str, Any] = {"checked_at": check.moment, "failures": failures, "error": check.error}
    values["next_at"] = None if check.error == GONE else following
    if check.read is not None:
        found = validators(check.read)
        values |= {"read_url": found["url"], "etag": found["etag"], "modified": found["modified"]}
    session.execute(update(Feed).where(Feed.id == feed.feed_id, Feed.removed_index.is_(None)).values(**values))


def _due(moment: datetime) -> Select[Any]:
    return select(*Feed.__table__.columns).where(Feed.removed_index.is_(None), Feed.next_at <= moment)


def _as_due(row: Any) -> Due:
    known = Validators(row.read_url, row.etag, row.modified) if row.read_url is not None else None
    return Due(row.id, row.url, row.revision, durations.read(row.every), row.failures, known)


def _as_json(row: Any, waiting: int) -> Json:
    here = f"/v1/feeds/{row.id}"
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in FIELDS},
        "added_by": {"id": row.added_by_id, "name": row.added_by_name},
        "added_at": stamp(row.added_at),
        "last_checked_at": row.checked_at and stamp(row.checked_at),
        "next_at": row.next_at and stamp(row.next_at),
        "error": row.error,
        "failures": row.failures,
        "waiting": waiting,
        "links": {"self": here, "inbox": f"/v1/inbox?feed={row.id}"},
    }


_FEEDS = select(*Feed.__table__.columns, Person.name.label("added_by_name")).join(Person, Person.id == Feed.added_by_id)
_WAITING = select(func.count()).select_from(InboxItem).where(InboxItem.left_index.is_(None))


def _locked(session: Session, feed_id: str) -> Feed:
    wanted = select(Feed).where(Feed.id == feed_id, Feed.removed_index.is_(None))
    feed = session.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if feed is None:
        raise NotFound(unknown.FEED)
    return feed


def _append_of_feed(
    session: Session, actor: Actor, feed: Feed, action: str, changes: list[Change], reason: str | None = None
) -> Entry:
    feed.revision += 1
    with session.no_autoflush:
        return revisions.append(session, actor, SubjectKind.FEED, feed.id, feed.revision, action, changes, reason)
