"""The words for the values of the vocabularies, out."""

from marshmallow import fields

from factcheck.schemas.base import Out


class LabelsOut(Out):
    language = fields.String(required=True, metadata={"description": "The language of the labels, as a tag."})
    languages = fields.List(
        fields.String(), required=True, metadata={"description": "The languages that the desk has, as tags, in order."}
    )
    labels = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.String()),
        required=True,
        metadata={"description": "By vocabulary, such as `statuses`: the label of each value."},
    )
