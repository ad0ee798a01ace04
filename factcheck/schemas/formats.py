"""A claim's formats, out."""

from marshmallow import fields

from factcheck.schemas.base import Out, Reference, Whole


class LossOut(Out):
    field = fields.String(
        required=True, metadata={"description": "A path in the claim's JSON; it stands for all that is below it."}
    )
    why = fields.String(required=True)


class FormatOut(Out):
    name = fields.String(required=True)
    title = fields.String(required=True)
    type = fields.String(required=True, metadata={"description": "Its media type, to be asked for with Accept."})
    href = fields.String(required=True, metadata={"description": "Where the claim is in it; lists have it as a row."})
    missing = fields.String(
        required=True, allow_none=True, metadata={"description": "Why this claim is not to be had in it now."}
    )
    losses = fields.List(fields.Nested(LossOut), required=True)


class FormatsOut(Out):
    """A claim's formats, with what of this claim each does not carry."""

    claim_id = Reference(required=True)
    ratings_version = Whole(1, required=True, metadata={"description": "Of the table from verdicts to words."})
    formats = fields.List(fields.Nested(FormatOut), required=True)
