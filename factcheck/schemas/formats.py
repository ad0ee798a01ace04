"""A claim's formats, out."""

from marshmallow import fields

from factcheck.schemas.base import Out, Reference, Whole


class LossOut(Out):
    field = fields.String(
        required=True, metadata={"description": "A path in the claim's JSON. It includes everything below it."}
    )
    why = fields.String(required=True)


class FormatOut(Out):
    name = fields.String(required=True)
    title = fields.String(required=True)
    type = fields.String(required=True, metadata={"description": "Its media type, for the header Accept."})
    href = fields.String(
        required=True, metadata={"description": "The claim's URL in this format. For lists, the claim is a row."}
    )
    missing = fields.String(
        required=True, allow_none=True, metadata={"description": "Why this claim is not available in this format now."}
    )
    losses = fields.List(fields.Nested(LossOut), required=True)


class FormatsOut(Out):
    """A claim's formats, with what of this claim each does not carry."""

    claim_id = Reference(required=True)
    ratings_version = Whole(1, required=True, metadata={"description": "The version of the table of ratings."})
    formats = fields.List(fields.Nested(FormatOut), required=True)
