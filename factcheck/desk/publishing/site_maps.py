"""Which pages the public site has, a month at a time, for search engines.

Ids are UUIDs of version 7 (RFC 9562), which begin with the time at which they were made: so the reports and claims that
were added in a month are a range of ids, and nothing has to be counted.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk.publishing import published, published_claims
from factcheck.log.clock import now
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.publishing import PublicationClaim, ReportPublication

REPORTS, CLAIMS = "reports", "claims"
_IDS: Mapping[str, Any] = {REPORTS: ReportPublication.report_id, CLAIMS: PublicationClaim.claim_id}
_MONTH = re.compile("([0-9]{4})-(0[1-9]|1[0-2])")
_LAST = 10_000  # months at most, whatever an id says


class Page(NamedTuple):
    """The id of a report or a claim, and when its page changed last."""

    id: str
    changed: datetime


def months(connection: Connection, kind: str) -> Iterator[str]:
    """Yield the months, such as 2026-11, in which published reports or claims were added, the first one first."""
    first = connection.scalar(select(_IDS[kind]).order_by(_IDS[kind]).limit(1))
    month = _month_of(str(first)) if first is not None else None
    for _ in range(_LAST):
        if month is None or month > now():
            return
        if _is_seen(connection, kind, month):
            yield f"{month:%Y-%m}"
        month = _next(month)


def pages(connection: Connection, kind: str, month: str, most: int) -> Iterator[Page]:
    """Yield the reports or claims that were added in a month and that readers can read, in order, at most so many."""
    named = _MONTH.fullmatch(month)
    if named is None or not 1970 <= int(named[1]) < 9999:
        return
    start = datetime(int(named[1]), int(named[2]), 1, tzinfo=UTC)
    ids = select(_IDS[kind]).where(*_within(kind, start)).distinct().order_by(_IDS[kind])
    found = list(connection.scalars(ids.limit(most)))
    if kind == REPORTS:
        yield from (Page(*each) for each in published.dates(connection, found))
        return
    since = published_claims.since(connection, found)
    wanted = select(Claim.id, Claim.reviewed_at).where(Claim.id.in_(since), Claim.withdrawn_at.is_(None))
    for row in connection.execute(wanted.order_by(Claim.id)):
        yield Page(row.id, max(row.reviewed_at or since[row.id], since[row.id]))


def _is_seen(connection: Connection, kind: str, month: datetime) -> bool:
    """Say whether readers have seen a report or claim that was added in a month."""
    seen = select(ReportPublication.log_index).where(
        *_within(kind, month), ReportPublication.cancelled_index.is_(None), ReportPublication.at <= now()
    )
    if kind == CLAIMS:
        seen = seen.join(PublicationClaim, PublicationClaim.log_index == ReportPublication.log_index)
    return connection.execute(seen.limit(1)).first() is not None


def _within(kind: str, month: datetime) -> tuple[Any, Any]:
    return _IDS[kind] >= _first_id(month), _IDS[kind] < _first_id(_next(month))


def _month_of(made: str) -> datetime:
    at = datetime.fromtimestamp((UUID(made).int >> 80) / 1000, UTC)
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _next(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _first_id(at: datetime) -> str:
    return str(UUID(int=int(at.timestamp() * 1000) << 80))
