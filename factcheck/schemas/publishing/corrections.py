"""Corrections, out."""

from marshmallow import fields

from factcheck.rules.publishing.corrections import CorrectionKind
from factcheck.schemas.base import Choice, Moment, Out, Reference, Whole


class CorrectedClaim(Out):
    id = Reference(required=True)
    text = fields.String(
        required=True, allow_none=True, metadata={"description": "Null once the claim is withdrawn or redacted."}
    )


class CorrectedReport(Out):
    id = Reference(required=True)
    title = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Null if it shows a verdict that you must not see yet."},
    )


class CorrectionChange(Out):
    """What changed: a status or the rating of a claim, or the number of the version of a report that readers see."""

    field = fields.String(required=True)
    before = fields.Raw(required=True, allow_none=True)
    after = fields.Raw(required=True, allow_none=True)


class CorrectionLinks(Out):
    page = fields.String(
        required=True, metadata={"description": "The page of the claim or the report on the public site."}
    )
    proof = fields.String(required=True, metadata={"description": "The proof of the entry in the log."})


class CorrectionListed(Out):
    """A change of something that readers had seen, and its entry in the log."""

    log_index = Whole(0, required=True)
    at = Moment(required=True, metadata={"description": "When readers saw the change."})
    change = Choice(CorrectionKind, required=True)
    claim = fields.Nested(CorrectedClaim, required=True, allow_none=True)
    report = fields.Nested(CorrectedReport, required=True, allow_none=True)
    changes = fields.List(
        fields.Nested(CorrectionChange),
        required=True,
        metadata={"description": "Empty if only words changed."},
    )
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Null if the reason is internal."})
    blind = fields.Boolean(
        required=True,
        metadata={"description": "Whether you must not see what changed yet: your second opinion is asked for."},
    )
    links = fields.Nested(CorrectionLinks, required=True)
