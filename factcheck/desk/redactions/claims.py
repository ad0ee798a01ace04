"""Take something out of claims that stay: out of their contents in the log, their JSON, and its earlier versions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.documents import dumped, etag_of
from factcheck.desk.redactions import assignments, comments, correction_requests, restating
from factcheck.log import facts, revisions
from factcheck.log.actors import Actor
from factcheck.log.revisions import Entry
from factcheck.rules.redacting import Scrub
from factcheck.storage import redaction
from factcheck.storage.tables.claims import Claim, ClaimVersion
from factcheck.storage.tables.columns import holds_bytes
from factcheck.storage.tables.comments import Comment
from factcheck.storage.tables.logbook import Redaction, SubjectKind
from factcheck.storage.tables.publishing import CorrectionRequest

Json = dict[str, Any]
BATCH = 50  # claims that are in memory at a time, with all that belongs to them


def that_ever_showed(session: Session, ids: Iterable[str]) -> list[str]:
    """Return the claims whose JSON, now or earlier, has one of these ids of other things, by their ids."""
    wanted = sorted(ids)
    now = select(Claim.id).where(or_(*(holds_bytes(Claim.document, each.encode()) for each in wanted)))
    before = (
        select(Claim.id)
        .join(ClaimVersion, ClaimVersion.claim_seq == Claim.seq)
        .where(or_(*(holds_bytes(ClaimVersion.document, each.encode()) for each in wanted)))
    )
    return sorted(session.scalars(union(now, before)))


def scrub(
    session: Session,
    actor: Actor,
    claim_ids: Iterable[str],
    scrubs: Callable[[str], Scrub],
    reason: str,
    *,
    alone: bool = False,
) -> None:
    """Take something out of these claims, which are locked, and whose rows are without it already.

    A claim of whose contents in the log some are changed gets an entry, which states these again; the JSON of all is
    changed in place, with its ETags, so that it stays readable as of every earlier time. Redacted claims have none.
    `alone` says that there is no entry of what the redaction is of: then each claim that is changed gets one.
    """
    session.flush()
    readable = Claim.id.not_in(select(Redaction.claim_id))
    for ids in _batches(sorted(set(claim_ids))):
        rows = session.scalars(select(Claim).where(Claim.id.in_(ids), readable).order_by(Claim.id)).all()
        assignments.scrub(session, actor, ids, scrubs, reason)
        comments.scrub(session, actor, Comment.claim_id.in_(ids), lambda on: scrubs(on.claim_id or ""), reason)
        correction_requests.scrub(session, actor, CorrectionRequest.claim_id.in_(ids), scrubs, reason)
        stated = []
        with session.no_autoflush:  # nothing that is read here is written here
            for state in claim_states.load(session.connection(), rows):
                entry = _scrub(session, actor, state.claim, scrubs(state.claim.id), reason, alone)
                if entry is not None:
                    stated.append((state, entry))
        documents.store(session, stated)


def _scrub(session: Session, actor: Actor, claim: Claim, scrub: Scrub, reason: str, alone: bool) -> Entry | None:
    etags: dict[str, str] = {}
    cleaned = _cleaner(scrub)
    versions = _versions(session, claim, cleaned, etags)
    document = cleaned(claim.document)
    if document != claim.document:
        etags[claim.etag] = etag_of(document)
        claim.document, claim.etag = document, etags[claim.etag]

    def clean(content: Json) -> Json:
        said: Json = scrub.json(content)
        return _with_etags(said, etags)

    restated = restating.without(session, SubjectKind.CLAIM, claim.id, clean)
    entry = None
    if restated or (alone and etags):
        entry = revisions.append_of_claim(
            session, actor, claim, "redact_part", [], reason, facts=facts.of_restated(restated)
        )
        restating.write(session, entry, restated)
    for changed_index, version in versions.items():
        redaction.redact_version(session, claim.seq, changed_index, version, etag_of(version))
    return entry


def _versions(
    session: Session, claim: Claim, cleaned: Callable[[bytes], bytes], etags: dict[str, str]
) -> dict[int, bytes]:
    """Return the earlier JSON of a claim that changes, by its places in the log, and add its new ETags by the old."""
    found = {}
    rows = session.execute(
        select(ClaimVersion.changed_index, ClaimVersion.etag, ClaimVersion.document).where(
            ClaimVersion.claim_seq == claim.seq
        )
    )
    for row in rows:
        document = cleaned(row.document)
        if document != row.document:
            found[row.changed_index] = document
            etags[row.etag] = etag_of(document)
    return found


def _cleaner(scrub: Scrub) -> Callable[[bytes], bytes]:
    """Return what takes out of a claim's JSON what is redacted. Its versions share most members: each is done once."""

    @cache
    def member(name: str, value: bytes) -> bytes:
        return dumped(scrub.json(orjson.loads(value), name))

    def cleaned(document: bytes) -> bytes:
        if not document:  # it is redacted
            return document
        members = orjson.loads(document)
        return dumped({name: orjson.Fragment(member(name, dumped(value))) for name, value in members.items()})

    return cleaned


def _with_etags(content: Json, etags: Mapping[str, str]) -> Json:
    """Return the content of an entry with the new ETags of the versions that it attests.

    An ETag is a hash without a salt: whoever knows the rest of a text can find from it what was removed.
    """
    versions = content.get("facts", {}).get("versions", ())
    if not any(each["etag"] in etags for each in versions):
        return content
    attested = [each | {"etag": etags.get(each["etag"], each["etag"])} for each in versions]
    return content | {"facts": content["facts"] | {"versions": attested}}


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
