"""Stored JSON and the keys of similarity: written again when the rules by which they were written have changed."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from factcheck.desk import documents, shingles
from factcheck.desk.locks import lock_claims
from factcheck.desk.parts import Parts
from factcheck.storage.audit import Upkeep
from factcheck.storage.database import Database
from factcheck.storage.logbook import Redaction
from factcheck.storage.models import Claim

# Counts every change of what a claim's JSON, or its keys of similarity, are made of.
VERSION = 4
BATCH = 500


def renew(database: Database) -> Iterator[int]:
    """Write all stored JSON again if it follows an older version's rules; yield claims done so far.

    A batch is one transaction: what was interrupted is taken up again at the next start.
    """
    done, after = 0, -1
    with database.reading() as connection:
        if connection.scalar(select(Upkeep.version)) == VERSION:
            return
    while True:
        with database.writing() as session:
            if after < 0:
                shingles.clear(session)
            claims = _locked(session, after)
            if not claims:
                session.execute(update(Upkeep).values(version=VERSION))
                return
            _renew(session, claims)
            done, after = done + len(claims), claims[-1].seq
        yield done


def _locked(session: Session, after: int) -> Sequence[Claim]:
    """Return the claims that come next, locked: a review that commits meanwhile would have its JSON written over."""
    ids = session.scalars(select(Claim.id).where(Claim.seq > after).order_by(Claim.seq).limit(BATCH)).all()
    lock_claims(session, ids)
    return session.scalars(select(Claim).where(Claim.id.in_(ids)).order_by(Claim.seq)).all()


def _renew(session: Session, claims: Any) -> None:
    parts = Parts(session.connection(), claims)
    redacted = set(
        session.scalars(select(Redaction.claim_id).where(Redaction.claim_id.in_([claim.id for claim in claims])))
    )
    for claim in claims:
        if claim.id not in redacted:
            claim.document = documents.dumped(parts.document(claim))
            claim.etag = documents.etag_of(claim.document)
    shingles.put(session, [(claim.seq, claim.text) for claim in claims if claim.withdrawn_at is None])
