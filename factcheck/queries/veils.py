"""What the audit leaves out for whoever is to give a second opinion: findings and counts tell of a verdict too."""

from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk.access.blindness import Blind, of_viewer
from factcheck.desk.claim_state.connected import batches, connected_claims, neighbours
from factcheck.log.actors import Actor
from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.origins import FAMILY
from factcheck.rules.status import Question
from factcheck.storage.tables.claims import Claim

# Findings about the chain and the anchors alone; all others depend on verdicts, or on evidence that may be inside one.
OPEN_TO_ALL = frozenset(
    {
        FindingKind.UNATTRIBUTED,
        FindingKind.UNNAMED_ORIGIN,
        FindingKind.MISSING_LINK,
        FindingKind.ANCHOR_BROKEN,
    }
)
TELLING = sorted(kind.value for kind in FindingKind if kind not in OPEN_TO_ALL)


@dataclass(frozen=True)
class Veil:
    """What is hidden from one caller. `seqs` gives the claims' places in the log, `touched` those of all claims whose
    findings would tell of them: their families and whatever is related to those.
    """

    blinds: tuple[Blind, ...]
    seqs: dict[str, int]
    touched: frozenset[int]

    @cached_property
    def evidence(self) -> frozenset[str]:
        return frozenset(each for blind in self.blinds for each in blind.evidence_ids)

    def hidden(self, question: Question) -> dict[int, Blind]:
        """Return what is hidden of a question, by the claim's place in the log."""
        return {self.seqs[blind.claim_id]: blind for blind in self.blinds if blind.question is question}

    def tells(self, claim_id: str, question: str, log_index: int) -> bool:
        """Say whether a change of a claim's status, at this place in the log, is or follows a hidden verdict."""
        return any(blind.claim_id == claim_id and blind.hides(question, log_index) for blind in self.blinds)


def over(connection: Connection, viewer: Actor | None) -> Veil | None:
    """Return what is hidden from this caller, None when nothing is: one query for those who decide, none for others."""
    blinds = of_viewer(connection, viewer)
    if not blinds:
        return None
    hidden = {blind.claim_id for blind in blinds}
    family = connected_claims(connection, hidden, FAMILY) | hidden
    near = neighbours(connection, family) | family
    seqs: dict[str, int] = {}
    for ids in batches(near):
        seqs.update({row.id: row.seq for row in connection.execute(_SEQS, {"ids": ids})})
    return Veil(tuple(blinds), {claim: seqs[claim] for claim in hidden}, frozenset(seqs.values()))


_SEQS = select(Claim.id, Claim.seq).where(Claim.id.in_(bindparam("ids", expanding=True)))
