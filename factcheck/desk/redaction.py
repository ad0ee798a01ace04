"""Redaction of a whole claim: it removes all content, and says in the log that it did.

The entries of the log stay, and so does every proof: they hold no content, only commitments, and the keys of those go
with the content.
"""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from factcheck.desk import second_opinions
from factcheck.desk.access import answers, blindness, unknown
from factcheck.desk.claim_state import documents, remains
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.reopening import reopen_if_unfounded
from factcheck.desk.claims import lock_with_related
from factcheck.desk.redactions import assignments, comments, correction_requests
from factcheck.errors import Clash, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.redacting import GONE
from factcheck.rules.roles import Role
from factcheck.rules.status import Question
from factcheck.storage.redaction import redact_history
from factcheck.storage.tables.attribution import Hop, Quote
from factcheck.storage.tables.claims import Claim, ClaimSource, ClaimTag, Relation
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.logbook import Redaction
from factcheck.storage.tables.publishing import CorrectionRequest
from factcheck.storage.tables.reviews import SecondOpinion

WHY = "The note may repeat what was redacted of the claim."
WHY_COMMENT = "The claim that it is about was redacted."


@action(Role.ADMIN)
def redact(session: Session, actor: Actor, /, claim_id: str, *, reason: str, seen: Precondition = ANY) -> None:
    """Remove everything that was ever said in or about a claim; it answers 410 with a tombstone from now on.

    The reason goes into the log and stays: it must not repeat what is removed. What stands in the article's text, and
    in other claims, stays. Raises Clash when it was redacted before.
    """
    # Here, before any other lock, as whoever sends a key clears out the old ones; below what came meanwhile.
    answers.empty(session, [claim_id], [claim_id])
    related = lock_with_related(session, claim_id)
    claim = session.scalar(select(Claim).where(Claim.id == claim_id))
    if claim is None:
        raise NotFound(unknown.CLAIM)
    if session.get(Redaction, claim_id) is not None:
        raise Clash(message("This claim is already redacted."))
    blindness.demand_seen(session, actor, claim, seen)
    changes: list[dict[str, Any]] = [{"field": "redacted", "before": False, "after": True}]
    if claim.withdrawn_at is None:
        changes.append({"field": "withdrawn", "before": False, "after": True})
    changes += second_opinions.lapse(session, claim_states.load(session.connection(), [claim])[0], *Question)
    session.flush()
    left = remains.of_claims(session.connection(), [claim_id])
    entry = revisions.append_of_claim(
        session, actor, claim, "redact", changes, reason, facts=facts.of_remains(left[claim_id])
    )
    session.add(Redaction(claim_id=claim_id, log_index=entry.log_index))
    if claim.withdrawn_at is None:
        claim.withdrawn_at, claim.withdrawn_by_id = entry.at, actor.id
    _empty(claim)
    session.flush()
    for listed in (ClaimTag, ClaimSource):
        session.execute(delete(listed).where(listed.claim_seq == claim.seq))
    for part in (Quote, Hop):
        session.execute(delete(part).where(part.claim_id == claim_id))
    session.execute(
        update(Evidence)
        .where(Evidence.claim_id == claim_id)
        .values(
            url=None, title=GONE, excerpt=None, archived_url=None, note=None, source_id=None, origin_id=None,
            withdrawn_at=entry.at, withdrawn_reason=GONE, withdrawn_by_id=actor.id, capture_id=None,
            unreachable=None, unreachable_since=None, checked_at=None,
        )
    )  # fmt: skip
    session.execute(
        update(Occurrence)
        .where(Occurrence.claim_id == claim_id)
        .values(
            url=None, said_on=None, place=None, account=None, capture_id=None, timecode=None,
            withdrawn_at=entry.at, withdrawn_reason=GONE, withdrawn_by_id=actor.id,
        )
    )  # fmt: skip
    for noted in (Relation, SecondOpinion):
        session.execute(update(noted).where(noted.claim_id == claim_id).values(note=None))
    answers.empty(session, [claim_id], [claim_id])
    redact_history(session, claim_id, claim.seq, entry.log_index)
    assignments.scrub(session, actor, [claim_id], lambda _: assignments.Notes(), WHY)
    comments.redact_those_of(session, actor, claim_id, WHY_COMMENT)
    correction_requests.redact_those_about(session, actor, CorrectionRequest.claim_id == claim_id)
    others = select(Claim).where(Claim.id.in_(related), Claim.withdrawn_at.is_(None)).order_by(Claim.id)
    for state in claim_states.load(session.connection(), session.scalars(others).all()):
        why = "Reopened: a claim that it was in conflict with was redacted."
        entry = reopen_if_unfounded(session, actor, state, why) or entry
        documents.store(session, [(state, entry)])


def _empty(claim: Claim) -> None:
    claim.text, claim.tags, claim.external_id = GONE, [], None
    claim.low = claim.high = claim.unit = claim.wording = None
    claim.reason = claim.attribution_reason = claim.origin_id = None
    claim.withdrawn_reason = GONE
    claim.document, claim.etag = b"", ""
