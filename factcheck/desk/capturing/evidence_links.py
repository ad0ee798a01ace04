"""Links of evidence: whether the page that it cites still answers. Each change of that is an entry of its claim."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access.blindness import LINK
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.connected import batches
from factcheck.log import revisions
from factcheck.log.actors import Actor, action
from factcheck.log.revisions import Change
from factcheck.rules.redacting import BLOCK
from factcheck.rules.roles import Role
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.evidence import Evidence


@dataclass
class Link:
    """A URL that active evidence cites: its claims, what is known of it, and when the desk had its page last."""

    url: str
    claim_ids: list[str] = field(default_factory=list)
    evidence_ids: list[str] = field(default_factory=list)
    captured_at: datetime | None = None
    errors: set[str | None] = field(default_factory=set)

    def news(self, error: str | None) -> bool:
        """Say whether a check changes what is known: of some of the evidence, for it may be newer than the rest."""
        return any((known is None) != (error is None) for known in self.errors)


def of_evidence(connection: Connection) -> dict[str, Link]:
    """Return the links of all active evidence by their URLs, those first that were checked longest ago.

    Without URLs of which words were redacted.
    """
    rows = connection.execute(
        select(Evidence.url, Evidence.claim_id, Evidence.id, Evidence.unreachable, Capture.fetched_at)
        .join(Claim, Claim.id == Evidence.claim_id)
        .outerjoin(Capture, Capture.id == Evidence.capture_id)
        .where(Evidence.url.is_not(None), Evidence.withdrawn_at.is_(None), Claim.withdrawn_at.is_(None))
        .order_by(Evidence.checked_at.is_not(None), Evidence.checked_at, Claim.seq, Evidence.position)
    )
    found: dict[str, Link] = {}
    for url, claim_id, evidence_id, error, captured_at in rows:
        if url is not None and BLOCK not in url:
            link = found.setdefault(url, Link(url))
            link.claim_ids.append(claim_id)
            link.evidence_ids.append(evidence_id)
            link.errors.add(error)
            link.captured_at = max(filter(None, (link.captured_at, captured_at)), default=None)
    return found


def checked(session: Session, evidence_ids: Iterable[str], at: datetime) -> None:
    """Note when the page of this evidence was asked for, so that others come first the next time."""
    for ids in batches(evidence_ids):
        session.execute(update(Evidence).where(Evidence.id.in_(ids)).values(checked_at=at))


@action(Role.CONTRIBUTOR)
def record(session: Session, actor: Actor, /, claim_id: str, *, url: str, error: str | None) -> int:
    """Record whether the page at `url` answers, of a claim's active evidence that cites it: `error` says why not.

    Return of how many pieces that is news: only then there is an entry. The claim's verdict stays.
    """
    state = claim_states.locked(session, claim_id)
    cites = (Evidence.claim_id == claim_id, Evidence.url == url, Evidence.withdrawn_at.is_(None))
    pieces = session.scalars(select(Evidence).where(*cites).order_by(Evidence.position)).all()
    news = [piece for piece in pieces if (piece.unreachable is None) != (error is None)]
    if not news:
        return 0
    changes: list[Change] = [
        {
            "field": LINK,
            "before": {"evidence_id": piece.id, "error": piece.unreachable},
            "after": {"evidence_id": piece.id, "error": error},
        }
        for piece in news
    ]
    entry = revisions.append_of_claim(session, actor, state.claim, "check_evidence", changes)
    for piece in news:
        piece.unreachable, piece.unreachable_since = error, entry.at if error is not None else None
    documents.render(session, [claim_id], entry)
    return len(news)
