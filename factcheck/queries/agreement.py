"""How far second opinions agree with the first verdicts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from factcheck.log.clock import stamp
from factcheck.rules import agreement as agreements
from factcheck.rules.status import VERDICTS, Status
from factcheck.storage.tables.reviews import SecondOpinion

Json = dict[str, Any]


def agreement(
    connection: Connection, *, question: str, since: datetime | None = None, until: datetime | None = None
) -> Json:
    """Return how far the second opinions on a question that were given from `since` until before `until` agree.

    One query, counted along an index; what is open and what lapsed does not count.
    """
    pair = (SecondOpinion.first_status, SecondOpinion.second_status)
    counted = select(*pair, func.count()).where(
        SecondOpinion.question == question, SecondOpinion.second_status.is_not(None)
    )
    if since is not None:
        counted = counted.where(SecondOpinion.closed_at >= since)
    if until is not None:
        counted = counted.where(SecondOpinion.closed_at < until)
    counts = {(str(row[0]), str(row[1])): row[2] for row in connection.execute(counted.group_by(*pair))}
    return {
        "question": question,
        "from": stamp(since) if since else None,
        "to": stamp(until) if until else None,
        **told(counts),
    }


def told(counts: Mapping[tuple[str, str], int]) -> Json:
    """Return the agreement of pairs of verdicts, given how often each pair (first, second) was there."""
    found = agreements.of(counts)
    verdicts = [status for status in Status if status in VERDICTS]
    return {
        "n": found.n,
        "agreed": found.agreed,
        "disagreed": found.n - found.agreed,
        "observed_agreement": found.observed,
        "expected_agreement": found.expected,
        "kappa": found.kappa,
        "kappa_undefined": found.undefined,
        "matrix": [
            {"first": one, "second": other, "count": counts.get((one, other), 0)}
            for one in verdicts
            for other in verdicts
        ],
        "sums": [
            {"status": each, "first": found.first.get(each, 0), "second": found.second.get(each, 0)}
            for each in verdicts
        ],
    }
