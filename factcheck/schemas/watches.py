"""Watches of articles, in and out."""

from typing import Any

from marshmallow import ValidationError, fields

from factcheck.messages import message
from factcheck.rules import durations
from factcheck.rules.web.fetches import Failure
from factcheck.rules.web.watching import LEAST, MOST, Unwatched
from factcheck.schemas.base import In, Instant, Moment, Out, Reference, Whole
from factcheck.schemas.parts import PersonRef

ERRORS = ", ".join(f"`{each}`" for each in (*Failure, *Unwatched))


class Interval(fields.String):
    """A duration between the least and the most that a page is watched with. It is loaded as a timedelta."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            found = durations.read(text)
        except ValueError as error:
            raise ValidationError(error.args[0]) from None
        if not LEAST <= found <= MOST:
            raise ValidationError(
                message(
                    "Must be at least {least} and at most {most}.",
                    least=durations.written(LEAST),
                    most=durations.written(MOST),
                )
            )
        return found


class WatchIn(In):
    """How to watch an article."""

    every = Interval(
        required=True,
        metadata={
            "format": "duration",
            "description": "An ISO 8601 duration without months and years, such as PT6H. At least PT1H.",
        },
    )
    until = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "When watching ends: an instant, or a day, which is taken as its start in UTC."},
    )


class WatchLinks(Out):
    self = fields.String(required=True)
    article = fields.String(required=True)


class WatchOut(Out):
    """The watch of an article, and what became of its last check."""

    article_id = Reference(required=True)
    every = fields.String(required=True, metadata={"description": "An ISO 8601 duration, such as PT6H."})
    until = Moment(required=True, allow_none=True, metadata={"description": "Null to watch until it is removed."})
    set_by = fields.Nested(PersonRef, required=True)
    set_at = Moment(required=True)
    last_checked_at = Moment(required=True, allow_none=True)
    last_changed_at = Moment(
        required=True, allow_none=True, metadata={"description": "When watching last found another text."}
    )
    next_at = Moment(required=True, allow_none=True, metadata={"description": "Null if no check follows."})
    error = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": f"Why the last check failed: {ERRORS}, or `http_` with the status."},
    )
    failures = Whole(0, required=True, metadata={"description": "How many checks in a row have failed."})
    links = fields.Nested(WatchLinks, required=True)
