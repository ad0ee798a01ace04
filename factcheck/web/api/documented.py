"""Pieces of the OpenAPI document that many routes share."""

from functools import cache
from typing import Any

from marshmallow import Schema, fields, missing

from factcheck.schemas.base import In, Out

patched = ("application/merge-patch+json", "application/json")


@cache
def listed(item: type[Schema]) -> type[Schema]:
    """Return the schema of a page of these items."""
    return Out.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next_cursor": fields.String(required=True, allow_none=True),
            "total": fields.Integer(metadata={"description": "With count=true: how many there are, up to 10,000."}),
            "more": fields.Boolean(metadata={"description": "With count=true: whether there are more than `total`."}),
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
