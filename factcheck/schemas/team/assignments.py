"""Assignments, in and out."""

from marshmallow import fields

from factcheck.rules.team.assigning import Priority
from factcheck.schemas.base import Choice, Day, In, Moment, Out, Reference, Text
from factcheck.schemas.parts import PersonRef


class AssignmentIn(In):
    """To whom a claim is assigned. What is left out gets its default, whatever it was before."""

    person_id = Reference(required=True, metadata={"description": "An active analyst or admin."})
    due_on = Day(load_default=None, allow_none=True, metadata={"description": "Until when it must be done."})
    priority = Choice(Priority, load_default=Priority.NORMAL.value)
    note = Text(1000, load_default=None, allow_none=True, metadata={"description": "What to do."})


class AssignmentLinks(Out):
    self = fields.String(required=True)
    claim = fields.String(required=True)


class AssignmentOut(Out):
    id = Reference(required=True)
    claim_id = Reference(required=True)
    person = fields.Nested(PersonRef, required=True)
    due_on = Day(required=True, allow_none=True)
    priority = Choice(Priority, required=True)
    note = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Also null while you have to give a second opinion on the claim."},
    )
    assigned_by = fields.Nested(PersonRef, required=True)
    assigned_at = Moment(required=True)
    blind = fields.Boolean(required=True, metadata={"description": "Whether the note is hidden from you."})
    links = fields.Nested(AssignmentLinks, required=True)
