"""Facts: what an entry of the log settles beside the fields that it changes.

They are in the content that the entry commits to, so that everything the desk serves can be proved from the log. The
API shows `changes` and the reason and never the facts: the mark that stands for a person in public entries is one.
Entries of earlier versions have none; an `attest` entry settles them afterwards, for what there was at the upgrade.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from factcheck.rules.status import Question

Facts = dict[str, Any]


def of_person(mark: str) -> Facts:
    """Bind a person to the mark that stands for them in the log."""
    return {"mark": mark}


def of_review(review_id: str, valid_on: date | None, review_by: date | None, rating: Mapping[str, Any] | None) -> Facts:
    """Name the review that an entry makes, with the days that were given for it, and the rating if it names one."""
    review: Facts = {"id": review_id, "valid_on": day(valid_on), "review_by": day(review_by)}
    return {"review": review | ({"rating": dict(rating)} if rating else {})}


def of_reopening(reasons: Mapping[Question, str]) -> Facts:
    """Say why an entry reopens questions, by the question."""
    return {"reopened": {str(question): why for question, why in reasons.items()}} if reasons else {}


def of_remains(rows: Mapping[str, Any]) -> Facts:
    """State what remains of a claim that is redacted: see `desk/claim_state/remains.py`."""
    return {"remains": dict(rows)}


def of_restated(contents: Mapping[int, Mapping[str, Any]]) -> Facts:
    """State contents of earlier entries, by their log indexes, without what is redacted: see `desk/redactions`."""
    return {"restated": {str(index): dict(content) for index, content in contents.items()}} if contents else {}


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None
