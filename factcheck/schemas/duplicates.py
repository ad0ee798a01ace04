"""Claims that are likely the same, out."""

from marshmallow import fields

from factcheck.rules.matching.strict import LIKELY
from factcheck.rules.status import Status
from factcheck.schemas.base import Choice, Out, Reference, Whole
from factcheck.schemas.claims import ArticleRef


class DuplicateClaimOut(Out):
    """One of two claims."""

    id = Reference(required=True)
    text = fields.String(required=True)
    status = Choice(Status, required=True)
    article = fields.Nested(ArticleRef, required=True)
    links = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class DuplicateOut(Out):
    """Two active claims that are likely the same."""

    claims = fields.List(
        fields.Nested(DuplicateClaimOut),
        required=True,
        metadata={"description": "The two claims, the one that was added first as the first."},
    )
    score = fields.Float(
        required=True,
        metadata={
            "description": "How alike the two are; 1 for the same words. Says nothing of a verdict.",
            "minimum": LIKELY,
            "maximum": 1,
        },
    )
    log_index = Whole(0, required=True, metadata={"description": "The log entry at which the pair was found."})
