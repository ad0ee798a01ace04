"""Items of feeds: which of them the desk takes, and by what it knows one again."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from factcheck.rules.web.urls import url_key

MOST = 100  # items of a feed that are looked at: the newest
PERMANENT = (301, 308)


class Unread(StrEnum):
    """Why a feed cannot be read, beside the reasons why a page cannot be captured."""

    NOT_FEED = "not_feed"
    HAS_DTD = "has_dtd"


class ItemState(StrEnum):
    """Whether an item is in the inbox, or how it left."""

    WAITING = "waiting"
    ARTICLE = "article"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class FeedItem:
    """An item as its feed gives it. Without a `guid`, its link identifies it."""

    link: str
    guid: str | None = None
    title: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True)
class Keys:
    """By what an item is known again: its own name within its feed, and the page that it leads to."""

    guid: str
    link: str


def keys(feed_id: str, item: FeedItem, secret: str) -> Keys:
    """Return the keys of an item: hashes with the desk's secret, so that nobody can guess what was redacted."""

    def digest(*parts: str) -> str:
        return hmac.digest(secret.encode(), "\0".join(parts).encode(), hashlib.sha256).hex()

    return Keys(digest("guid", feed_id, item.guid or item.link), digest("link", url_key(item.link) or item.link))


def newest(items: Iterable[FeedItem], most: int = MOST) -> list[FeedItem]:
    """Return the newest items, those without a time last, whatever the order of the feed; each link once."""
    dated = sorted(items, key=lambda item: (item.published_at is None, -_seconds(item.published_at)))
    found: dict[str, FeedItem] = {}
    for item in dated:
        found.setdefault(url_key(item.link) or item.link, item)
    return list(found.values())[:most]


def _seconds(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0
