"""How much one claim may hold: each further write about it works through all that it holds already.

What is beyond these bounds on a desk from before them stays, and can be made smaller.
"""

from typing import Any

import orjson
from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.connected import connected_claims
from factcheck.errors import Clash, Flaw, Invalid
from factcheck.rules.budget import CLAIM, CONNECTED, EVIDENCE, RELATIONS
from factcheck.rules.sources import CONNECTING, RelationKind
from factcheck.storage.tables.claims import Claim, Relation


def demand_for_relation(session: Session, claim_id: str, other_id: str, kind: RelationKind) -> None:
    """Raise Clash when one of two claims has no room for another relation, or both belong to too many others."""
    for claim, which in ((claim_id, "This claim"), (other_id, "The other claim")):
        if session.execute(_RELATED, {"claim": claim}).scalar_one() >= RELATIONS:
            raise Clash(f"{which} has {RELATIONS} relations, which is the maximum.", limit=RELATIONS, claim_id=claim)
    if kind not in CONNECTING:
        return
    connected = connected_claims(session.connection(), [claim_id, other_id], CONNECTING)
    if len(connected) > CONNECTED:
        raise Clash(
            f"This relation would connect {len(connected)} claims with one another, and {CONNECTED} is the most:"
            " relate it to a claim of a smaller group.",
            limit=CONNECTED,
        )


def demand_for_evidence(held: int, more: int) -> None:
    """Raise Clash when a claim that holds so many pieces of evidence has no room for more."""
    if held + more > EVIDENCE:
        raise Clash(
            f"The claim would have {held + more} pieces of evidence, those that were withdrawn included, and {EVIDENCE}"
            " is the most.",
            limit=EVIDENCE,
        )


def demand_for_json(claim: Claim, before: int = 0) -> None:
    """Raise Clash when a claim's JSON, just rendered, has outgrown its bound; `before` says what size it had."""
    size = len(claim.document)
    if size > max(CLAIM, before):
        raise Clash(_too_large(size), limit=CLAIM)


def demand_for_content(*content: Any) -> None:
    """Raise Invalid when what a new claim is made of is larger than a claim's JSON may be."""
    size = len(orjson.dumps(content))
    if size > CLAIM:
        raise Invalid("The claim is too large.", flaws=[Flaw(_too_large(size), pointer="")])


def _too_large(size: int) -> str:
    return (
        f"The claim would have {size} bytes as JSON, and {CLAIM} is the most: shorten its quotes, its notes or the"
        " excerpts of its evidence."
    )


_RELATED = (
    select(func.count())
    .select_from(Relation)
    .where(or_(Relation.claim_id == bindparam("claim"), Relation.other_id == bindparam("claim")))
)
