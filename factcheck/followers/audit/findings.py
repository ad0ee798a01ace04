"""What is wrong with claims: the rules of the audit, applied to families of claims."""

from datetime import UTC, datetime, time

from factcheck.followers.audit import source_roles
from factcheck.followers.audit.families import Families
from factcheck.followers.audit.states import State
from factcheck.rules.auditing.audited import Audited
from factcheck.rules.auditing.findings import findings
from factcheck.rules.finding_kinds import Finding
from factcheck.rules.origins import Provenance


def audited(found: Families) -> dict[int, State]:
    """Return the state of each of these claims, which must be whole families, by its place in the log."""
    states: dict[int, State] = {}
    for members, provenance in found.each():
        held: dict[str, dict[str, Finding]] = {claim.id: {} for claim in members}
        for finding in findings(members, provenance, found.related):
            held[finding.claim][finding.kind] = finding
        for claim in members:
            states[claim.seq] = _state(found, claim, provenance, held[claim.id])
    return states


def _state(found: Families, claim: Audited, provenance: Provenance, held: dict[str, Finding]) -> State:
    row = found.rows[claim.id]
    return State(
        seq=claim.seq,
        article_id=row.article_id,
        status=claim.status,
        attribution_status=claim.attribution_status,
        coverage=coverage(claim),
        origins=len(provenance.origins),
        independent_origins=provenance.independent,
        conflict_group=None,
        sources=frozenset(hop.source for hop in claim.stated.chain if hop.source),
        findings=held,
        source_roles=source_roles.of_claim(claim, (row.published_on or row.created_at).year),
    )


def coverage(claim: Audited) -> str:
    """Say how far a claim is traced: `named`, `unnamed` or `own_voice`, or the same of one that cannot be checked."""
    traced = "named" if claim.named_origin else "unnamed" if claim.stated.chain else "own_voice"
    return traced if claim.checkable else f"uncheckable_{traced}"


def since(finding: Finding, entry_at: datetime, before: datetime | None) -> datetime:
    """Return from when a finding holds: as before, when it held already, or from this entry; or from its own day on."""
    if finding.holds_from is not None:
        return datetime.combine(finding.holds_from, time(), UTC)
    return before or entry_at
