"""Looking for claims like a text."""

from marshmallow import fields

from factcheck.rules.matching.ranking import ModelUse
from factcheck.rules.matching.strict import DIFFERENCES
from factcheck.schemas.audit import DerivedOut
from factcheck.schemas.base import Choice, In, Language, Out, Text, Whole
from factcheck.schemas.claims import ClaimOut


class MatchIn(In):
    """A text that may have been checked before."""

    text = Text(5000, required=True)
    language = Language()
    limit = Whole(1, 50, load_default=10, metadata={"description": "The maximum number of claims."})


class MatchOut(Out):
    """An active claim, how likely it says the same, and why."""

    claim = fields.Nested(ClaimOut, required=True)
    score = fields.Float(
        required=True,
        metadata={
            "description": "The calibrated chance, from 0 to 1, that both say the same.",
            "minimum": 0,
            "maximum": 1,
        },
    )
    differs = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Where the two contradict each other, which does not change the order: any of "
            + ", ".join(DIFFERENCES)
        },
    )
    found_by = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "How it was found: any of words, letters."},
    )
    shared = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Words of the text that the claim or its article's title has too, the rarest first."},
    )


class MatchesOut(DerivedOut):
    items = fields.List(fields.Nested(MatchOut), required=True, metadata={"description": "Most similar first."})
    threshold = fields.Float(
        required=True,
        metadata={"description": "From this score on, the claim is probably the same; below it, probably new."},
    )
    model = Choice(
        ModelUse,
        metadata={
            "description": "Whether the desk's sentence model was used; if it is unavailable, the order and the scores"
            " follow from words alone. Absent if the desk has no model, or if no claim shares a word with the text."
        },
    )
