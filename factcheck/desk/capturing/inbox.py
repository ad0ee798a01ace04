"""The inbox: new items of feeds, each the capture of its page, until an article is made of it or it is dismissed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import blindness, unknown
from factcheck.desk.capturing import captures
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.connected import batches
from factcheck.errors import Clash, NotFound
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.revisions import Change
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.web.feeds import FeedItem, ItemState, Keys, keys
from factcheck.rules.web.urls import url_key
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.feeds import Feed, InboxItem

Json = dict[str, Any]


@dataclass(frozen=True)
class InboxFilters:
    """What the list is narrowed to."""

    state: ItemState = ItemState.WAITING
    feed: str | None = None


def new(connection: Connection, feed_id: str, items: Sequence[FeedItem], secret: str) -> list[tuple[FeedItem, Keys]]:
    """Return those items that the desk does not know: neither in the inbox, ever, nor as an article."""
    keyed = [(item, keys(feed_id, item, secret)) for item in items]
    known: set[str] = set()
    for some in batches({key for _, each in keyed for key in (each.guid, each.link)}):
        found = select(InboxItem.guid_key, InboxItem.link_key)
        for row in connection.execute(found.where(or_(InboxItem.guid_key.in_(some), InboxItem.link_key.in_(some)))):
            known |= set(row)
    pages = {url_key(item.link) or "" for item, _ in keyed}
    articles: set[str | None] = set()
    for some in batches(pages):
        articles |= set(connection.execute(select(Article.url_key).where(Article.url_key.in_(some))).scalars())
    return [
        (item, each)
        for item, each in keyed
        if not {each.guid, each.link} & known and url_key(item.link) not in articles
    ]


@action(Role.CONTRIBUTOR)
def dismiss(session: Session, actor: Actor, /, item_id: str, *, reason: str | None, seen: Precondition = ANY) -> Json:
    """Take an item out of the inbox without an article, and return its JSON.

    Its capture stays, and so it does not come back. Raises NotFound, and Clash for an item that waits no more.
    """
    captures.lock(session)
    row = session.execute(_ITEMS.where(InboxItem.capture_id == item_id)).first()
    if row is None or item_id in blindness.captures(session.connection(), actor):
        raise NotFound(unknown.INBOX_ITEM)
    if not seen.any:
        seen.demand(etag(_as_json(row)))
    if row.left_index is not None:
        dismissed = message("This item was dismissed already.")
        raise Clash(dismissed if row.article_id is None else message("It is an article already."))
    change: Change = {"field": "inbox", "before": ItemState.WAITING, "after": ItemState.DISMISSED}
    entry = captures.append_of_capture(session, actor, item_id, "dismiss", [change], reason)
    session.execute(update(InboxItem).where(InboxItem.capture_id == item_id).values(left_index=entry.log_index))
    return get(session.connection(), item_id)


def filed(session: Session, actor: Actor, capture_id: str, article_id: str) -> None:
    """Take an item out of the inbox of which an article, or a snapshot of one, was made; nothing if none waits.

    Call it when the log's head is locked.
    """
    waits = (InboxItem.capture_id == capture_id, InboxItem.left_index.is_(None))
    if session.scalar(select(InboxItem.seq).where(*waits)) is None:
        return
    change: Change = {"field": "article_id", "before": None, "after": article_id}
    entry = captures.append_of_capture(session, actor, capture_id, "make_article", [change])
    values = {"left_index": entry.log_index, "article_id": article_id}
    session.execute(update(InboxItem).where(InboxItem.capture_id == capture_id).values(**values))


def get(connection: Connection, item_id: str, viewer: Actor | None = None) -> Json:
    """Return an item's JSON. Raises NotFound, for one that `viewer` must not see too."""
    row = connection.execute(_ITEMS.where(InboxItem.capture_id == item_id)).first()
    if row is None or item_id in blindness.captures(connection, viewer):
        raise NotFound(unknown.INBOX_ITEM)
    return _as_json(row)


def listed(
    connection: Connection, filters: InboxFilters, before: int | None, limit: int, viewer: Actor
) -> list[tuple[int, Json]]:
    """Return items as `viewer` sees them, those that were found last first, each with its place in the list."""
    wanted: list[ColumnElement[bool]] = [_IN[filters.state]]
    if filters.feed is not None:
        wanted.append(InboxItem.feed_id == filters.feed)
    if before is not None:
        wanted.append(InboxItem.seq < before)
    if hidden := blindness.captures(connection, viewer):
        wanted.append(InboxItem.capture_id.not_in(hidden))
    rows = connection.execute(_ITEMS.where(*wanted).order_by(InboxItem.seq.desc()).limit(limit))
    return [(row.place, _as_json(row)) for row in rows]


def of_capture(connection: Connection, capture_id: str) -> Json | None:
    """Return the item that a capture is, None if it is none."""
    row = connection.execute(_ITEMS.where(InboxItem.capture_id == capture_id)).first()
    return None if row is None else _as_json(row)


def etag(item: Json) -> str:
    return documents.etag_of(documents.dumped(item))


def emptied(session: Session, capture_ids: Iterable[str]) -> None:
    """Take their titles out of the items of redacted captures. Their keys stay, or the feed would bring them back."""
    for ids in batches(capture_ids):
        session.execute(update(InboxItem).where(InboxItem.capture_id.in_(ids)).values(title=None))


def _as_json(row: Any) -> Json:
    state = ItemState.WAITING
    if row.left_index is not None:
        state = ItemState.ARTICLE if row.article_id is not None else ItemState.DISMISSED
    return {
        "id": row.id,
        "feed": {"id": row.feed_id, "url": row.feed_url, "title": row.feed_title},
        "title": row.item_title,
        "published_at": row.published_at and stamp(row.published_at),
        "state": state,
        "article_id": row.article_id,
        "capture": captures.as_json(row),
    }


_OF_CAPTURE = [column for column in Capture.__table__.columns if column.name != "text"]
_ITEMS: Any = (
    select(
        *_OF_CAPTURE,
        InboxItem.seq.label("place"),
        InboxItem.feed_id,
        InboxItem.title.label("item_title"),
        InboxItem.published_at,
        InboxItem.left_index,
        InboxItem.article_id,
        Feed.url.label("feed_url"),
        Feed.title.label("feed_title"),
    )
    .join(Capture, Capture.id == InboxItem.capture_id)
    .join(Feed, Feed.id == InboxItem.feed_id)
)
_IN: dict[ItemState, ColumnElement[bool]] = {
    ItemState.WAITING: InboxItem.left_index.is_(None),
    ItemState.ARTICLE: InboxItem.article_id.is_not(None),
    ItemState.DISMISSED: InboxItem.left_index.is_not(None) & InboxItem.article_id.is_(None),
}
