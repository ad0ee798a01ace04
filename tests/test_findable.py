"""`doctor` names a claim that the lists of its sources and tags do not find; `--mend` puts it right."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from factcheck.inspection.checkup import Fault
from tests.desk import Desk
from tests.examining import claim_faults
from torture.tampering import all_rights

FORGED = {
    "DELETE FROM claim_sources": {"claim_sources"},
    "DELETE FROM claim_tags WHERE tag = 'crowds'": {"claim_tags"},
    "UPDATE claim_tags SET tag = 'sport' WHERE tag = 'crowds'": {"claim_tags"},
    "UPDATE claim_sources SET changed_index = 0": {"claim_sources.changed_index"},
    "UPDATE claims SET origin_id = NULL WHERE origin_id IS NOT NULL": {"claims.origin_id"},
    "UPDATE claims SET origin_interested = NULL WHERE origin_interested IS NOT NULL": {"claims.origin_interested"},
    "UPDATE claims SET changed_index = -1 WHERE withdrawn_at IS NULL": {"claims.changed_index"},
}


@pytest.fixture
def claims(desk: Desk) -> tuple[str, str]:
    """Return the ids of a claim that stands and of one that was withdrawn."""
    source = desk.source()["id"]
    hop = {"source_id": source, "directness": "direct", "interested": True}
    stands = desk.claim(attribution=[hop], tags=["crowds", "niger"])["id"]
    gone = desk.claim(text="Nobody was present.")["id"]
    assert desk.post(f"/v1/claims/{gone}/withdrawal", {"reason": "It was double."}, by="admin").status_code == 204
    return stands, gone


def found(session: Session, *, mend: bool = False) -> list[Fault]:
    session.expire_all()
    return claim_faults(session, mend=mend)


@pytest.mark.parametrize("statement", FORGED)
def test_a_claim_that_is_not_found_where_it_belongs_is_named_and_mended(
    desk: Desk, claims: tuple[str, str], statement: str
) -> None:
    stands, _ = claims
    with all_rights(desk.database.url) as session:
        assert found(session) == []
        assert session.connection().execute(text(statement)).rowcount == 1
        for mend in (False, True):
            faults = found(session, mend=mend)
            assert {fault.detail.partition(":")[0] for fault in faults} == FORGED[statement]
            assert {(fault.subject, fault.mended) for fault in faults} == {(f"claim {stands}", mend)}
            assert all("doctor --mend" in fault.mend for fault in faults)
        assert found(session) == []
