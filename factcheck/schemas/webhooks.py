"""Webhooks, in and out."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates

from factcheck.rules.status import Status
from factcheck.rules.webhooks import EVENTS, TEST, Disabled
from factcheck.schemas.base import Choice, Flag, In, Moment, Out, Reference, Text, Whole, many
from factcheck.schemas.claims import refuse_what_is_no_tag
from factcheck.schemas.parts import PersonRef, refuse_repeats
from factcheck.schemas.revisions import SubjectRef

KINDS = sorted({event.partition(".")[0] for event in EVENTS})
_SECRET = "The secret, `whsec_…`: in the answer that makes it alone, null in all others."  # noqa: S105


def _event() -> fields.String:
    choices = [*EVENTS, *(f"{kind}.*" for kind in KINDS)]
    return fields.String(validate=validate.OneOf(choices, error="There is no such event; see `events` in the API."))


def _told(description: str) -> dict[str, Any]:
    return {"description": f"{description} Empty: all.", "uniqueItems": True}


class WebhookIn(In):
    """Where to send what. Every filter that is not empty must let an entry pass."""

    url = Text(2000, required=True, metadata={"format": "uri", "description": "https://, in ASCII."})
    description = Text(500, load_default=None, allow_none=True)
    events = many(_event(), 50, metadata=_told("Types of events, or `claim.*` and the like."))
    statuses = many(Choice(Status), len(Status), metadata=_told("A claim's status on content after the entry."))
    attribution_statuses = many(Choice(Status), len(Status), metadata=_told("Likewise, on who said it."))
    articles = many(Reference(), 50, metadata=_told("The article, or the article that a claim is from."))
    tags = many(Text(100), 50, metadata=_told("Tags of the claim, now or before the entry."))
    sources = many(Reference(), 50, metadata=_told("The source, or one in a claim's chain."))
    enabled = Flag(load_default=True, metadata={"description": "Whether it is sent anything."})

    @validates("events", "statuses", "attribution_statuses", "articles", "tags", "sources")
    def _repeats(self, value: list[str], **_: Any) -> None:
        refuse_repeats(value)

    @validates("tags")
    def _tags(self, value: list[str], **_: Any) -> None:
        refuse_what_is_no_tag(value)  # no claim has another

    @validates("url")
    def _visible(self, value: str, **_: Any) -> None:
        if not re.fullmatch(r"https?://[!-~]+", value):
            raise ValidationError("Must be an address that begins with https:// in visible ASCII.")


class DisabledOut(Out):
    at = Moment(required=True)
    reason = Choice(Disabled, required=True)


class WebhookLinks(Out):
    self = fields.String(required=True)
    state = fields.String(required=True)
    deliveries = fields.String(required=True)


class WebhookOut(Out):
    id = Reference(required=True)
    owner = fields.Nested(PersonRef, required=True, metadata={"description": "As who it sees the desk."})
    url = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    events = fields.List(fields.String(), required=True)
    statuses = fields.List(fields.String(), required=True)
    attribution_statuses = fields.List(fields.String(), required=True)
    articles = fields.List(fields.String(), required=True)
    tags = fields.List(fields.String(), required=True)
    sources = fields.List(fields.String(), required=True)
    enabled = fields.Boolean(required=True)
    disabled = fields.Nested(DisabledOut, required=True, allow_none=True)
    secret = fields.String(required=True, allow_none=True, metadata={"description": _SECRET})
    secret_changed_at = Moment(
        required=True, allow_none=True, metadata={"description": "The secret before it signs too, for 24 hours."}
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    blind = fields.Boolean(
        required=True,
        metadata={
            "description": "It filters by status, or did, and a verdict is hidden from you: so are its attempts, and"
            " whether it failed."
        },
    )
    links = fields.Nested(WebhookLinks, required=True)


class WebhookStateOut(Out):
    """How far it has come. With `blind`, all but `disabled` is null."""

    position = Whole(
        -1, required=True, allow_none=True, metadata={"description": "The log index up to which all was looked at."}
    )
    behind = Whole(
        0, required=True, allow_none=True, metadata={"description": "Entries of the log that were not looked at yet."}
    )
    waiting = Whole(
        0, required=True, allow_none=True, metadata={"description": "Messages that failed and will be sent again."}
    )
    disabled = fields.Nested(
        DisabledOut, required=True, allow_none=True, metadata={"description": "Why nothing is sent. Null: it is on."}
    )
    failing_since = Moment(required=True, allow_none=True)
    resume_at = Moment(
        required=True, allow_none=True, metadata={"description": "Nothing is sent before: the receiver fails."}
    )
    last_success_at = Moment(required=True, allow_none=True)
    blind = fields.Boolean(required=True, metadata={"description": "As in the webhook."})


class DeliveryOut(Out):
    """One attempt to send one message; or why the webhook was turned off, where nothing was sent."""

    number = Whole(
        1, required=True, allow_none=True, metadata={"description": "Counts them. Null where the webhook is `blind`."}
    )
    message_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The header `webhook-id`. Null: nothing was sent."}
    )
    log_index = Whole(
        0, required=True, allow_none=True, metadata={"description": "Null for a test, and where nothing was sent."}
    )
    attempt = Whole(
        0, required=True, metadata={"description": "Counts the attempts to send this message. 0: nothing was sent."}
    )
    at = Moment(required=True)
    milliseconds = Whole(0, required=True)
    status = Whole(required=True, allow_none=True, metadata={"description": "Of the answer; null: there was none."})
    error = fields.String(required=True, allow_none=True)
    succeeded = fields.Boolean(required=True)
    given_up = fields.Boolean(required=True, metadata={"description": "It is not sent again."})


class StatusesOut(Out):
    content = Choice(Status, required=True)
    attribution = Choice(Status, required=True)


class EventLinks(Out):
    subject = fields.String(required=True, allow_none=True)
    change = fields.String(required=True, metadata={"description": "The entry in `/v1/changes`."})


class EventData(Out):
    log_index = Whole(0, required=True)
    subject = fields.Nested(SubjectRef, required=True)
    number = Whole(1, required=True, metadata={"description": "Counts the changes of this thing."})
    action = fields.String(required=True)
    status = fields.Nested(
        StatusesOut, required=True, allow_none=True, metadata={"description": "A claim's after the entry."}
    )
    redacted = fields.Boolean(required=True)
    blind = fields.Boolean(required=True, metadata={"description": "It tells of a verdict hidden from its owner."})
    links = fields.Nested(EventLinks, required=True)


class EventOut(Out):
    """The body of a webhook's request."""

    type = fields.String(required=True, validate=validate.OneOf([*EVENTS, TEST]))
    timestamp = Moment(required=True, allow_none=True, metadata={"description": "Null with `blind` alone."})
    data = fields.Nested(EventData, required=True, metadata={"description": "A test has `webhook_id` alone."})
