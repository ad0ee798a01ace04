"""Reports, in and out."""

from typing import Any

from marshmallow import ValidationError, fields, missing, validate, validates_schema

from factcheck.messages import message
from factcheck.rules.publishing import reports as rules
from factcheck.rules.publishing.reports import ReportState
from factcheck.schemas.base import Choice, In, Instant, Language, Moment, Out, Reference, Text, Whole
from factcheck.schemas.parts import PersonRef

TITLE, SUMMARY = 300, 1000  # code points at most


class ReportWordsIn(In):
    """The words of a report."""

    title = Text(TITLE, required=True)
    summary = Text(SUMMARY, load_default=None, allow_none=True)
    text = Text(
        rules.LONGEST,
        required=True,
        metadata={
            "description": "Markdown. A line of its own such as {{claim:ID}} shows a claim; {{quotes:ID}},"
            " {{evidence:ID}} and {{attribution:ID}} show a part of one."
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def _references(self, data: dict[str, Any], **_: Any) -> None:
        try:
            found = rules.references(data.get("text", ""))
        except ValueError as error:
            told = message("“{line}” is no reference, such as claim: with the id of a claim.", line=str(error)[:100])
            raise ValidationError({"text": [told]}) from error
        if len(found) > rules.REFERENCES:
            raise ValidationError({"text": [message("At most {most} references.", most=rules.REFERENCES)]})


class ReportIn(ReportWordsIn):
    """What is published about claims."""

    language = Language(required=True, allow_none=False, load_default=missing)
    embargo_until = Instant(
        load_default=None, allow_none=True, metadata={"description": "No publication of it is seen before."}
    )


class ReportMoveIn(In):
    """A move of a report to another state."""

    to = Choice(ReportState, required=True)
    reason = Text(4000, load_default=None, allow_none=True)
    publish_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "When readers see it, in the future. Null: at once, or once the embargo ends."},
    )
    correction = Text(
        4000,
        load_default=None,
        allow_none=True,
        metadata={"description": "What was corrected and why. Needed for each publication but the first."},
    )


def _typed(longest: int, **kwargs: Any) -> Text:
    """Return a text that may be half of something, or nothing."""
    return Text(longest, validate=validate.Length(max=longest), **kwargs)


class ReportDraftIn(In):
    """What you typed and did not save yet. It need not be complete: the references of its text are not read."""

    title = _typed(TITLE, required=True)
    summary = _typed(SUMMARY, load_default=None, allow_none=True)
    text = _typed(rules.LONGEST, required=True)
    version = Whole(1, required=True, metadata={"description": "The version from which you began."})


class ReportDraftOut(Out):
    version = Whole(1, required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    saved_at = Moment(required=True)


class PublicationOut(Out):
    """One publication of a version."""

    version = Whole(1, required=True)
    at = Moment(required=True, metadata={"description": "When readers begin to see it."})
    correction = fields.String(required=True, allow_none=True)
    published_by = fields.Nested(PersonRef, required=True)
    cancelled = fields.Boolean(required=True, metadata={"description": "It was taken back before its time had come."})
    log_index = Whole(0, required=True)


class ReportEndOut(Out):
    at = Moment(required=True)
    by = fields.Nested(PersonRef, required=True)
    reason = fields.String(required=True)


class ReportLinks(Out):
    self = fields.String(required=True)
    versions = fields.String(required=True)
    history = fields.String(required=True)


class ReportListed(Out):
    id = Reference(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True)
    state = Choice(ReportState, required=True)
    version = Whole(1, required=True, metadata={"description": "The number of its newest version."})
    embargo_until = Moment(required=True, allow_none=True)
    published = fields.Nested(
        PublicationOut, required=True, allow_none=True, metadata={"description": "Its newest publication."}
    )
    ended = fields.Nested(
        ReportEndOut, required=True, allow_none=True, metadata={"description": "Its retraction or withdrawal."}
    )
    created_by = fields.Nested(PersonRef, required=True)
    created_at = Moment(required=True)
    saved_by = fields.Nested(PersonRef, required=True)
    saved_at = Moment(required=True)
    revision = Whole(1, required=True)
    links = fields.Nested(ReportLinks, required=True)


class ReportOut(ReportListed):
    """A report with the words of its newest version."""

    summary = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    claim_ids = fields.List(Reference(), required=True, metadata={"description": "The claims that it refers to."})


class ReportVersionOut(Out):
    number = Whole(1, required=True)
    language = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    saved_by = fields.Nested(PersonRef, required=True)
    saved_at = Moment(required=True)
    log_index = Whole(0, required=True)


class CorrectionOut(Out):
    """A correction, with the place of its entry in the log."""

    at = Moment(required=True)
    version = Whole(1, required=True)
    correction = fields.String(required=True)
    log_index = Whole(0, required=True)


class PublishedLinks(Out):
    self = fields.String(required=True)
    page = fields.String(required=True)
    proof = fields.String(required=True, metadata={"description": "The proof of the publication's entry in the log."})


class PublishedListed(Out):
    """A report as readers see it now."""

    id = Reference(required=True)
    title = fields.String(required=True)
    language = fields.String(required=True)
    version = Whole(1, required=True)
    published_at = Moment(required=True, metadata={"description": "When this version was published."})
    links = fields.Nested(PublishedLinks, required=True)


class PublishedClaimLinks(Out):
    page = fields.String(required=True, metadata={"description": "The claim's page on the public site."})
    proof = fields.String(required=True, metadata={"description": "The proof of the publication's entry in the log."})


class PublishedClaimListed(Out):
    """A claim whose verdict is published, and by which entry of the log."""

    id = Reference(required=True)
    published_at = Moment(required=True, metadata={"description": "When readers first saw a report that refers to it."})
    log_index = Whole(0, required=True)
    links = fields.Nested(PublishedClaimLinks, required=True)


class PublishedOut(PublishedListed):
    summary = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    claim_ids = fields.List(Reference(), required=True, metadata={"description": "The claims that it refers to."})
    first_published_at = Moment(required=True)
    corrections = fields.List(fields.Nested(CorrectionOut), required=True, metadata={"description": "Oldest first."})
