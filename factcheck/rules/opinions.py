"""Second opinions: how they end, of which claims a desk demands one, and on what there cannot be one."""

from collections.abc import Collection
from enum import StrEnum

from factcheck.rules.status import UNCHECKABLE, Kind, Question


class Outcome(StrEnum):
    AGREED = "agreed"  # the same verdict
    DISAGREED = "disagreed"  # another one: the claim is in review again
    LAPSED = "lapsed"  # the first verdict went away before anybody answered


def open_to(kind: Kind, question: Question) -> bool:
    """Say whether two people can differ: an opinion or a forecast has one verdict on content, and no other."""
    return question is Question.ATTRIBUTION or kind not in UNCHECKABLE


def demanded(policy: str, kind: Kind, tags: Collection[str]) -> str | None:
    """Return the part of a policy (`tag:election,kind:quantity`) that demands a second opinion on a claim's content."""
    for part in filter(None, (part.strip() for part in policy.split(","))):
        name, _, word = part.partition(":")
        if (name == "kind" and word == kind) or (name == "tag" and word in tags):
            return part
    return None
