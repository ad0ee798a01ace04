"""Sources that may be the same as one, out."""

from marshmallow import fields

from factcheck.rules.names.comparing import Reason
from factcheck.rules.names.sources import DOUBTFUL
from factcheck.schemas.audit import DerivedOut
from factcheck.schemas.base import Choice, Out
from factcheck.schemas.sources import SourceOut


class CandidateOut(Out):
    """A source that may be the same. Nobody has said so: a person decides."""

    source = fields.Nested(SourceOut, required=True)
    score = fields.Float(
        required=True,
        metadata={"description": "How alike the two are by their names and identifiers.", "minimum": 0, "maximum": 1},
    )
    because = fields.List(
        Choice(Reason),
        required=True,
        metadata={
            "description": "Why: the way in which the names that are most alike differ. With `other_kind`, one is a"
            " person and the other is not."
        },
    )


class SourcePairOut(Out):
    """Two sources that may be one, and that nobody has judged."""

    sources = fields.List(
        fields.Nested(SourceOut),
        required=True,
        metadata={"description": "The two sources, the one that was added first as the first."},
    )
    score = fields.Float(
        required=True,
        metadata={
            "description": "How alike the two are by their names and identifiers.",
            "minimum": DOUBTFUL,
            "maximum": 1,
        },
    )
    because = fields.List(Choice(Reason), required=True, metadata={"description": "Why, as for candidates."})


class CandidatesOut(DerivedOut):
    items = fields.List(
        fields.Nested(CandidateOut), required=True, metadata={"description": "At most 20, the best first."}
    )


class SourceAdded(SourceOut):
    """A new source, and the sources that may be the same."""

    similar = fields.List(
        fields.Nested(CandidateOut),
        required=True,
        allow_none=True,
        metadata={
            "description": "At most 5, the best first. Null while the search index is unavailable or far behind."
            " Not part of the resource and of its ETag."
        },
    )
