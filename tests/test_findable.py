"""`doctor` names a claim that the lists of its sources and tags, or the search, do not find; `--mend` puts it right."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from factcheck.inspection import checkup
from tests.desk import Desk
from tests.test_tampering import with_all_rights

LISTS = "The lists of its sources and tags do not match it."
WORDS = "The words by which the search finds it do not match its text."
FORGED = {
    "DELETE FROM claim_sources": LISTS,
    "DELETE FROM claim_tags WHERE tag = 'crowds'": LISTS,
    "UPDATE claim_tags SET tag = 'sport' WHERE tag = 'crowds'": LISTS,
    "UPDATE claim_sources SET changed_index = 0": LISTS,
    "UPDATE claims SET origin_id = NULL WHERE origin_id IS NOT NULL": LISTS,
    "UPDATE claims SET origin_interested = NULL WHERE origin_interested IS NOT NULL": LISTS,
    "UPDATE claims SET words = 'other words' WHERE words <> ''": WORDS,
    "UPDATE claims SET words = 'present again' WHERE words = ''": WORDS,
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


def found(session: Session, *, mend: bool = False) -> list[checkup.Fault]:
    session.expire_all()
    return [fault for some in checkup.claim_faults(session, mend=mend) for fault in some]


@pytest.mark.parametrize("statement", FORGED)
def test_a_claim_that_is_not_found_where_it_belongs_is_named_and_mended(
    desk: Desk, claims: tuple[str, str], statement: str
) -> None:
    stands, gone = claims
    about = gone if statement.endswith("words = ''") else stands
    with with_all_rights(desk.database.url) as session:
        assert found(session) == []
        assert session.connection().execute(text(statement)).rowcount == 1
        [fault] = found(session)
        assert (fault.subject, fault.detail, fault.mended) == (f"claim {about}", FORGED[statement], False)
        assert "doctor --mend" in fault.mend
        [fault] = found(session, mend=True)
        assert (fault.detail, fault.mended) == (FORGED[statement], True)
        session.flush()
        assert found(session) == []


@pytest.mark.parametrize("index", [-1, 2**53])
def test_a_claim_that_changed_last_at_no_entry_is_named(desk: Desk, claims: tuple[str, str], index: int) -> None:
    with with_all_rights(desk.database.url) as session:
        values = {"index": index, "id": claims[0]}
        session.connection().execute(text("UPDATE claims SET changed_index = :index WHERE id = :id"), values)
        [fault] = found(session, mend=True)
        assert (fault.subject, fault.mended) == (f"claim {claims[0]}", False)
        assert fault.detail == f"It changed last at log index {index}, which the log does not have."
        assert "restore a backup" in fault.mend
