"""A claim's JSON: rendered when the claim changes and stored with it, so that a read is one indexed select and
bytes out. Nothing else writes `document` and `etag`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from factcheck.desk.clock import stamp
from factcheck.desk.parts import Parts, grouped
from factcheck.desk.revisions import Entry
from factcheck.storage.logbook import Redaction
from factcheck.storage.models import Claim, ClaimSource, ClaimTag, ClaimVersion, Hop, Source
from factcheck.storage.writes import Write, at_the_end, save

BATCH = 500
Json = dict[str, Any]


def dumped(value: Any) -> bytes:
    return orjson.dumps(value)


def etag_of(document: bytes) -> str:
    """Return the strong entity tag of a document, without its quotation marks: half its SHA-256."""
    return hashlib.sha256(document).hexdigest()[:32]


def render(session: Session, claim_ids: Iterable[str], entry: Entry) -> None:
    """Render these claims again because of the log's `entry`, and keep what they were until then.

    Call it after the action's rows are written. A claim whose JSON stays the same is left alone.
    """
    for ids in _in_batches(sorted(set(claim_ids)), BATCH):
        claims = _to_render(session, ids)
        parts = Parts(session.connection(), claims)
        with at_the_end(session.connection()):
            _write(session, claims, parts, entry)


def _write(session: Session, claims: Sequence[Claim], parts: Parts, entry: Entry) -> None:
    connection = session.connection()
    versions: list[Json] = []
    moved: list[Json] = []
    for claim in claims:
        document = parts.document(claim)
        if claim.document:
            if etag_of(dumped(document)) == claim.etag:
                continue
            versions.append(_version(claim))
        document["updated_at"] = stamp(entry.at)
        claim.updated_at, claim.changed_index = entry.at, entry.log_index
        claim.document = dumped(document)
        claim.etag = etag_of(claim.document)
        moved.append({"seq": claim.seq, "index": entry.log_index})
    save(session, *claims)
    _ADD_VERSION.run(connection, versions)
    for listed in _MOVED:
        listed.run(connection, moved)


def _to_render(session: Session, ids: Sequence[str]) -> Sequence[Claim]:
    """Return these claims in log order, with all that their JSON is made of written.

    One that the deed has at hand is not read again; nor is it written yet, but once, with its JSON, of which its own
    row is no part. What was redacted is left out: it stays empty, whatever it once hung on.
    """
    if len(ids) == 1:
        for held in session.identity_map.values():
            if isinstance(held, Claim) and held.id == ids[0] and held.withdrawn_at is None:  # so it was not redacted
                if session.new or session.deleted or set(session.dirty) - {held}:
                    session.flush()
                return [held]
    session.flush()
    standing = Claim.id.in_(ids), Claim.id.not_in(select(Redaction.claim_id))
    return session.scalars(select(Claim).where(*standing).order_by(Claim.seq)).all()


def relink(session: Session, claim_ids: Iterable[str]) -> None:
    """Write again in which sources' and tags' lists claims stand, and their origins. Call before `render`."""
    session.flush()
    for ids in _in_batches(sorted(set(claim_ids)), BATCH):
        hops = grouped(
            session.execute(
                select(Hop.claim_id, Hop.interested, Source.canonical_id)
                .outerjoin(Source, Source.id == Hop.source_id)
                .where(Hop.claim_id.in_(ids))
                .order_by(Hop.claim_id, Hop.position)
            )
        )
        for claim in session.scalars(select(Claim).where(Claim.id.in_(ids)).order_by(Claim.seq)).all():
            chain = [hop.canonical_id for hop in hops[claim.id]]
            claim.origin_id = chain[-1] if chain else None
            claim.origin_interested = hops[claim.id][-1].interested if chain else None
            _list_under(session, claim, ClaimSource, "source_id", sorted({each for each in chain if each}))
            _list_under(session, claim, ClaimTag, "tag", claim.tags)


# Built once: composing a statement costs more than running it.
_ADD_VERSION = Write(insert(ClaimVersion.__table__))  # type: ignore[arg-type]
_MOVED = [
    Write(update(table).where(table.c.claim_seq == bindparam("seq")).values(changed_index=bindparam("index")))
    for table in (cast(Any, ClaimTag).__table__, cast(Any, ClaimSource).__table__)
]


def _list_under(
    session: Session, claim: Claim, listed: type[ClaimSource] | type[ClaimTag], column: str, values: list[str]
) -> None:
    session.execute(delete(listed).where(listed.claim_seq == claim.seq))
    if values:
        session.execute(
            insert(listed),
            [{"claim_seq": claim.seq, column: value, "changed_index": claim.changed_index} for value in values],
        )


def _version(claim: Claim) -> Json:
    return {
        "claim_seq": claim.seq,
        "changed_index": claim.changed_index,
        "from_at": claim.updated_at,
        "etag": claim.etag,
        "document": claim.document,
    }


def _in_batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for at in range(0, len(ids), size):
        yield ids[at : at + size]
