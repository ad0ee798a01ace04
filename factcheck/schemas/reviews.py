"""Reviews and relations, in and out."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from factcheck.messages import message
from factcheck.rules.sources import RelationKind
from factcheck.rules.status import Question, Status
from factcheck.schemas.base import Choice, Day, In, Moment, Out, Reference, Text, Whole, many
from factcheck.schemas.evidence import CitedEvidenceIn
from factcheck.schemas.parts import PersonRef
from factcheck.schemas.publishing.ratings import RatingNameIn, RatingRef

CAPTURES = 5  # pages that one review has the desk fetch: each may take 15 seconds


class ReviewIn(In):
    """One decision on one question about a claim."""

    question = Choice(Question, load_default=Question.CONTENT.value)
    status = Choice(Status, required=True)
    reason = Text(4000, load_default=None, allow_none=True)
    evidence = many(fields.Nested(CitedEvidenceIn), 20)
    valid_on = Day(
        load_default=None, allow_none=True, metadata={"description": "The date for which the verdict is valid."}
    )
    review_by = Day(
        load_default=None, allow_none=True, metadata={"description": "The date by which to review the verdict again."}
    )
    rating = fields.Nested(
        RatingNameIn,
        load_default=None,
        allow_none=True,
        metadata={"description": "The house's word for the verdict on the content. It has to belong to `status`."},
    )

    @validates_schema(skip_on_field_errors=True)
    def _rating(self, data: dict[str, Any], **_: Any) -> None:
        if data["rating"] is not None and data["question"] != Question.CONTENT:
            raise ValidationError({"rating": [message("Only a verdict on the content has a rating.")]})

    @validates_schema(skip_on_field_errors=True)
    def _evidence(self, data: dict[str, Any], **_: Any) -> None:
        if sum(item["capture"] for item in data["evidence"]) > CAPTURES:
            told = message("At most {most} pieces have capture: capture the other pages before.", most=CAPTURES)
            raise ValidationError({"evidence": [told]})


class ReviewOut(Out):
    id = Reference(required=True)
    claim_id = Reference(required=True)
    question = Choice(Question, required=True)
    before = Choice(Status, required=True)
    status = Choice(Status, required=True)
    reason = fields.String(required=True, allow_none=True)
    evidence_ids = fields.List(Reference(), required=True)
    valid_on = Day(required=True, allow_none=True)
    review_by = Day(required=True, allow_none=True)
    rating = fields.Nested(RatingRef, required=True, allow_none=True)
    reviewed_by = fields.Nested(PersonRef, required=True)
    reviewed_at = Moment(required=True)
    second_opinion_id = Reference(
        required=True, allow_none=True, metadata={"description": "The second opinion that this review gave."}
    )
    log_index = Whole(0, required=True)


class RelationIn(In):
    """How this claim stands to another one."""

    kind = Choice(RelationKind, required=True)
    claim_id = Reference(required=True)
    note = Text(4000, load_default=None, allow_none=True)


class RelationOut(Out):
    id = Reference(required=True)
    kind = Choice(RelationKind, required=True)
    claim_id = Reference(required=True, metadata={"description": "The other claim."})
    note = fields.String(required=True, allow_none=True)
    added_by = fields.Nested(PersonRef, required=True)
    added_at = Moment(required=True)
