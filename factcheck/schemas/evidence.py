"""Evidence and occurrences of claims, in and out."""

from typing import Any

from marshmallow import ValidationError, fields, validates, validates_schema

from factcheck.messages import message
from factcheck.rules.status import Stance
from factcheck.rules.web.occurrences import TIMECODE, TIMECODE_LENGTH, TIMED, OccurrenceKind
from factcheck.schemas.base import Choice, Day, Flag, In, Moment, Out, Reference, Text, Url
from factcheck.schemas.parts import PersonRef
from factcheck.schemas.sources import SourceRef


class EvidenceIn(In):
    """Something outside the claim that supports it, refutes it or gives context to it."""

    stance = Choice(Stance, required=True)
    url = Url(load_default=None, allow_none=True)
    title = Text(1000, load_default=None, allow_none=True)
    source_id = Reference(load_default=None, allow_none=True, metadata={"description": "The publisher."})
    origin_id = Reference(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The original source, such as a wire or a document, if the publisher only passes on what it"
            " said."
        },
    )
    excerpt = Text(10_000, load_default=None, allow_none=True)
    archived_url = Url(load_default=None, allow_none=True)
    note = Text(4000, load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if data["url"] is None and data["title"] is None and data["excerpt"] is None:
            raise ValidationError({"url": [message("Evidence has a url, a title or an excerpt.")]})


class CitedEvidenceIn(EvidenceIn):
    """Evidence, and the copy that the desk has or makes of its page."""

    capture = Flag(
        load_default=False,
        metadata={
            "description": "Capture the page of `url` now. If that fails, the response is 422 as of POST /v1/captures,"
            " and no evidence is added."
        },
    )
    capture_id = Reference(
        load_default=None, allow_none=True, metadata={"description": "A capture of the page of `url`, made before."}
    )

    @validates_schema(skip_on_field_errors=True)
    def _of_a_page(self, data: dict[str, Any], **_: Any) -> None:
        name = "capture" if data["capture"] else "capture_id"
        if data["capture"] and data["capture_id"] is not None:
            raise ValidationError({"capture": [message("Send one of capture and capture_id.")]})
        if data[name] and data["url"] is None:
            raise ValidationError({name: [message("Needs a url.")]})


class CaptureOfEvidenceIn(In):
    """The copy of its page that a piece of evidence gets: a capture that is there, or a new one."""

    capture_id = Reference(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "A capture of the page of the evidence's `url`, made before. Without it, the desk captures"
            " the page now."
        },
    )


class CaptureRef(Out):
    id = Reference(required=True)
    sha256 = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The SHA-256 of the page. Null once the capture was redacted."},
    )
    fetched_at = Moment(required=True)
    origin = fields.String(
        metadata={
            "description": "`browser` if a person handed the page over from their browser. Absent if the desk"
            " fetched it."
        }
    )


class Unreachable(Out):
    error = fields.String(
        required=True,
        metadata={"description": "Why the page did not answer: a `reason` of POST /v1/captures, such as `http_404`."},
    )
    since = Moment(required=True, metadata={"description": "When a check found it first."})


class EvidenceOut(Out):
    id = Reference(required=True)
    stance = Choice(Stance, required=True)
    url = fields.String(required=True, allow_none=True)
    title = fields.String(required=True, allow_none=True)
    source = fields.Nested(SourceRef, required=True, allow_none=True)
    origin = fields.Nested(SourceRef, required=True, allow_none=True)
    excerpt = fields.String(required=True, allow_none=True)
    archived_url = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    added_by = fields.Nested(PersonRef, required=True)
    added_at = Moment(required=True)
    capture = fields.Nested(
        CaptureRef, metadata={"description": "The copy of its page that the desk has. Absent if there is none."}
    )
    unreachable = fields.Nested(
        Unreachable, metadata={"description": "That its page does not answer. Absent unless a check found that."}
    )


class EvidenceListed(EvidenceOut):
    """Evidence with what became of it: withdrawn pieces stay in the list."""

    claim_id = Reference(required=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    withdrawn_by = fields.Nested(PersonRef, required=True, allow_none=True)
    withdrawn_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Also null without a token."}
    )


class OccurrenceIn(In):
    """One more place where somebody said it: a post, a speech, a broadcast, a video, an image, another article."""

    url = Url(load_default=None, allow_none=True)
    kind = Choice(OccurrenceKind, required=True)
    said_on = Day(load_default=None, allow_none=True)
    place = Text(
        500,
        load_default=None,
        allow_none=True,
        metadata={"description": "Where it was said, such as a city, an event or a station."},
    )
    account = Text(
        200,
        load_default=None,
        allow_none=True,
        metadata={"description": "Who posted it, such as @name@example.social."},
    )
    timecode = Text(
        TIMECODE_LENGTH,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Where in a video or a broadcast it begins: hours, minutes and seconds from the beginning,"
            " each with two digits, such as 00:12:34.",
            "pattern": f"^{TIMECODE.pattern}$",
        },
    )

    @validates("timecode")
    def _timecode(self, value: str | None, **_: Any) -> None:
        if value is not None and not TIMECODE.fullmatch(value):
            raise ValidationError(message("Must be hours, minutes and seconds with two digits each, such as 00:12:34."))

    @validates_schema(skip_on_field_errors=True)
    def _somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if all(data[name] is None for name in ("url", "place", "account", "said_on")):
            raise ValidationError({"url": [message("An occurrence has a url, a place, an account or a said_on.")]})
        if data["timecode"] is not None and data["kind"] not in TIMED:
            raise ValidationError({"timecode": [message("Only a video or a broadcast has a timecode.")]})


class CitedOccurrenceIn(OccurrenceIn):
    """An occurrence, and the copy that the desk has of its page."""

    capture_id = Reference(
        load_default=None, allow_none=True, metadata={"description": "A capture of the page of `url`, made before."}
    )

    @validates_schema(skip_on_field_errors=True)
    def _of_a_page(self, data: dict[str, Any], **_: Any) -> None:
        if data["capture_id"] is not None and data["url"] is None:
            raise ValidationError({"capture_id": [message("Needs a url.")]})


class OccurrenceOut(Out):
    id = Reference(required=True)
    url = fields.String(required=True, allow_none=True)
    kind = Choice(OccurrenceKind, required=True)
    said_on = Day(required=True, allow_none=True)
    place = fields.String(required=True, allow_none=True)
    account = fields.String(required=True, allow_none=True)
    capture_id = Reference(
        required=True, allow_none=True, metadata={"description": "The copy of its page that the desk has."}
    )
    timecode = fields.String(required=True, allow_none=True)


class OccurrenceListed(OccurrenceOut):
    """An occurrence with what became of it: withdrawn ones stay in the list."""

    claim_id = Reference(required=True)
    added_by = fields.Nested(PersonRef, required=True)
    added_at = Moment(required=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    withdrawn_by = fields.Nested(PersonRef, required=True, allow_none=True)
    withdrawn_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Also null without a token."}
    )
