"""The kinds of findings: what each means, and what would settle it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from factcheck.rules.status import Question


class FindingKind(StrEnum):
    UNATTRIBUTED = "unattributed"
    UNNAMED_ORIGIN = "unnamed_origin"
    MISSING_LINK = "missing_link"
    INTERESTED_ONLY = "interested_only"
    SINGLE_ORIGIN = "single_origin"
    CIRCULAR = "circular"
    SAME_ORIGIN_COUNTED_TWICE = "same_origin_counted_twice"
    CONFLICT = "conflict"
    VERDICT_WITHOUT_EVIDENCE = "verdict_without_evidence"
    ATTRIBUTION_UNCHECKED = "attribution_unchecked"
    OVERDUE = "overdue"
    ANCHOR_BROKEN = "anchor_broken"


@dataclass(frozen=True)
class Finding:
    """One finding. `holds_from` is the day on which it begins to hold, where that is not the day of the last change."""

    kind: FindingKind
    claim: str
    explanation: str
    holds_from: date | None = None


@dataclass(frozen=True)
class Row:
    question: Question
    meaning: str
    settles: str


TABLE: Mapping[FindingKind, Row] = {
    FindingKind.UNATTRIBUTED: Row(
        Question.ATTRIBUTION,
        "The article states it in its own voice: nobody is named who could answer for it.",
        "A chain that leads to whoever said it first.",
    ),
    FindingKind.UNNAMED_ORIGIN: Row(
        Question.ATTRIBUTION,
        "The chain ends with someone who is not named.",
        "The name of the last one in the chain.",
    ),
    FindingKind.MISSING_LINK: Row(
        Question.ATTRIBUTION,
        "Between two named sources the chain passes through someone who is not named.",
        "The name of the one in between, or words that show that there was none.",
    ),
    FindingKind.INTERESTED_ONLY: Row(
        Question.CONTENT,
        "Everyone who stands behind it has a stake in being believed.",
        "Supporting evidence from an origin without a stake.",
    ),
    FindingKind.SINGLE_ORIGIN: Row(
        Question.CONTENT,
        "It is verified, and all that stands behind it leads back to one origin.",
        "Supporting evidence from a second, independent origin.",
    ),
    FindingKind.CIRCULAR: Row(
        Question.ATTRIBUTION,
        "Sources cite each other in a circle: none of them says where it comes from.",
        "A chain that leads out of the circle.",
    ),
    FindingKind.SAME_ORIGIN_COUNTED_TWICE: Row(
        Question.CONTENT,
        "Pieces of supporting evidence that look like several lead back to one origin.",
        "Evidence from another origin; or the origin of each piece, if they are independent after all.",
    ),
    FindingKind.CONFLICT: Row(
        Question.CONTENT,
        "It cannot stand together with a related claim, as both stand now.",
        "A verdict on both that can stand together.",
    ),
    FindingKind.VERDICT_WITHOUT_EVIDENCE: Row(
        Question.CONTENT,
        "What its verdict was decided on has been withdrawn since.",
        "A new decision on what stands now.",
    ),
    FindingKind.ATTRIBUTION_UNCHECKED: Row(
        Question.ATTRIBUTION,
        "Its content was decided, but not whether it was said.",
        "A decision on its attribution.",
    ),
    FindingKind.OVERDUE: Row(
        Question.CONTENT,
        "Its verdict was to be looked at again by a day that has passed.",
        "A new decision, with a later day or none.",
    ),
    FindingKind.ANCHOR_BROKEN: Row(
        Question.ATTRIBUTION,
        "Words that it was taken from no longer stand in the article's newest snapshot.",
        "Quotes from the newest snapshot, or the claim's withdrawal.",
    ),
}
