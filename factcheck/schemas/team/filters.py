"""Saved filters, in and out."""

from marshmallow import fields

from factcheck.rules.team.filtering import NAME_LENGTH, QUERY_LENGTH, FilteredList
from factcheck.schemas.base import Choice, In, Moment, Out, Reference, Text

_QUERY = "The filters, as in the URL of the list's page, such as `status=disputed&tag=rally`."


class SavedFilterIn(In):
    """A filter of a list, and the name that you give it."""

    filtered = Choice(FilteredList, required=True, data_key="list")
    name = Text(NAME_LENGTH, required=True)
    query = Text(QUERY_LENGTH, required=True, metadata={"description": _QUERY})


class SavedFilterLinks(Out):
    self = fields.String(required=True)
    page = fields.String(required=True)


class SavedFilterOut(Out):
    id = Reference(required=True)
    list = Choice(FilteredList, required=True)
    name = fields.String(required=True)
    query = fields.String(required=True, metadata={"description": _QUERY})
    saved_at = Moment(required=True)
    links = fields.Nested(SavedFilterLinks, required=True)
