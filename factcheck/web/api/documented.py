"""Pieces of the OpenAPI document that many routes share."""

from functools import cache
from typing import Any

from marshmallow import Schema, fields, missing

from factcheck.schemas.audit import DerivedOut
from factcheck.schemas.base import In, Out

patched = ("application/merge-patch+json", "application/json")


class ExcerptOut(Out):
    """Words around the first hit in an item."""

    field = fields.String(required=True)
    text = fields.String(required=True)
    marks = fields.List(
        fields.List(fields.Integer()),
        required=True,
        metadata={"description": "Where the hits are in `text`: [start, end) in code points."},
    )


class SearchOut(Out):
    """What a search found."""

    excerpts = fields.List(
        fields.Nested(ExcerptOut, allow_none=True), required=True, metadata={"description": "One for each item."}
    )


@cache
def listed(item: type[Schema], *, searched: bool = False, derived: bool = False) -> type[Schema]:
    """Return the schema of a page of these items: `searched` for, or `derived` from the log by a follower."""
    search: dict[str, Any] = {}
    if searched:
        search["search"] = fields.Nested(SearchOut, metadata={"description": "With `q`."})
        search["as_of_log_index"] = fields.Integer(
            metadata={"description": "With `q`: the last log entry that the search index covers."}
        )
        search["behind"] = fields.Boolean(
            metadata={"description": "With `q`: true if later entries are not covered yet; otherwise absent."}
        )
    base = DerivedOut if derived else Out
    return base.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(required=True, allow_none=True),
            "total": fields.Integer(
                metadata={"description": "With count=true: the number of items, exact with `q`, else up to 10,000."}
            ),
            "more": fields.Boolean(metadata={"description": "With count=true: whether there are more than `total`."}),
            **search,
        },
        name=item.__name__.removesuffix("Out").removesuffix("Listed") + "Page",
    )


def patched_with(schema: type[In], leaving_out: str | None = None) -> dict[str, Any]:
    """Return the documentation of a merge patch for what this schema takes.

    Every field is optional and has no default: what is left out stays. Null removes what need not be there.
    """
    kwargs: dict[str, Any] = {"partial": True}
    if leaving_out:
        kwargs["exclude"] = [leaving_out]
    named: type[Schema] = type(schema.__name__.replace("In", "Patch"), (schema,), {"__doc__": schema.__doc__})
    instance = named(**kwargs)
    for field in instance.fields.values():
        field.allow_none = not field.required
        field.load_default = missing
    content = {kind: {"schema": instance} for kind in patched}
    return {"requestBody": {"required": True, "content": content}}
