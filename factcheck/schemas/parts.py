"""What several nouns share."""

from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError, fields

from factcheck.messages import message
from factcheck.schemas.base import In, Out, Reference, Text, many


class ReasonIn(In):
    """Why something is withdrawn."""

    reason = Text(4000, required=True)


class RedactionIn(In):
    """Why something is redacted. The log keeps the reason, so it must not repeat what is redacted."""

    reason = Text(4000, required=True)


class ConfirmationIn(In):
    """Which changed quotes are still the claim's, and why."""

    reason = Text(4000, required=True)
    quotes = many(
        Text(100),
        100,
        least=1,
        load_default=None,
        metadata={"description": "JSON pointers to changed quotes, such as /quotes/0. All of them, if not given."},
    )


class PersonRef(Out):
    """Somebody of the desk. Readers without a token see no ids, and names that are meant for them."""

    id = Reference(
        required=True,
        allow_none=True,
        metadata={"description": "Null without a token, because the person is not public."},
    )
    name = fields.String(
        required=True,
        metadata={"description": "Without a token, the person's display name, or `The desk` if they have none."},
    )


def refuse_repeats(values: Sequence[Any]) -> None:
    seen = set()
    for at, value in enumerate(values):
        if value in seen:
            raise ValidationError({at: [message("Must not be in the list twice.")]})
        seen.add(value)
