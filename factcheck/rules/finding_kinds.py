"""The kinds of findings: what each means, and what would settle it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from factcheck.messages import message
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
    ANCHOR_CHANGED = "anchor_changed"
    EVIDENCE_UNREACHABLE = "evidence_unreachable"
    POSSIBLE_DUPLICATE_SOURCE = "possible_duplicate_source"


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
        message("The article states it in its own voice and names no source."),
        message("Attribution steps that lead to the original source."),
    ),
    FindingKind.UNNAMED_ORIGIN: Row(
        Question.ATTRIBUTION,
        message("The original source is not named."),
        message("The name of the original source."),
    ),
    FindingKind.MISSING_LINK: Row(
        Question.ATTRIBUTION,
        message("A step between two named sources names nobody."),
        message("The name for that step, or evidence that the step does not exist."),
    ),
    FindingKind.INTERESTED_ONLY: Row(
        Question.CONTENT,
        message("Everyone behind it has a conflict of interest."),
        message("Supporting evidence from a source without a conflict of interest."),
    ),
    FindingKind.SINGLE_ORIGIN: Row(
        Question.CONTENT,
        message("It is verified on one independent original source."),
        message("Supporting evidence from a second, independent source."),
    ),
    FindingKind.CIRCULAR: Row(
        Question.ATTRIBUTION,
        message("Sources cite each other in a circle, and none of them names the original source."),
        message("Attribution steps that lead out of the circle."),
    ),
    FindingKind.SAME_ORIGIN_COUNTED_TWICE: Row(
        Question.CONTENT,
        message("Supporting evidence that looks like several sources has one original source."),
        message("Evidence from another original source, or the original source of each piece if they are independent."),
    ),
    FindingKind.CONFLICT: Row(
        Question.CONTENT,
        message("Its verdict does not fit with that of a related claim."),
        message("Verdicts on both claims that fit together."),
    ),
    FindingKind.VERDICT_WITHOUT_EVIDENCE: Row(
        Question.CONTENT,
        message("The evidence for its verdict was withdrawn."),
        message("A new decision on the active evidence."),
    ),
    FindingKind.ATTRIBUTION_UNCHECKED: Row(
        Question.ATTRIBUTION,
        message("It has a verdict, but no attribution check."),
        message("An attribution check."),
    ),
    FindingKind.OVERDUE: Row(
        Question.CONTENT,
        message("The date for reviewing its verdict again has passed."),
        message("A new decision, with a later date or none."),
    ),
    FindingKind.ANCHOR_BROKEN: Row(
        Question.ATTRIBUTION,
        message("Its quotes are no longer in the article's newest snapshot."),
        message("Quotes from the newest snapshot, or the claim's withdrawal."),
    ),
    FindingKind.ANCHOR_CHANGED: Row(
        Question.ATTRIBUTION,
        message("The article's newest snapshot has other words where its quotes were."),
        message("A confirmation of the new words, or the claim's withdrawal."),
    ),
    FindingKind.EVIDENCE_UNREACHABLE: Row(
        Question.CONTENT,
        message("A page that its evidence cites does not answer."),
        message("The page answers again, or evidence at another URL takes the place of this."),
    ),
    FindingKind.POSSIBLE_DUPLICATE_SOURCE: Row(
        Question.ATTRIBUTION,
        message("Sources behind it have an identifier in common, and nobody has judged whether they are the same."),
        message("A judgment whether the sources are the same."),
    ),
}
