"""Feeds and the items in the inbox, in and out."""

from datetime import timedelta

from marshmallow import fields

from factcheck.rules.web.feeds import ItemState, Unread
from factcheck.schemas.base import Choice, In, Moment, Out, Reference, Text, Url, Whole
from factcheck.schemas.captures import CaptureListed
from factcheck.schemas.parts import PersonRef
from factcheck.schemas.watches import ERRORS, Interval

READING = f"{ERRORS}, {', '.join(f'`{each}`' for each in Unread)}"


class FeedIn(In):
    """An RSS or Atom feed whose new items come to the inbox."""

    url = Url(required=True)
    title = Text(200, load_default=None, allow_none=True, metadata={"description": "What you call it."})
    every = Interval(
        load_default=timedelta(hours=1),
        metadata={
            "format": "duration",
            "default": "PT1H",
            "description": "How often it is fetched: an ISO 8601 duration without months and years. At least PT1H.",
        },
    )


class FeedLinks(Out):
    self = fields.String(required=True)
    inbox = fields.String(required=True)


class FeedOut(Out):
    """A feed, and what became of it when it was fetched last."""

    id = Reference(required=True)
    url = fields.String(
        required=True, metadata={"description": "Where it is now: a feed that moves for good is followed."}
    )
    title = fields.String(required=True, allow_none=True)
    every = fields.String(required=True, metadata={"description": "An ISO 8601 duration, such as PT1H."})
    added_by = fields.Nested(PersonRef, required=True)
    added_at = Moment(required=True)
    last_checked_at = Moment(required=True, allow_none=True)
    next_at = Moment(
        required=True, allow_none=True, metadata={"description": "Null once the site said that the feed is gone (410)."}
    )
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": f"Why it could not be read: {READING}, or `http_` with the status."},
    )
    failures = Whole(0, required=True, metadata={"description": "How often in a row it could not be read."})
    waiting = Whole(0, required=True, metadata={"description": "How many of its items wait in the inbox."})
    links = fields.Nested(FeedLinks, required=True)


class FeedRef(Out):
    id = Reference(required=True)
    url = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)


class ItemOut(Out):
    """A new item of a feed, with the capture of its page."""

    id = Reference(required=True, metadata={"description": "The same as that of its capture."})
    feed = fields.Nested(FeedRef, required=True)
    title = fields.String(
        required=True, allow_none=True, metadata={"description": "The title in the feed. Null once it was redacted."}
    )
    published_at = Moment(required=True, allow_none=True, metadata={"description": "The time in the feed."})
    state = Choice(ItemState, required=True)
    article_id = Reference(required=True, allow_none=True, metadata={"description": "The article made of it."})
    capture = fields.Nested(CaptureListed, required=True)


class DismissalIn(In):
    """Why an item is dismissed, if you want to say so."""

    reason = Text(1000, load_default=None, allow_none=True)
