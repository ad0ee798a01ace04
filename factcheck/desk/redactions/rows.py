"""Black words out in the rows of claims, as `rules/redacting.py` does it in their contents and their JSON."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.connected import batches
from factcheck.rules.redacting import Blackout
from factcheck.storage import redaction
from factcheck.storage.tables.attribution import Hop, Quote
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.reviews import Review, SecondOpinion

OF_CLAIM = ("text", "unit", "wording", "tags", "reason", "attribution_reason", "withdrawn_reason")
PARTS: dict[Any, tuple[str, ...]] = {
    Hop: ("described_as", "cue", "note"),
    Evidence: ("url", "title", "excerpt", "archived_url", "note", "withdrawn_reason"),
    Occurrence: ("url", "place", "account", "withdrawn_reason"),
    Relation: ("note",),
    SecondOpinion: ("note",),
}


def black_out(session: Session, claim_ids: Sequence[str], blackouts: Callable[[str], Blackout]) -> None:
    """Black words out in the rows of locked claims, but for reviews. `blackouts` gives those of each claim."""
    for ids in batches(claim_ids):
        relisted = []
        for claim in session.scalars(select(Claim).where(Claim.id.in_(ids))).all():
            tags = claim.tags
            _write(claim, OF_CLAIM, blackouts(claim.id))
            if claim.tags != tags:
                relisted.append(claim.id)
        for quote in session.scalars(select(Quote).where(Quote.claim_id.in_(ids))).all():
            _quote(quote, blackouts(quote.claim_id))
        for part, columns in PARTS.items():
            for row in session.scalars(select(part).where(part.claim_id.in_(ids))).all():
                _write(row, columns, blackouts(row.claim_id))
        session.flush()
        documents.relink(session, relisted)


def black_out_reviews(session: Session, claim_ids: Sequence[str], blackouts: Callable[[str], Blackout]) -> None:
    """Black words out in the reasons of reviews of locked claims, once the log's last entry is that of a redaction."""
    for ids in batches(claim_ids):
        reviews = select(Review.id, Review.claim_id, Review.reason).where(Review.claim_id.in_(ids))
        for review in session.execute(reviews).all():
            reason = review.reason and blackouts(review.claim_id).text(review.reason)
            if reason != review.reason:
                redaction.redact_review(session, review.id, reason)


def _write(row: Any, columns: Sequence[str], blackout: Blackout) -> None:
    for name in columns:
        value = getattr(row, name)
        clean = blackout.json(value, name)
        if clean != value:
            setattr(row, name, clean)


def _quote(quote: Quote, blackout: Blackout) -> None:
    there = {"snapshot": quote.snapshot, "start": quote.start_at}
    clean = blackout.quote({"exact": quote.exact, "prefix": quote.prefix, "suffix": quote.suffix, **there})
    for name in ("exact", "prefix", "suffix"):
        if clean[name] != getattr(quote, name):
            setattr(quote, name, clean[name])
    if quote.now_exact is not None and quote.now_snapshot is not None and quote.now_start is not None:
        quote.now_exact = blackout.part(quote.now_snapshot, quote.now_start, quote.now_exact)
