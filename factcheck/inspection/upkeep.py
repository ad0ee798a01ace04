"""Stored JSON: written again when the rules by which it was written have changed.

What earlier rules wrote into the history stays as it is, and an entry of the log attests it.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.claim_state.rendering import claim_json
from factcheck.errors import Unavailable
from factcheck.inspection.attesting import attest_claims, attest_people
from factcheck.inspection.worlds import Relations
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import STUMBLES, apart, reason_of
from factcheck.storage.tables.audit import Upkeep
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.logbook import Redaction

log = structlog.get_logger("factcheck.upkeep")
# Counts every change of what a claim's JSON is made of.
VERSION = 5
MISSING = "Somebody changed the database directly, or it is damaged: restore a backup, or run `factcheck log verify`."
_WRITTEN = select(as_kept(Upkeep.version))
BATCH = 100  # claims that are renewed in one transaction: whoever writes waits for its end


def can_be_read(database: Database) -> bool:
    """Say whether the table that says which rules were followed can be read."""
    with database.reading_primary() as connection:
        try:
            connection.scalar(_WRITTEN)
        except STUMBLES as error:
            reason_of(error)  # raises what says that the database cannot answer now
            return False
    return True


def renew(database: Database) -> Iterator[int]:
    """Write all stored JSON again if it follows an older version's rules; yield claims done so far.

    A batch is one transaction: what was interrupted is taken up again at the next start. A claim that cannot be read
    stays as it is, and one that is entered meanwhile follows the rules of the version that enters it.
    Raises Unavailable where the table that says which rules were followed cannot be read.
    """
    done, after, relations = 0, -1, None
    with database.reading_primary() as connection:
        try:
            version = connection.scalar(_WRITTEN)
        except STUMBLES as error:
            raise Unavailable(f"The table upkeep cannot be read: {reason_of(error)}. {MISSING}") from error
        if version == VERSION:
            return
        last = connection.scalar(select(func.max(as_kept(Claim.seq))))
    while True:
        with database.writing(long=True) as session:
            claims = _locked(session, after, last)
            if not claims:
                attest_people(session)
                session.execute(delete(Upkeep))  # whatever is there
                session.execute(insert(Upkeep), {"id": 1, "version": VERSION})
                return
            relations = relations or Relations(session.connection())
            for _ in apart(session, claims, partial(_renew, session, relations), _left_as_it_is):
                pass
            done, after = done + len(claims), claims[-1]
        yield done


def _locked(session: Session, after: int, last: int | None = None) -> Sequence[int]:
    """Return the claims that come next, locked: a review that commits meanwhile would have its JSON written over."""
    statement = select(as_kept(Claim.seq), Claim.id).where(Claim.seq > after).order_by(Claim.seq).limit(BATCH)
    rows = session.execute(statement if last is None else statement.where(Claim.seq <= last)).all()
    lock_claims(session, [claim_id for _, claim_id in rows])
    return [seq for seq, _ in rows]


def _left_as_it_is(seq: int, reason: str) -> None:
    """Tell of a claim that cannot be read. `factcheck doctor` names what is wrong with it."""
    log.error("claim_not_renewed", seq=seq, reason=reason)


def _renew(session: Session, relations: Relations, seqs: Sequence[int]) -> None:
    claims = session.scalars(select(Claim).where(Claim.seq.in_(seqs)).order_by(Claim.seq)).all()
    redacted = set(
        session.scalars(select(Redaction.claim_id).where(Redaction.claim_id.in_([claim.id for claim in claims])))
    )
    attest_claims(session, claims, redacted, relations)
    for state in claim_states.load(session.connection(), claims):
        claim = state.claim
        if claim.id not in redacted:
            claim.document = documents.dumped(claim_json(state))
            claim.etag = documents.etag_of(claim.document)
