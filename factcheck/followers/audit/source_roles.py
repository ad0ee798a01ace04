"""What claims are to the sources in their chains, now and at any instant: what a source's record is counted from."""

from dataclasses import dataclass, fields
from typing import NamedTuple

from factcheck.rules.auditing.audited import Audited


@dataclass(frozen=True)
class SourceRole:
    """What one claim is to one source.

    `role`: `origin` when the source is the last of the chain, `principal` when the origin speaks on its behalf,
    `relay` when it stands further up or published the article, `voice` when it published an article that says it in
    its own voice. `year` is that of the article, or of the claim's entry if it has no date.
    """

    role: str
    kind: str
    year: int
    status: str
    attribution_status: str


FIELDS = tuple(each.name for each in fields(SourceRole))


def of_claim(claim: Audited, year: int) -> dict[str, SourceRole]:
    """Return what a claim is to each source in its chain and to the article's outlet, each in its highest role."""
    chain = claim.stated.chain
    roles: dict[str, str] = {hop.source: "relay" for hop in chain if hop.source}
    if outlet := claim.stated.outlet:
        roles[outlet] = "relay" if chain else "voice"
    if chain:
        if principal := chain[-1].on_behalf_of:
            roles[principal] = "principal"
        if origin := chain[-1].source:
            roles[origin] = "origin"
    return {
        source: SourceRole(role, claim.kind, year, claim.status, claim.attribution_status)
        for source, role in sorted(roles.items())
    }


class Period(NamedTuple):
    """A stored period that has not ended: since which log index, and what it says."""

    from_index: int
    source_role: SourceRole
