"""Which claims stand in one group of the conflict board: those that contradict, or are in tension with, one another."""

from collections import Counter
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from factcheck.desk import families
from factcheck.desk.families import Families
from factcheck.rules.graphs import Union
from factcheck.rules.sources import CONFLICTS
from factcheck.storage.audit import ClaimAudit
from factcheck.storage.models import Claim, Relation


def conflict_groups(session: Session, touched: set[str], old: set[int], found: Families) -> dict[int, int | None]:
    """Return the conflict group of every claim that a change may have moved into or out of one; `old` were theirs."""
    in_conflict = {claim for claim, related in found.related.items() if any(kind in CONFLICTS for kind, _ in related)}
    if not in_conflict and not old:
        return {}
    members = {row.id: row.seq for ids in families.batches(old) for row in session.execute(_MEMBERS, {"ids": ids})}
    reached = families.together(session.connection(), touched | in_conflict | members.keys(), CONFLICTS)
    seqs = members | {
        row.id: row.seq for ids in families.batches(reached) for row in session.execute(_SEQS, {"ids": ids})
    }
    ordered = sorted(seqs[claim] for claim in reached)
    place = {seq: at for at, seq in enumerate(ordered)}
    joined = Union(len(place))
    for ids in families.batches(reached):
        for one, two in session.execute(_PAIRS, {"ids": ids, "kinds": sorted(CONFLICTS)}):
            if {one, two} <= reached:
                joined.join(place[seqs[one]], place[seqs[two]])
    size = Counter(joined.find(at) for at in place.values())
    groups: dict[int, int | None] = dict.fromkeys(members.values())
    for seq, at in place.items():
        groups[seq] = ordered[joined.find(at)] if size[joined.find(at)] > 1 else None
    return groups


_IDS: Any = bindparam("ids", expanding=True)
_MEMBERS = (
    select(Claim.id, Claim.seq)
    .join(ClaimAudit, ClaimAudit.claim_seq == Claim.seq)
    .where(ClaimAudit.conflict_group.in_(_IDS))
)
_SEQS = select(Claim.id, Claim.seq).where(Claim.id.in_(_IDS))
_PAIRS = select(Relation.claim_id, Relation.other_id).where(
    Relation.claim_id.in_(_IDS), Relation.kind.in_(bindparam("kinds", expanding=True))
)
