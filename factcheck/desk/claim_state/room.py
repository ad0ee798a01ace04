"""How much one claim may hold: each further write about it works through all that it holds already.

What is beyond these bounds on a desk from before them stays, and can be made smaller.
"""

from typing import Any

import orjson
from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.connected import connected_claims
from factcheck.errors import Clash, Flaw, Invalid
from factcheck.messages import message
from factcheck.rules.budget import CLAIM, CONNECTED, EVIDENCE, OCCURRENCES, RELATIONS
from factcheck.rules.sources import CONNECTING, RelationKind
from factcheck.storage.tables.claims import Claim, Relation


def demand_for_relation(session: Session, claim_id: str, other_id: str, kind: RelationKind) -> None:
    """Raise Clash when one of two claims has no room for another relation, or both belong to too many others."""
    full = message("This claim has {most} relations, which is the maximum.", most=RELATIONS)
    other_full = message("The other claim has {most} relations, which is the maximum.", most=RELATIONS)
    for claim, told in ((claim_id, full), (other_id, other_full)):
        if session.execute(_RELATED, {"claim": claim}).scalar_one() >= RELATIONS:
            raise Clash(told, limit=RELATIONS, claim_id=claim)
    if kind not in CONNECTING:
        return
    connected = connected_claims(session.connection(), [claim_id, other_id], CONNECTING)
    if len(connected) > CONNECTED:
        raise Clash(
            message(
                "This relation would connect {size} claims with one another, and {most} is the most: relate it to a"
                " claim of a smaller group.",
                size=len(connected),
                most=CONNECTED,
            ),
            limit=CONNECTED,
        )


def demand_for_evidence(held: int, more: int) -> None:
    """Raise Clash when a claim that holds so many pieces of evidence has no room for more."""
    if held + more > EVIDENCE:
        raise Clash(
            message(
                "The claim would have {size} pieces of evidence, those that were withdrawn included, and {most} is the"
                " most.",
                size=held + more,
                most=EVIDENCE,
            ),
            limit=EVIDENCE,
        )


def demand_for_occurrence(held: int) -> None:
    """Raise Clash when a claim that holds so many occurrences has no room for another one."""
    if held >= OCCURRENCES:
        raise Clash(
            message(
                "The claim has {most} occurrences, those that were withdrawn included, and that is the maximum.",
                most=OCCURRENCES,
            ),
            limit=OCCURRENCES,
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
        raise Invalid(message("The claim is too large."), flaws=[Flaw(_too_large(size), pointer="")])


def _too_large(size: int) -> str:
    return message(
        "The claim would have {size} bytes as JSON, and {most} is the most: shorten its quotes, its notes or the"
        " excerpts of its evidence.",
        size=size,
        most=CLAIM,
    )


_RELATED = (
    select(func.count())
    .select_from(Relation)
    .where(or_(Relation.claim_id == bindparam("claim"), Relation.other_id == bindparam("claim")))
)
