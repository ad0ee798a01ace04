"""Webhooks, in and out."""

import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates

from factcheck.messages import message
from factcheck.rules.status import Status
from factcheck.rules.webhooks import EARLIER, EVENTS, TEST, Disabled
from factcheck.schemas.base import Choice, Flag, In, Moment, Out, Reference, Text, Whole, many
from factcheck.schemas.claims import refuse_what_is_no_tag
from factcheck.schemas.library_words import NO_EVENT
from factcheck.schemas.parts import PersonRef, refuse_repeats
from factcheck.schemas.revisions import SubjectRef

KINDS = sorted({event.partition(".")[0] for event in EVENTS})
_SECRET = "The secret, `whsec_…`. Only the response that creates it has it; otherwise null."  # noqa: S105


def _event() -> fields.String:
    choices = [*EVENTS, *EARLIER, *(f"{kind}.*" for kind in KINDS)]
    return fields.String(validate=validate.OneOf(choices, error=NO_EVENT))


def _told(description: str) -> dict[str, Any]:
    return {"description": f"{description} Empty for all.", "uniqueItems": True}


class WebhookIn(In):
    """Where to send what. Every filter that is not empty must let an entry pass."""

    url = Text(2000, required=True, metadata={"format": "uri", "description": "https://, in ASCII."})
    description = Text(500, load_default=None, allow_none=True)
    events = many(_event(), 50, metadata=_told("Types of events, or `claim.*` and the like."))
    statuses = many(Choice(Status), len(Status), metadata=_told("The claim's verdict status after the entry."))
    attribution_statuses = many(
        Choice(Status), len(Status), metadata=_told("The status of the claim's attribution check.")
    )
    articles = many(Reference(), 50, metadata=_told("Ids of articles: the article, or that of the claim."))
    tags = many(Text(100), 50, metadata=_told("Tags of the claim, now or before the entry."))
    sources = many(
        Reference(), 50, metadata=_told("Ids of sources: the source, or one of a claim's attribution steps.")
    )
    enabled = Flag(load_default=True, metadata={"description": "Whether messages are sent to it."})

    @validates("events", "statuses", "attribution_statuses", "articles", "tags", "sources")
    def _repeats(self, value: list[str], **_: Any) -> None:
        refuse_repeats(value)

    @validates("tags")
    def _tags(self, value: list[str], **_: Any) -> None:
        refuse_what_is_no_tag(value)  # no claim has another

    @validates("url")
    def _visible(self, value: str, **_: Any) -> None:
        if not re.fullmatch(r"https?://[!-~]+", value):
            raise ValidationError(message("Must be a URL that begins with https:// in visible ASCII."))


class DisabledOut(Out):
    at = Moment(required=True)
    reason = Choice(Disabled, required=True)


class WebhookLinks(Out):
    self = fields.String(required=True)
    state = fields.String(required=True)
    deliveries = fields.String(required=True)


class WebhookOut(Out):
    id = Reference(required=True)
    owner = fields.Nested(PersonRef, required=True, metadata={"description": "The person whose rights it has."})
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
        required=True,
        allow_none=True,
        metadata={"description": "The previous secret also signs for 24 hours after this time."},
    )
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    blind = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether its attempts and failures are hidden from you, because it filters or filtered by"
            " status and a verdict is hidden from you."
        },
    )
    links = fields.Nested(WebhookLinks, required=True)


class WebhookStateOut(Out):
    """How far it has come. With `blind`, all but `disabled` is null."""

    position = Whole(
        -1,
        required=True,
        allow_none=True,
        metadata={"description": "The log index up to which entries were processed."},
    )
    behind = Whole(
        0,
        required=True,
        allow_none=True,
        metadata={"description": "The number of log entries that were not processed yet."},
    )
    waiting = Whole(
        0,
        required=True,
        allow_none=True,
        metadata={"description": "The number of messages that failed and will be sent again."},
    )
    disabled = fields.Nested(
        DisabledOut, required=True, allow_none=True, metadata={"description": "Why it is off. Null if it is on."}
    )
    failing_since = Moment(required=True, allow_none=True)
    resume_at = Moment(
        required=True,
        allow_none=True,
        metadata={"description": "The time of the next attempt, while the receiver fails."},
    )
    last_success_at = Moment(required=True, allow_none=True)
    blind = fields.Boolean(required=True, metadata={"description": "As in the webhook."})


class DeliveryOut(Out):
    """One attempt to send one message; or why the webhook was turned off, where nothing was sent."""

    number = Whole(
        1,
        required=True,
        allow_none=True,
        metadata={"description": "The number of attempts. Null if the webhook is `blind`."},
    )
    message_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The header `webhook-id`. Null if nothing was sent."}
    )
    log_index = Whole(
        0, required=True, allow_none=True, metadata={"description": "Null for a test, and if nothing was sent."}
    )
    attempt = Whole(
        0,
        required=True,
        metadata={"description": "The number of this attempt to send the message. 0 if nothing was sent."},
    )
    at = Moment(required=True)
    milliseconds = Whole(0, required=True)
    status = Whole(
        required=True,
        allow_none=True,
        metadata={"description": "The status of the response, or null if there was none."},
    )
    error = fields.String(required=True, allow_none=True)
    succeeded = fields.Boolean(required=True)
    given_up = fields.Boolean(required=True, metadata={"description": "Whether the message is not sent again."})


class StatusesOut(Out):
    content = Choice(Status, required=True)
    attribution = Choice(Status, required=True)


class EventLinks(Out):
    subject = fields.String(required=True, allow_none=True)
    change = fields.String(required=True, metadata={"description": "The entry in `/v1/changes`."})


class EventData(Out):
    log_index = Whole(0, required=True)
    subject = fields.Nested(SubjectRef, required=True)
    number = Whole(1, required=True, metadata={"description": "The number of this change of the thing, from 1."})
    action = fields.String(required=True)
    status = fields.Nested(
        StatusesOut, required=True, allow_none=True, metadata={"description": "The claim's statuses after the entry."}
    )
    redacted = fields.Boolean(required=True)
    blind = fields.Boolean(
        required=True, metadata={"description": "Whether it reveals a verdict that is hidden from the owner."}
    )
    links = fields.Nested(EventLinks, required=True)


class EventOut(Out):
    """The body of a webhook's request."""

    type = fields.String(required=True, validate=validate.OneOf([*EVENTS, TEST]))
    timestamp = Moment(required=True, allow_none=True, metadata={"description": "Null only if `blind`."})
    data = fields.Nested(EventData, required=True, metadata={"description": "A test has only `webhook_id`."})
