"""Sources, in and out."""

from typing import Any

from marshmallow import fields, validates

from factcheck.rules.sources import SourceKind
from factcheck.schemas.base import Choice, In, Out, Reference, Text, Url, Whole, many
from factcheck.schemas.parts import refuse_repeats


class SourceIn(In):
    """People, organizations, documents and outlets that can say something."""

    name = Text(300, required=True)
    kind = Choice(SourceKind, required=True)
    description = Text(5000, load_default=None, allow_none=True)
    aliases = many(
        Text(300), 100, metadata={"description": "Other names, such as other spellings.", "uniqueItems": True}
    )
    same_as = many(
        Url(),
        20,
        metadata={"description": "URLs of the same source elsewhere, such as Wikidata.", "uniqueItems": True},
    )
    external_id = Text(
        200, load_default=None, allow_none=True, metadata={"description": "Your own id, which must be unique."}
    )

    @validates("aliases")
    def _aliases(self, value: list[str], **_: Any) -> None:
        refuse_repeats(value)

    @validates("same_as")
    def _same_as(self, value: list[str], **_: Any) -> None:
        refuse_repeats(value)


class MergeIn(In):
    """The source that this one is merged into, and why."""

    into = Reference(required=True)
    reason = Text(4000, required=True)


class SourceRef(Out):
    id = Reference(required=True)
    name = fields.String(required=True)
    kind = Choice(SourceKind, required=True)


class SourceLinks(Out):
    self = fields.String(required=True)
    claims = fields.String(required=True)


class SourceOut(Out):
    id = Reference(required=True)
    external_id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    kind = Choice(SourceKind, required=True)
    description = fields.String(required=True, allow_none=True)
    aliases = fields.List(fields.String(), required=True)
    same_as = fields.List(fields.String(), required=True)
    redacted = fields.Boolean(
        required=True, metadata={"description": "Whether its names and all that describes it were removed."}
    )
    revision = Whole(1, required=True)
    created_at = fields.String(required=True, metadata={"format": "date-time"})
    updated_at = fields.String(required=True, metadata={"format": "date-time"})
    links = fields.Nested(SourceLinks, required=True)
