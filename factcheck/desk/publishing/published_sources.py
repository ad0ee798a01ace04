"""The record of a source as readers see it: what became of the published claims that it made. Counts, never a score."""

from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk import claims, sources
from factcheck.desk.access import unknown
from factcheck.errors import Merged, NotFound
from factcheck.log.clock import now
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.publishing import PublicationClaim, ReportPublication
from factcheck.storage.tables.sources import Source

Json = dict[str, Any]
COUNTED = 1000  # claims, the newest ones, whose verdicts are counted


class PublishedRecord(NamedTuple):
    """A source's JSON, how many of its published claims have which verdict, and the JSON of some of them.

    `more` says that there are more than COUNTED; `following` is where the list goes on, None at its end.
    """

    source: Json
    counts: dict[str, int]
    more: bool
    claims: list[Json]
    following: int | None


def record(connection: Connection, source_id: str, before: int | None, limit: int) -> PublishedRecord:
    """Return the record of a source: the claims of which it is the original source, the newest first.

    They are in the order of entry: what the desk does with them, and does not publish, changes nothing here. Raises
    NotFound if none of them is published, and Merged with the id of the source as which it is shown.
    """
    of_source = _of_source(source_id)
    newest = of_source.with_only_columns(Claim.status).limit(COUNTED).subquery()
    rows = connection.execute(select(newest.c.status, func.count().label("number")).group_by(newest.c.status)).all()
    counts = {row.status: row.number for row in rows}
    if not counts:  # before anything else: what nobody knows of a source, nobody learns here
        raise NotFound(unknown.SOURCE)
    source = connection.execute(_SHOWN, {"source": source_id}).one()
    if source.id != source_id:
        raise Merged(source.id)
    more = connection.execute(of_source.offset(COUNTED).limit(1)).first() is not None
    wanted = of_source if before is None else of_source.where(Claim.seq < before)
    found = connection.execute(wanted.limit(limit + 1)).all()
    following = found[limit - 1].seq if len(found) > limit else None
    ids = [row.id for row in found[:limit]]
    documents = claims.get_many(connection, ids, None)
    listed = [orjson.loads(documents[each]) for each in ids if each in documents]
    return PublishedRecord(sources.as_json(source), counts, more, listed, following)


# The source as which one is shown, as its own row has it: names and URLs of others that are joined with it stay inside.
_named = aliased(Source)
_SHOWN = (
    select(*Source.__table__.columns)
    .join(_named, _named.canonical_id == Source.id)
    .where(_named.id == bindparam("source"))
)


def _of_source(source_id: str) -> Any:
    """Select the published claims of a source, and of those that are shown as it, the newest first."""
    shown_as = select(Source.canonical_id).where(Source.id == source_id).scalar_subquery()
    joined = select(Source.id).where(Source.canonical_id == shown_as)
    is_published = exists().where(
        PublicationClaim.claim_id == Claim.id,
        PublicationClaim.log_index == ReportPublication.log_index,
        ReportPublication.cancelled_index.is_(None),
        ReportPublication.at <= now(),
    )
    return (
        select(Claim.id, Claim.seq)
        .where(Claim.origin_id.in_(joined), Claim.withdrawn_at.is_(None), is_published)
        .order_by(Claim.seq.desc())
    )
