"""Looking for claims like a text."""

from marshmallow import fields

from factcheck.rules.matching.strict import DIFFERENCES
from factcheck.schemas.base import In, Out, Text, Whole
from factcheck.schemas.claims import ClaimOut


class MatchIn(In):
    """A text that may have been checked before."""

    text = Text(5000, required=True)
    limit = Whole(1, 50, load_default=10, metadata={"description": "The maximum number of claims."})


class MatchOut(Out):
    """A claim that stands, and how likely it says the same."""

    claim = fields.Nested(ClaimOut, required=True)
    score = fields.Float(
        required=True,
        metadata={"description": "The similarity, from 0 to 1.", "minimum": 0, "maximum": 1},
    )
    differs = fields.List(
        fields.String(),
        required=True,
        metadata={"description": f"Where the two contradict each other: any of {', '.join(DIFFERENCES)}."},
    )


class MatchesOut(Out):
    items = fields.List(fields.Nested(MatchOut), required=True, metadata={"description": "Most similar first."})
    threshold = fields.Float(
        required=True,
        metadata={"description": "From this score on, the claim is probably the same; below it, probably new."},
    )
