"""Statistics, out."""

from marshmallow import fields

from factcheck.rules.statistics.weeks import AGES
from factcheck.rules.status import Question
from factcheck.schemas.base import Choice, Out, Whole
from factcheck.schemas.opinions import AgreedOut
from factcheck.schemas.parts import PersonRef
from factcheck.schemas.sources import SourceRef


class FiguresOut(Out):
    """What happened in a period. Times are estimates: at most 4.4 % beside the exact ones."""

    added = Whole(0, required=True, metadata={"description": "Claims that were added."})
    decided = Whole(
        0, required=True, metadata={"description": "Verdicts that a claim did not have before, without undone ones."}
    )
    first_verdicts = Whole(0, required=True, metadata={"description": "Claims that received their first verdict."})
    median_seconds = Whole(
        0,
        required=True,
        allow_none=True,
        metadata={"description": "The median time between adding a claim and its first verdict, of `first_verdicts`."},
    )
    p90_seconds = Whole(
        0, required=True, allow_none=True, metadata={"description": "The time that 90 % of them do not exceed."}
    )
    second_opinions = Whole(0, required=True, metadata={"description": "Second opinions that were given."})
    agreed = Whole(0, required=True)
    corrected = Whole(
        0, required=True, metadata={"description": "Verdicts that differ from the last verdict of their claim."}
    )
    reopened = Whole(0, required=True, metadata={"description": "Claims that lost their verdict."})


class WeekOut(FiguresOut):
    """A week of ISO 8601, in UTC."""

    week = fields.String(required=True, metadata={"example": "2026-W49"})
    monday = fields.Date(data_key="from", required=True)


class AgeOut(Out):
    age = fields.String(required=True, metadata={"enum": [age.name for age in AGES]})
    count = Whole(0, required=True)


class OpenOut(Out):
    """Active claims without a verdict, by the days since they were added, in UTC."""

    on = fields.Date(required=True)
    total = Whole(0, required=True)
    by_age = fields.List(fields.Nested(AgeOut), required=True)


class PersonFiguresOut(Out):
    """What one person did in the period."""

    person = fields.Nested(PersonRef, required=True)
    added = Whole(0, required=True)
    decided = Whole(0, required=True)
    corrected = Whole(0, required=True)
    reopened = Whole(0, required=True)
    second_opinions = Whole(0, required=True)


class StatisticsOut(Out):
    """The desk's work in some weeks."""

    question = Choice(Question, required=True)
    first = fields.Date(data_key="from", required=True, metadata={"description": "The first day: a Monday."})
    last = fields.Date(data_key="to", required=True, metadata={"description": "The last day: a Sunday."})
    tag = fields.String(required=True, allow_none=True)
    outlet = fields.Nested(SourceRef, required=True, allow_none=True)
    person = fields.Nested(PersonRef, required=True, allow_none=True)
    weeks = fields.List(fields.Nested(WeekOut), required=True)
    total = fields.Nested(FiguresOut, required=True)
    open = fields.Nested(OpenOut, required=True)
    agreement = fields.Nested(AgreedOut, required=True)
    people = fields.List(
        fields.Nested(PersonFiguresOut),
        required=True,
        allow_none=True,
        metadata={"description": "Null unless you have the role admin."},
    )
    as_of_log_index = Whole(-1, required=True, metadata={"description": "The last log entry that is counted."})
    behind = fields.Boolean(metadata={"description": "True if the log already has newer entries; absent otherwise."})
