"""The index of similarity: which claims have a word or a stretch of letters in common with a text.

The search index cannot serve here. PostgreSQL's GIN reads all the hits of a word before it gives the first, so that a
common one costs what there is of it; here the newest few of a key are read along a B-tree on both databases, and a
look-up costs the same however many claims there are and however long the text is. See `rules/text/shingles.py` for the
keys.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Connection, Integer, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex

SLOTS = 24  # keys asked about at once: statements have a fixed form, so that a database plans them once


class ClaimShingle(Base):
    """A key of an active claim's text. Worked out from the text alone; withdrawn claims have none."""

    __tablename__ = "claim_shingles"
    __table_args__ = IN_ITS_KEY

    hash: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    claim_seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)


def spread(connection: Connection, hashes: Sequence[int], most: int) -> dict[int, int]:
    """Return how many claims have each of these keys, counted to `most`. At most SLOTS keys."""
    values = {f"h{slot}": None for slot in range(SLOTS)} | {f"h{slot}": each for slot, each in enumerate(hashes)}
    rows = connection.execute(_spread(), {**values, "most": most})
    return {hashes[row.slot]: row.n for row in rows if row.slot < len(hashes)}


def sharing(connection: Connection, weights: Sequence[tuple[int, int]], most: int, limit: int) -> list[int]:
    """Return the claims that have the most weight of these keys in common, the newest of equals first.

    Only the newest `most` of each key are looked at.
    """
    values: dict[str, int | None] = {}
    for slot in range(SLOTS):
        values |= {f"h{slot}": None, f"w{slot}": 0}
    for slot, (key, weight) in enumerate(weights):
        values |= {f"h{slot}": key, f"w{slot}": weight}
    rows = connection.execute(_sharing(), {**values, "most": most, "limit": limit})
    return [row.claim_seq for row in rows]


@cache
def _spread() -> TextClause:
    return text(
        " UNION ALL ".join(
            f"SELECT {slot} AS slot, count(*) AS n FROM (SELECT 1 AS one FROM claim_shingles"
            f" WHERE hash = CAST(:h{slot} AS integer) LIMIT :most) AS some{slot}"
            for slot in range(SLOTS)
        )
    )


@cache
def _sharing() -> TextClause:
    newest = " UNION ALL ".join(
        f"SELECT claim_seq, weight FROM (SELECT claim_seq, CAST(:w{slot} AS integer) AS weight FROM claim_shingles"
        f" WHERE hash = CAST(:h{slot} AS integer) ORDER BY claim_seq DESC LIMIT :most) AS newest{slot}"
        for slot in range(SLOTS)
    )
    return text(
        f"SELECT claim_seq, sum(weight) AS weight FROM ({newest}) AS found GROUP BY claim_seq"
        " ORDER BY sum(weight) DESC, claim_seq DESC LIMIT :limit"
    )
