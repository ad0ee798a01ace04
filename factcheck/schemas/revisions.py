"""Revisions and the caller, out."""

from marshmallow import fields

from factcheck.rules.roles import Role
from factcheck.schemas.base import Choice, Moment, Out, Reference, Whole
from factcheck.schemas.parts import PersonRef


class SubjectRef(Out):
    kind = fields.String(required=True)
    id = Reference(
        required=True, allow_none=True, metadata={"description": "Null for a person, to readers without a token."}
    )


class ChangeOut(Out):
    field = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class RevisionOut(Out):
    """One change of one thing by one person at one moment."""

    log_index = Whole(0, required=True, metadata={"description": "Its place in the desk's log."})
    subject = fields.Nested(SubjectRef, required=True)
    number = Whole(1, required=True, metadata={"description": "The number of this change of the thing, from 1."})
    action = fields.String(required=True)
    actor = fields.Nested(PersonRef, required=True, allow_none=True, metadata={"description": "Null only if `blind`."})
    at = Moment(required=True, allow_none=True, metadata={"description": "Null only if `blind`."})
    reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Without a token, null except for decisions."}
    )
    changes = fields.List(
        fields.Nested(ChangeOut),
        required=True,
        metadata={"description": "Without a token, empty for people."},
    )
    redacted = fields.Boolean(
        required=True, metadata={"description": "Whether its changes and reason were removed, or words of them."}
    )
    blind = fields.Boolean(
        required=True,
        metadata={"description": "Whether it reveals a verdict on which you have to give a second opinion."},
    )


class HeadOut(Out):
    size = Whole(0, required=True)
    root = fields.String(required=True, metadata={"description": "Base64 of 32 bytes."})


class ConsistencyOut(Out):
    """The proof that the log of one size is how that of another begins (RFC 6962, 2.1.2)."""

    first = fields.Nested(HeadOut, required=True)
    second = fields.Nested(HeadOut, required=True)
    proof = fields.List(fields.String(), required=True, metadata={"description": "Hashes in base64."})


class StampLinks(Out):
    checkpoint = fields.String(required=True, metadata={"description": "The signed checkpoint, `text/plain`."})
    stamp = fields.String(required=True, metadata={"description": "The stamp, `application/timestamp-reply`."})


class StampOut(Out):
    """A time stamp: an authority outside the desk signs that a checkpoint existed at a time."""

    epoch = Whole(1, required=True, metadata={"description": "The log's epoch, from 1."})
    size = Whole(1, required=True, metadata={"description": "The number of log entries that the checkpoint covers."})
    stamped_at = Moment(required=True, metadata={"description": "The time that the authority states."})
    links = fields.Nested(StampLinks, required=True)


class MeOut(Out):
    id = Reference(required=True)
    name = fields.String(required=True)
    role = Choice(Role, required=True)
