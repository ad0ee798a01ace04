"""Second opinions and their agreement, in and out."""

from marshmallow import fields

from factcheck.rules.opinions import Outcome
from factcheck.rules.status import Question, Status
from factcheck.schemas.base import Choice, In, Moment, Out, Reference, Text, Whole
from factcheck.schemas.parts import PersonRef


class SecondOpinionIn(In):
    """A request to decide a question once more without seeing the verdict."""

    question = Choice(Question, load_default=Question.CONTENT.value)
    reviewer_id = Reference(
        load_default=None, allow_none=True, metadata={"description": "The reviewer. Null: any eligible reviewer."}
    )
    note = Text(
        4000,
        load_default=None,
        allow_none=True,
        metadata={"description": "Why you ask. The reviewer sees the note only afterwards."},
    )


class SecondOpinionRef(Out):
    """A second opinion that is open. With `blind`, you are to give it, and the verdict is hidden from you."""

    id = Reference(required=True)
    question = Choice(Question, required=True)
    asked_at = Moment(required=True)
    blind = fields.Boolean(required=True)


class SecondOpinionOut(Out):
    id = Reference(required=True)
    claim_id = Reference(required=True)
    question = Choice(Question, required=True)
    asked_by = fields.Nested(
        PersonRef,
        required=True,
        allow_none=True,
        metadata={
            "description": "The first reviewer, if a policy asked. Null while you have to give the second opinion."
        },
    )
    asked_at = Moment(required=True)
    by_policy = fields.Boolean(required=True)
    note = fields.String(required=True, allow_none=True, metadata={"description": "Also null without a token."})
    reviewer = fields.Nested(PersonRef, required=True, allow_none=True, metadata={"description": "The reviewer."})
    outcome = Choice(Outcome, required=True, allow_none=True, metadata={"description": "Null while it is open."})
    closed_at = Moment(required=True, allow_none=True)
    first_review_id = Reference(required=True, allow_none=True)
    first_status = Choice(Status, required=True, allow_none=True)
    second_review_id = Reference(required=True, allow_none=True)
    second_status = Choice(Status, required=True, allow_none=True)
    log_index = Whole(0, required=True)
    blind = fields.Boolean(required=True, metadata={"description": "Whether you have to give it."})


class PairOut(Out):
    first = Choice(Status, required=True)
    second = Choice(Status, required=True)
    count = Whole(0, required=True)


class SumOut(Out):
    status = Choice(Status, required=True)
    first = Whole(0, required=True)
    second = Whole(0, required=True)


class AgreedOut(Out):
    """How far second opinions agree with first ones. Null where there is nothing to divide by."""

    n = Whole(0, required=True, metadata={"description": "The number of second opinions that were given."})
    agreed = Whole(0, required=True)
    disagreed = Whole(0, required=True)
    observed_agreement = fields.Float(required=True, allow_none=True)
    expected_agreement = fields.Float(
        required=True, allow_none=True, metadata={"description": "The agreement expected by chance."}
    )
    kappa = fields.Float(required=True, allow_none=True, metadata={"description": "Cohen's kappa."})
    kappa_undefined = fields.String(required=True, allow_none=True, metadata={"description": "Why there is no kappa."})
    matrix = fields.List(fields.Nested(PairOut), required=True)
    sums = fields.List(fields.Nested(SumOut), required=True)


class AgreementOut(AgreedOut):
    """How far second opinions on a question agree with first ones. Null where there is nothing to divide by."""

    question = Choice(Question, required=True)
    since = Moment(data_key="from", required=True, allow_none=True)
    until = Moment(data_key="to", required=True, allow_none=True)
