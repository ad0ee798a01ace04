"""Sources, in and out."""

from typing import Any

from marshmallow import fields, validates

from factcheck.rules.identity.judgments import Identity
from factcheck.rules.sources import SourceKind
from factcheck.schemas.base import Choice, In, Moment, Out, Reference, Text, Url, Whole, many
from factcheck.schemas.parts import PersonRef, refuse_repeats


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


class JudgmentIn(In):
    """Whether this source and another one are the same, and why."""

    other_id = Reference(required=True, metadata={"description": "The other source."})
    judgment = Choice(Identity, required=True)
    reason = Text(4000, required=True)
    shown_id = Reference(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "With `same`: which of the two is shown, with its name, kind and description. Without it, "
            "an earlier choice among the joined sources counts, or else the one that was added first."
        },
    )


class SourceRef(Out):
    id = Reference(required=True)
    name = fields.String(required=True)
    kind = Choice(SourceKind, required=True)


class JudgmentOut(Out):
    """A judgment on two sources. Each is named as it was added, also where it is shown as another one."""

    log_index = Whole(0, required=True)
    source = fields.Nested(SourceRef, required=True)
    other = fields.Nested(SourceRef, required=True)
    judgment = Choice(Identity, required=True)
    shown_id = Reference(
        required=True, allow_none=True, metadata={"description": "Which of the two it chooses to be shown."}
    )
    counts = fields.Boolean(
        required=True, metadata={"description": "Whether it is the newest judgment between the two."}
    )
    reason = fields.String(required=True, allow_none=True)
    judged_by = fields.Nested(PersonRef, required=True)
    judged_at = Moment(required=True)


class SourceLinks(Out):
    self = fields.String(required=True)
    claims = fields.String(required=True)
    judgments = fields.String(required=True)


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
