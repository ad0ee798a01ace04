"""What differs between two snapshots of an article, and which claims' quotes that touches."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection

from factcheck.desk import articles
from factcheck.desk.claim_state.rows import pointer
from factcheck.rules.text.differences import Difference, differences
from factcheck.storage.tables.attribution import Quote
from factcheck.storage.tables.claims import Claim

Json = dict[str, Any]


def between(connection: Connection, article_id: str, old: int, new: int) -> Json:
    """Return the differences of two snapshots in their order, and the active claims that they touch, as entered.

    Raises NotFound.
    """
    before = articles.snapshot(connection, article_id, old)["text"]
    after = articles.snapshot(connection, article_id, new)["text"]
    found = differences(before, after)
    return {
        "article_id": article_id,
        "before": old,
        "after": new,
        "changes": [
            {
                "before": _part(before, each.old_start, each.old_end),
                "after": _part(after, each.new_start, each.new_end),
            }
            for each in found
        ],
        "claims": _touched(connection, article_id, old, new, found),
    }


def _part(text: str, start: int, end: int) -> Json:
    return {"start": start, "end": end, "text": text[start:end]}


def _touched(connection: Connection, article_id: str, old: int, new: int, found: Sequence[Difference]) -> list[Json]:
    """Return the claims that have a quote in one of the snapshots at a place that differs."""
    in_old = [(each.old_start, each.old_end) for each in found]
    in_new = [(each.new_start, each.new_end) for each in found]
    touched: dict[str, Json] = {}
    for row in connection.execute(_QUOTES, {"article": article_id, "numbers": [old, new]}):
        for number, start, end in (
            (row.snapshot, row.start_at, row.end_at),
            (row.now_snapshot, row.now_start, row.now_end),
        ):
            parts = in_old if number == old else in_new if number == new else []
            if start is not None and any(_meet(start, end, *part) for part in parts):
                claim = touched.setdefault(row.claim_id, {"id": row.claim_id, "text": row.text, "quotes": []})
                if (place := pointer(row._asdict())) not in claim["quotes"]:
                    claim["quotes"].append(place)
    return list(touched.values())


def _meet(start: int, end: int, begins: int, ends: int) -> bool:
    """Say whether a quote has some of these places, or has between its letters the one where something was added."""
    return start < ends and begins < end if begins < ends else start < begins < end


_QUOTES = (
    select(
        Quote.claim_id, Quote.hop, Quote.role, Quote.position, Quote.snapshot, Quote.start_at, Quote.end_at,
        Quote.now_snapshot, Quote.now_start, Quote.now_end, Claim.text,
    )
    .join(Claim, Claim.id == Quote.claim_id)
    .where(
        Claim.article_id == bindparam("article"),
        Claim.withdrawn_at.is_(None),
        or_(
            Quote.snapshot.in_(bindparam("numbers", expanding=True)),
            Quote.now_snapshot.in_(bindparam("numbers", expanding=True)),
        ),
    )
    .order_by(Claim.seq, Quote.hop, Quote.role, Quote.position)
)  # fmt: skip
