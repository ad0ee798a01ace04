"""A claim's JSON: rendered when the claim changes and stored with it, so that a read is one indexed select and
bytes out. Nothing else writes `document` and `etag`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import orjson
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.rendering import claim_json, with_names
from factcheck.desk.claim_state.states import ClaimState
from factcheck.log.clock import stamp
from factcheck.log.revisions import Entry
from factcheck.storage.bulk import write_each
from factcheck.storage.tables.attribution import Hop
from factcheck.storage.tables.claims import Claim, ClaimSource, ClaimTag, ClaimVersion
from factcheck.storage.tables.logbook import Redaction
from factcheck.storage.tables.sources import Source

BATCH = 500
Json = dict[str, Any]


def dumped(value: Any) -> bytes:
    return orjson.dumps(value)


def etag_of(document: bytes) -> str:
    """Return the strong entity tag of a document, without its quotation marks: half its SHA-256."""
    return hashlib.sha256(document).hexdigest()[:32]


def render(session: Session, claim_ids: Iterable[str], entry: Entry) -> None:
    """Load these claims and store their JSON anew because of the log's `entry`.

    Call it after the action's rows are written. What was redacted stays empty, whatever it once hung on.
    """
    session.flush()
    for ids in _in_batches(sorted(set(claim_ids)), BATCH):
        readable = Claim.id.in_(ids), Claim.id.not_in(select(Redaction.claim_id))
        claims = session.scalars(select(Claim).where(*readable).order_by(Claim.seq)).all()
        store(session, [(state, entry) for state in claim_states.load(session.connection(), claims)])


def store(session: Session, changed: Iterable[tuple[ClaimState, Entry]]) -> None:
    """Store the JSON of claims, and keep what each was until an entry of the log; the same again changes nothing."""
    versions: list[Json] = []
    moved: list[Json] = []
    for state, entry in changed:
        claim, document = state.claim, claim_json(state)
        if claim.document:
            if etag_of(dumped(document)) == claim.etag:
                continue
            versions.append(_version(claim))
        document["updated_at"] = stamp(entry.at)
        claim.updated_at, claim.changed_index = entry.at, entry.log_index
        claim.document = dumped(document)
        claim.etag = etag_of(claim.document)
        moved.append({"seq": claim.seq, "index": entry.log_index})
    session.flush()
    write_each(session.connection(), _ADD_VERSION, versions)
    for listed in _MOVED:
        write_each(session.connection(), listed, moved)


def rename(session: Session, claim_ids: Iterable[str], names: Mapping[str, str]) -> None:
    """Give people, by their ids, other names in the JSON of these claims as it is now.

    That is no change of a claim: it adds no version, and `updated_at` stays. What was redacted has no names.
    """
    for ids in _in_batches(sorted(set(claim_ids)), BATCH):
        rows = session.execute(select(Claim.seq, Claim.document).where(Claim.id.in_(ids), Claim.document != b""))
        renamed = [(row.seq, dumped(with_names(orjson.loads(row.document), names))) for row in rows]
        write_each(
            session.connection(),
            _RENAMED,
            [{"place": seq, "said": document, "tag": etag_of(document)} for seq, document in renamed],
        )


def relink(session: Session, claim_ids: Iterable[str]) -> None:
    """Write again in which sources' and tags' lists claims stand, and their origins. Call before `render`."""
    session.flush()
    for ids in _in_batches(sorted(set(claim_ids)), BATCH):
        hops: defaultdict[str, list[Any]] = defaultdict(list)
        for hop in session.execute(
            select(Hop.claim_id, Hop.interested, Source.canonical_id)
            .outerjoin(Source, Source.id == Hop.source_id)
            .where(Hop.claim_id.in_(ids))
            .order_by(Hop.claim_id, Hop.position)
        ):
            hops[hop.claim_id].append(hop)
        for claim in session.scalars(select(Claim).where(Claim.id.in_(ids)).order_by(Claim.seq)).all():
            chain = [hop.canonical_id for hop in hops[claim.id]]
            claim.origin_id = chain[-1] if chain else None
            claim.origin_interested = hops[claim.id][-1].interested if chain else None
            _list_under(session, claim, ClaimSource, "source_id", sorted({each for each in chain if each}))
            _list_under(session, claim, ClaimTag, "tag", claim.tags)


# Built once: composing a statement costs more than running it.
_ADD_VERSION = insert(ClaimVersion)
_RENAMED = (
    update(cast(Any, Claim).__table__)
    .where(Claim.seq == bindparam("place"))
    .values(document=bindparam("said"), etag=bindparam("tag"))
)
_MOVED = [
    update(table).where(table.c.claim_seq == bindparam("seq")).values(changed_index=bindparam("index"))
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
