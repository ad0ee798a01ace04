"""A source's record: what became of the claims that it made, and of those that it passed on. Counts, never a score."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.engine import Connection

from factcheck.desk import sources
from factcheck.followers.audit.source_roles import FIELDS
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.queries import hiding, veils
from factcheck.rules.intervals import wilson
from factcheck.rules.status import Kind, Status
from factcheck.storage.tables.audit import SourceStanding, SourceTally
from factcheck.storage.tables.columns import Instant

Json = dict[str, Any]
ROLES = {"as_origin": "origin", "said_on_its_behalf": "principal", "as_relay": "relay", "in_its_own_voice": "voice"}
# Verdicts by which a claim held or did not; what cannot be told stays out of the share.
DECIDED = (Status.VERIFIED, Status.DISPUTED, Status.REFUTED)


def record(connection: Connection, source_id: str, as_of: datetime | None = None, viewer: Actor | None = None) -> Json:
    """Return a source's record, as it is or as it was at an instant. Raises NotFound, Merged.

    A share comes with its denominator and its 95 % interval (Wilson); both say how little a short record tells. A
    verdict that `viewer` is to give once more without seeing it counts as in review.
    """
    source = sources.get(connection, source_id)
    if as_of is None:
        rows: list[Any] = list(connection.execute(_NOW, {"source": source_id}))
    else:
        rows = list(connection.execute(_THEN, {"source": source_id, "at": as_of}))
    veil = veils.over(connection, viewer)
    if veil is not None:
        counts = Counter({tuple(getattr(row, name) for name in FIELDS): int(row.n) for row in rows})
        counts.update(hiding.from_record(connection, veil, source_id, as_of))
        rows = [SimpleNamespace(**dict(zip(FIELDS, key, strict=True)), n=n) for key, n in counts.items() if n]
    claims = f"/v1/claims?source={source_id}"
    return {
        "source": {name: source[name] for name in ("id", "name", "kind")},
        "as_of": stamp(as_of) if as_of else None,
        **{name: _of_role([row for row in rows if row.role == role], role) for name, role in ROLES.items()},
        "links": {
            "source": f"/v1/sources/{source_id}",
            "claims": claims,
            "claims_as_origin": f"/v1/claims?origin={source_id}",
        },
    }


def _of_role(rows: list[Any], role: str) -> Json:
    told = _counted(rows, "status")
    told["by_kind"] = [
        {"kind": kind.value, **_counted(group, "status")}
        for kind in Kind
        if (group := [row for row in rows if row.kind == kind])
    ]
    years: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        years[row.year].append(row)
    told["by_year"] = [{"year": year, **_counted(group, "status")} for year, group in sorted(years.items())]
    if role == "relay":
        # Whether it was said says something of those who passed it on, not of whoever it was put in the mouth of.
        told["attribution"] = _counted(rows, "attribution_status")
    return told


def _counted(rows: Iterable[Any], column: str) -> Json:
    counts: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        counts[getattr(row, column)] += int(row.n)
    of = sum(counts[status] for status in DECIDED)
    low, high = wilson(counts[Status.VERIFIED], of)
    return {
        "claims": sum(counts.values()),
        "counts": {status.value: counts[status] for status in Status},
        "held": {
            "verified": counts[Status.VERIFIED],
            "of": of,
            "share": round(counts[Status.VERIFIED] / of, 4) if of else None,
            "low": round(low, 4),
            "high": round(high, 4),
        },
    }


_NOW = select(*SourceTally.__table__.columns).where(SourceTally.source_id == bindparam("source"), SourceTally.n > 0)
_THEN = (
    select(
        SourceStanding.role,
        SourceStanding.kind,
        SourceStanding.year,
        SourceStanding.status,
        SourceStanding.attribution_status,
        func.count().label("n"),
    )
    .where(
        SourceStanding.source_id == bindparam("source"),
        SourceStanding.from_at <= bindparam("at", type_=Instant),
        or_(SourceStanding.until_at.is_(None), SourceStanding.until_at > bindparam("at", type_=Instant)),
    )
    .group_by(
        SourceStanding.role,
        SourceStanding.kind,
        SourceStanding.year,
        SourceStanding.status,
        SourceStanding.attribution_status,
    )
)
