"""Look whether what must always hold does hold; the tables against the log, and the stored JSON against both."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from factcheck.desk import documents
from factcheck.rules.status import Status
from factcheck.storage.models import Claim, LogHead, Revision, RevisionContent, SubjectKind

BATCH = 500


@dataclass(frozen=True)
class Fault:
    """Something that does not hold: what it is about, and what is wrong."""

    subject: str
    detail: str


def count(session: Session) -> int:
    """Return how many claims there are to look at."""
    return session.scalar(select(func.count()).select_from(Claim)) or 0


def log_faults(session: Session) -> Iterator[Fault]:
    """Look for gaps in the log's numbers, and in those of each thing."""
    size = session.scalar(select(LogHead.size))
    rows, first, last = session.execute(
        select(func.count(), func.min(Revision.log_index), func.max(Revision.log_index))
    ).one()
    if size is None or rows != size or (rows and (first, last) != (0, size - 1)):
        yield Fault("log", f"The head says {size} revisions; there are {rows}, from index {first} to {last}.")
    contents = session.scalar(select(func.count()).select_from(RevisionContent))
    if contents != rows:
        yield Fault("log", f"{rows} revisions have {contents} contents.")
    gaps = session.execute(
        select(Revision.subject_kind, Revision.subject_id, func.count(), func.max(Revision.number))
        .group_by(Revision.subject_kind, Revision.subject_id)
        .having((func.count() != func.max(Revision.number)) | (func.min(Revision.number) != 1))
    )
    for kind, subject_id, count, highest in gaps:
        yield Fault(f"{kind} {subject_id}", f"It has {count} revisions, the last numbered {highest}.")


def claim_faults(session: Session, *, mend: bool = False) -> Iterator[list[Fault]]:
    """Look at every claim, in log order, and yield what is wrong with each: an empty list when all holds.

    A claim's statuses must be what the log says when it is folded in order, its JSON what rendering it gives.
    With `mend`, JSON that another version of factcheck rendered is replaced; nothing else is touched.
    """
    after = -1
    while claims := session.scalars(select(Claim).where(Claim.seq > after).order_by(Claim.seq).limit(BATCH)).all():
        folded = _folded(session, [claim.id for claim in claims])
        parts = documents.Parts(session, claims)
        for claim in claims:
            faults = [Fault(f"claim {claim.id}", detail) for detail in _against_log(claim, *folded[claim.id])]
            document = documents.dumped(parts.document(claim))
            etag = documents.etag_of(document)
            if (document, etag) != (claim.document, claim.etag):
                faults.append(Fault(f"claim {claim.id}", "Its stored JSON is not what rendering it gives."))
                if mend:
                    session.execute(update(Claim).where(Claim.id == claim.id).values(document=document, etag=etag))
            yield faults
        after = claims[-1].seq
        session.flush()
        session.expunge_all()


def _folded(session: Session, claim_ids: list[str]) -> defaultdict[str, tuple[int, dict[str, str], bool]]:
    """Replay the log for some claims: the last number, the status on each question, whether withdrawn."""
    state: defaultdict[str, tuple[int, dict[str, str], bool]] = defaultdict(
        lambda: (0, {"status": Status.UNVERIFIED.value, "attribution.status": Status.UNVERIFIED.value}, False)
    )
    rows = session.execute(
        select(Revision.subject_id, Revision.number, RevisionContent.changes)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == SubjectKind.CLAIM, Revision.subject_id.in_(claim_ids))
        .order_by(Revision.log_index)
    )
    for row in rows:
        _, statuses, withdrawn = state[row.subject_id]
        for change in row.changes:
            if change["field"] in statuses:
                statuses[change["field"]] = change["after"]
            elif change["field"] == "withdrawn":
                withdrawn = change["after"]
        state[row.subject_id] = (row.number, statuses, withdrawn)
    return state


def _against_log(claim: Claim, number: int, statuses: dict[str, str], withdrawn: bool) -> Iterator[str]:
    if claim.revision != number:
        yield f"It is at revision {claim.revision}; the log's last is {number}."
    if claim.status != statuses["status"]:
        yield f"Its status is {claim.status}; the log says {statuses['status']}."
    if claim.attribution_status != statuses["attribution.status"]:
        yield f"Its attribution is {claim.attribution_status}; the log says {statuses['attribution.status']}."
    if (claim.withdrawn_at is not None) != withdrawn:
        yield f"It is {'withdrawn' if claim.withdrawn_at else 'standing'}; the log says otherwise."
