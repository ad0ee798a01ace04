"""Pages about the house, in and out."""

from marshmallow import fields, missing

from factcheck.rules.publishing.site_pages import LONGEST, SitePageName
from factcheck.schemas.base import Choice, In, Language, Moment, Out, Reference, Text, Whole

TITLE = 200  # code points at most


class SitePageIn(In):
    """What the house says of itself, in one language."""

    name = Choice(SitePageName, required=True)
    language = Language(required=True, allow_none=False, load_default=missing)
    title = Text(TITLE, required=True)
    text = Text(LONGEST, required=True, metadata={"description": "Markdown."})


class SitePageLinks(Out):
    self = fields.String(required=True)
    page = fields.String(required=True, metadata={"description": "Its place on the public site."})
    proof = fields.String(required=True, metadata={"description": "The proof of its newest entry in the log."})


class SitePageOut(Out):
    id = Reference(required=True)
    name = Choice(SitePageName, required=True)
    language = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    revision = Whole(1, required=True)
    changed_at = Moment(required=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    links = fields.Nested(SitePageLinks, required=True)
