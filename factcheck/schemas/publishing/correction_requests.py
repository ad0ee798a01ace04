"""Readers' requests for corrections, in and out."""

from marshmallow import fields

from factcheck.rules.publishing.correction_requests import LONGEST, LONGEST_ANSWER, RequestState
from factcheck.schemas.base import Choice, In, Moment, Out, Reference, Text, Url, Whole
from factcheck.schemas.parts import PersonRef


class CorrectionRequestIn(In):
    """What a reader wants corrected, and a page that shows it."""

    text = Text(LONGEST, required=True)
    url = Url(load_default=None, allow_none=True)


class AnswerIn(In):
    """The answer of the house, which everybody can read."""

    text = Text(LONGEST_ANSWER, required=True)


class CorrectionRequestLinks(Out):
    self = fields.String(required=True)
    about = fields.String(required=True, metadata={"description": "The report or the claim."})
    page = fields.String(required=True, metadata={"description": "Where readers see whether it is answered."})
    received = fields.String(required=True, metadata={"description": "The proof of the entry that received it."})
    proof = fields.String(required=True, metadata={"description": "The proof of its newest entry in the log."})


class CorrectionRequestOut(Out):
    """A request. Readers see its state, its times and its answer; its text is for the desk."""

    id = Reference(required=True)
    state = Choice(RequestState, required=True)
    report_id = Reference(required=True, allow_none=True)
    claim_id = Reference(required=True, allow_none=True)
    title = fields.String(required=True, metadata={"description": "The title of the report, or the text of the claim."})
    text = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    received_at = Moment(required=True)
    answer = fields.String(required=True, allow_none=True)
    answered_at = Moment(required=True, allow_none=True)
    answered_by = fields.Nested(PersonRef, required=True, allow_none=True)
    redacted = fields.Boolean(required=True, metadata={"description": "Whether its text or words of it were removed."})
    log_index = Whole(0, required=True, metadata={"description": "The place of its newest entry in the log."})
    links = fields.Nested(CorrectionRequestLinks, required=True)
