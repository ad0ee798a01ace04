"""Articles and snapshots, in and out."""

from typing import Any

from marshmallow import ValidationError, fields, missing, validates_schema

from factcheck.messages import message
from factcheck.rules.media.kinds import ArticleKind
from factcheck.schemas.base import Choice, Day, In, Language, Moment, Out, Reference, Text, Url, Whole
from factcheck.schemas.parts import RedactionIn
from factcheck.schemas.sources import SourceRef

KIND = "What the text is of: an `article`, or a `speech`, `post`, `video` or `image`. Then the text is the transcript,"
KIND += " the caption or a description."


class ArticleIn(In):
    """A published text, or the words of a speech, a post, a video or an image."""

    kind = Choice(ArticleKind, load_default=str(ArticleKind.ARTICLE), metadata={"description": KIND})
    title = Text(1000, required=True)
    text = Text(1_000_000, required=True, metadata={"description": "The whole text, stored exactly as sent."})
    url = Url(load_default=None, allow_none=True)
    outlet_id = Reference(load_default=None, allow_none=True, metadata={"description": "The source that published it."})
    author = Text(500, load_default=None, allow_none=True)
    published_on = Day(load_default=None, allow_none=True)
    language = Language()
    external_id = Text(
        200, load_default=None, allow_none=True, metadata={"description": "Your own id, which must be unique."}
    )


class NewArticleIn(ArticleIn):
    """A published text, or a capture to take it from. Fields that are given win over what was extracted."""

    title = Text(1000, metadata={"description": "Required without `capture_id`, or if no title was extracted."})
    text = Text(1_000_000, metadata={"description": "The whole text, stored exactly as sent. Or give `capture_id`."})
    url = Url(allow_none=True)
    outlet_id = Reference(allow_none=True, metadata={"description": "The source that published it."})
    author = Text(500, allow_none=True)
    published_on = Day(allow_none=True)
    language = Language(load_default=missing)
    capture_id = Reference(allow_none=True, load_default=None, metadata={"description": "A capture of the page."})

    @validates_schema(skip_on_field_errors=True)
    def _something(self, data: dict[str, Any], **_: Any) -> None:
        if data["capture_id"] is None:
            absent = [name for name in ("title", "text") if name not in data]
            if absent:
                raise ValidationError({name: ["Missing data for required field."] for name in absent})


class ArticleLinks(Out):
    self = fields.String(required=True)
    snapshots = fields.String(required=True)
    claims = fields.String(required=True)


class ArticleListed(Out):
    id = Reference(required=True)
    external_id = fields.String(required=True, allow_none=True)
    kind = Choice(ArticleKind, required=True)
    title = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    outlet_id = Reference(required=True, allow_none=True)
    author = fields.String(required=True, allow_none=True)
    published_on = Day(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    outlet = fields.Nested(SourceRef, required=True, allow_none=True)
    redacted = fields.Boolean(required=True, metadata={"description": "Whether words of its texts were blacked out."})
    revision = Whole(1, required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    links = fields.Nested(ArticleLinks, required=True)


class ArticleOut(ArticleListed):
    """An article with its newest snapshot."""

    text = fields.String(required=True)
    number = Whole(1, required=True, metadata={"description": "The snapshot's number."})
    sha256 = fields.String(required=True, metadata={"description": "The SHA-256 of the text in UTF-8."})
    captured_at = Moment(required=True)


class SnapshotLinks(Out):
    self = fields.String(required=True)
    article = fields.String(required=True)


class SnapshotListed(Out):
    article_id = Reference(required=True)
    number = Whole(1, required=True)
    sha256 = fields.String(required=True)
    captured_at = Moment(required=True)
    redacted = fields.Boolean(required=True, metadata={"description": "Whether words of its text were blacked out."})
    capture_id = Reference(required=True, allow_none=True, metadata={"description": "The capture with the text."})
    corrected = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "The fields that were sent otherwise than the capture has them. Null without one."},
    )
    links = fields.Nested(SnapshotLinks, required=True)


class SnapshotOut(SnapshotListed):
    text = fields.String(required=True)


class TextRedactionIn(RedactionIn):
    """Which words of an article to black out, and why: those at [start, end) of a snapshot, or without a place all."""

    start = Whole(0, load_default=None, allow_none=True, metadata={"description": "In code points."})
    end = Whole(1, load_default=None, allow_none=True, metadata={"description": "In code points, exclusive."})
    snapshot = Whole(
        1, load_default=None, allow_none=True, metadata={"description": "The snapshot's number. By default the newest."}
    )

    @validates_schema
    def _place(self, data: dict[str, Any], **_: Any) -> None:
        if (data["start"] is None) != (data["end"] is None):
            raise ValidationError({"end": [message("Give start and end, or neither of them.")]})
        if data["start"] is None and data["snapshot"] is not None:
            raise ValidationError({"snapshot": [message("Give start and end with it, or leave it out.")]})
        if data["start"] is not None and data["start"] >= data["end"]:
            raise ValidationError({"end": [message("Must be greater than start.")]})


class SnapshotIn(In):
    """An article's newer text: as it is sent, as a capture has it, or, without either, fetched from its URL now."""

    text = Text(1_000_000, metadata={"description": "The whole text, stored exactly as sent."})
    capture_id = Reference(allow_none=True, load_default=None, metadata={"description": "A capture of the page."})


class FoundQuotes(Out):
    """How many quotes of the article's active claims are in a new snapshot in each state."""

    exact = Whole(0, required=True)
    moved = Whole(0, required=True)
    equivalent = Whole(0, required=True)
    changed = Whole(0, required=True)
    orphaned = Whole(0, required=True)


class SnapshotMade(SnapshotOut):
    quotes = fields.Nested(FoundQuotes, metadata={"description": "Absent if the newest snapshot has this text."})


class PartOut(Out):
    """A part of a snapshot's text, [start, end) in code points. It can be empty."""

    start = Whole(0, required=True)
    end = Whole(0, required=True)
    text = fields.String(required=True)


class DifferenceOut(Out):
    before = fields.Nested(PartOut, required=True)
    after = fields.Nested(PartOut, required=True)


class TouchedClaim(Out):
    id = Reference(required=True)
    text = fields.String(required=True)
    quotes = fields.List(
        fields.String(), required=True, metadata={"description": "JSON pointers into the claim, such as /quotes/0."}
    )


class DifferencesOut(Out):
    """The differences between two snapshots, word by word."""

    article_id = Reference(required=True)
    before = Whole(1, required=True, metadata={"description": "The number of one snapshot."})
    after = Whole(1, required=True, metadata={"description": "The number of the other."})
    changes = fields.List(fields.Nested(DifferenceOut), required=True)
    claims = fields.List(
        fields.Nested(TouchedClaim),
        required=True,
        metadata={"description": "The active claims with a quote where the snapshots differ."},
    )
