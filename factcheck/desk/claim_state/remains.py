"""What remains of a claim whose content is redacted: ids, decisions, people and times, without a word of anybody's.

The redaction's entry states it, because the entries that said it lose their contents.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.log.clock import stamp
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.reviews import Review, SecondOpinion

Json = dict[str, Any]
OF_CLAIM = (
    "article_id", "kind", "status", "reviewed_by_id", "reviewed_at", "valid_on", "review_by", "rating",
    "attribution_status", "attribution_reviewed_by_id", "attribution_reviewed_at", "origin_interested", "changed_index",
    "updated_at", "withdrawn_at", "withdrawn_by_id",
)  # fmt: skip
PARTS: dict[type[Base], tuple[str, ...]] = {
    Evidence: ("id", "position", "stance", "added_by_id", "added_at"),
    Occurrence: ("id", "position", "kind", "added_by_id", "added_at"),
    Relation: ("id", "log_index", "kind", "other_id", "added_by_id", "added_at"),
    Review: (
        "id", "log_index", "question", "before", "status", "evidence_ids", "valid_on", "review_by", "rating",
        "reviewer_id", "reviewed_at",
    ),
    SecondOpinion: (
        "id", "log_index", "question", "by_policy", "asked_by_id", "asked_at", "reviewer_id", "first_review_id",
        "second_review_id", "second_status", "outcome", "closed_at",
    ),
}  # fmt: skip


def of_claims(connection: Connection, claim_ids: Collection[str]) -> dict[str, Json]:
    """Return what remains of these claims, by their ids: `claims` with the claim's own columns, and lists of its parts.

    Instants are in RFC 3339, days in ISO 8601.
    """
    found: defaultdict[str, Json] = defaultdict(lambda: {part.__tablename__: [] for part in PARTS})
    own = select(Claim.id, *(getattr(Claim, name) for name in OF_CLAIM)).where(Claim.id.in_(claim_ids))
    for claim_id, *values in connection.execute(own):
        found[claim_id]["claims"] = _told(OF_CLAIM, values)
    for part, columns in PARTS.items():
        table: Any = part
        statement = select(table.claim_id, *(getattr(table, name) for name in columns))
        for claim_id, *values in connection.execute(
            statement.where(table.claim_id.in_(claim_ids)).order_by(table.claim_id, table.id)
        ):
            found[claim_id][part.__tablename__].append(_told(columns, values))
    return dict(found)


def _told(columns: tuple[str, ...], values: Collection[Any]) -> Json:
    return {name: written(value) for name, value in zip(columns, values, strict=True)}


def written(value: Any) -> Any:
    """Write a value as the log holds it: an instant in RFC 3339, a day in ISO 8601."""
    if isinstance(value, datetime):
        return stamp(value)
    return value.isoformat() if isinstance(value, date) else value
