"""What several nouns share."""

from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError, fields

from factcheck.schemas.base import In, Out, Reference, Text


class ReasonIn(In):
    """Why something is withdrawn."""

    reason = Text(4000, required=True)


class PersonRef(Out):
    id = Reference(required=True)
    name = fields.String(required=True)


def refuse_repeats(values: Sequence[Any]) -> None:
    seen = set()
    for at, value in enumerate(values):
        if value in seen:
            raise ValidationError({at: ["Stands in the list twice."]})
        seen.add(value)
