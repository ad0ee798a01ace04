"""Claims whose verdicts are published: those to which a report refers that readers have seen."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk import claims
from factcheck.desk.access import unknown
from factcheck.errors import NotFound
from factcheck.log.clock import now, stamp
from factcheck.storage.tables.publishing import PublicationClaim, ReportPublication

Json = dict[str, Any]


def get(connection: Connection, claim_id: str) -> tuple[bytes, datetime]:
    """Return a claim's JSON as readers see it, and since when its verdict is published. Raises NotFound, Withdrawn."""
    published_at = since(connection, [claim_id]).get(claim_id)
    if published_at is None:
        raise NotFound(unknown.CLAIM)
    document, _ = claims.get(connection, claim_id, None)
    return document, published_at


def since(connection: Connection, claim_ids: Collection[str]) -> dict[str, datetime]:
    """Return since when the verdicts of these claims are published, by their ids; those that are not are left out."""
    return {claim_id: at for claim_id, (at, _) in _first(connection, claim_ids).items()}


def listed(connection: Connection, after: str, limit: int) -> Iterator[tuple[str, Json]]:
    """Yield the claims whose verdicts are published, in the order of their ids, from the one behind `after`.

    Each has the time of its first publication, and the place of that in the log.
    """
    ids = select(PublicationClaim.claim_id).where(PublicationClaim.claim_id > after).distinct()
    found = list(connection.scalars(ids.order_by(PublicationClaim.claim_id).limit(limit)))
    first = _first(connection, found)
    for claim_id in found:
        if claim_id in first:
            yield claim_id, _listed(claim_id, *first[claim_id])


def pages(connection: Connection, size: int, moment: datetime) -> Iterator[list[tuple[bytes, Json]]]:
    """Yield all claims whose verdicts are published at a moment, in the order of their ids, `size` at a time at most.

    Each is its JSON as `get` returns it, and what `listed` yields of it. Withdrawn ones are left out.
    """
    after = _BEFORE_ALL
    ids = select(PublicationClaim.claim_id).distinct().order_by(PublicationClaim.claim_id).limit(size)
    while found := list(connection.scalars(ids.where(PublicationClaim.claim_id > after))):
        first = _first(connection, found, moment)
        documents = claims.get_many(connection, list(first), None)
        yield [(documents[each], _listed(each, *first[each])) for each in found if each in documents]
        after = found[-1]


def _listed(claim_id: str, at: datetime, log_index: int) -> Json:
    links = {"page": f"/c/{claim_id}", "proof": f"/v1/log/proofs/{log_index}"}
    return {"id": claim_id, "published_at": stamp(at), "log_index": log_index, "links": links}


_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"


def _first(
    connection: Connection, claim_ids: Collection[str], moment: datetime | None = None
) -> dict[str, tuple[datetime, int]]:
    """Return the time and the place of the first publication of each of these claims that readers have seen by then.

    By now, unless a moment is given.
    """
    wanted = (
        select(PublicationClaim.claim_id, ReportPublication.at, ReportPublication.log_index)
        .join(ReportPublication, ReportPublication.log_index == PublicationClaim.log_index)
        .where(PublicationClaim.claim_id.in_(set(claim_ids)), ReportPublication.cancelled_index.is_(None))
        .where(ReportPublication.at <= (moment or now()))
        .order_by(ReportPublication.at.desc(), ReportPublication.log_index.desc())
    )
    return {row.claim_id: (row.at, row.log_index) for row in connection.execute(wanted)} if claim_ids else {}
