"""Look whether a claim is found where it belongs: in the lists of its sources and tags, and by its words."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.rows import columns_of, stored
from factcheck.desk.claim_state.states import ClaimState
from factcheck.storage.tables.claims import ClaimSource, ClaimTag
from factcheck.storage.tables.logbook import LogHead

Entries = set[tuple[str, int]]  # the tag or the source's id, and the log index at which the claim changed last


def faults(session: Session, states: Sequence[ClaimState], *, mend: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Yield the ids of claims that the lists or the search do not find as their rows say, what is wrong, and whether
    it can be mended; with `mend`, that is put right.
    """
    size = session.scalar(select(LogHead.size)) or 0
    there = _there(session, [state.claim.seq for state in states])
    for state in states:
        claim, chain = state.claim, [(hop.source, hop.interested) for hop in state.hops]
        names = [source for source, _ in chain if source] + claim.tags
        origin = chain[-1] if chain else (None, None)
        if not 0 <= claim.changed_index < size:
            yield claim.id, f"It changed last at log index {claim.changed_index}, which the log does not have.", False
            continue
        if there[claim.seq] != {(name, claim.changed_index) for name in names} or origin != (
            claim.origin_id, claim.origin_interested
        ):  # fmt: skip
            yield claim.id, "The lists of its sources and tags do not match it.", True
            if mend:
                documents.relink(session, [claim.id])
        words = columns_of(*stored(state))["words"] if claim.withdrawn_at is None else ""
        if claim.words != words:
            yield claim.id, "The words by which the search finds it do not match its text.", True
            if mend:
                claim.words = words


def _there(session: Session, seqs: Sequence[int]) -> defaultdict[int, Entries]:
    found: defaultdict[int, Entries] = defaultdict(set)
    for listed, name in ((ClaimSource, ClaimSource.source_id), (ClaimTag, ClaimTag.tag)):
        for row in session.execute(
            select(listed.claim_seq, name.label("name"), listed.changed_index).where(listed.claim_seq.in_(seqs))
        ):
            found[row.claim_seq].add((row.name, row.changed_index))
    return found
