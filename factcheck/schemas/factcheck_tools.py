"""The answers of Google's Fact Check Tools. A member that is not known is left out, as it is there."""

from marshmallow import fields

from factcheck.schemas.base import Moment, Out


class PublisherOut(Out):
    name = fields.String()
    site = fields.String()


class FoundReviewOut(Out):
    publisher = fields.Nested(PublisherOut)
    url = fields.String()
    title = fields.String()
    reviewDate = Moment()  # noqa: N815 (their names)
    textualRating = fields.String()  # noqa: N815
    languageCode = fields.String()  # noqa: N815


class FoundClaimOut(Out):
    text = fields.String()
    claimant = fields.String()
    claimDate = Moment()  # noqa: N815
    claimReview = fields.List(fields.Nested(FoundReviewOut))  # noqa: N815


class FoundClaimsOut(Out):
    """Decided claims; nothing at all when none was found."""

    claims = fields.List(fields.Nested(FoundClaimOut))
    nextPageToken = fields.String()  # noqa: N815
