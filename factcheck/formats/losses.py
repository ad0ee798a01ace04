"""Loss reports: what of a claim's JSON a format has no place for, and why.

Each format has a table of all that it loses, by path in the claim's JSON (`quotes[].start`; a path stands for all that
is below it). The report of one claim has those rows of it that the claim has anything at.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Json = dict[str, Any]
Table = Mapping[str, str]


class Loss(NamedTuple):
    """A path in the claim's JSON, and why nothing below it was carried."""

    field: str
    why: str


def of(claim: Json, table: Table) -> list[Loss]:
    """Return the rows of a table that this claim has something at."""
    return [Loss(path, why) for path, why in table.items() if any(map(_said, _values(claim, path.split("."))))]


def _values(value: Any, steps: list[str]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    name, listed = steps[0].removesuffix("[]"), steps[0].endswith("[]")
    inside = value.get(name) if isinstance(value, dict) else None
    for each in inside or () if listed else (inside,):
        yield from _values(each, steps[1:])


def _said(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_said, value.values()))
    if isinstance(value, list):
        return any(map(_said, value))
    return value is not None and value != ""
