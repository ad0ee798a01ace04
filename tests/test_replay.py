"""`log verify` compares every row that people read with what the log says of it, also of what was withdrawn."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.inspection import replay
from factcheck.log.leaves import canonical
from factcheck.log.verification import Progress
from factcheck.storage.tables.claims import Claim
from tests.desk import Desk
from tests.test_verification_checks import Ledger
from torture.tampering import all_rights

REASON = "Two people counted them."
PIECE = {"stance": "supports", "title": "A count", "excerpt": "We counted them."}
# What somebody with all rights writes, and what is told of it. The names in braces are ids of the desk's things.
FORGED: dict[str, tuple[str, str]] = {
    "the reason of a withdrawal": (
        "UPDATE claims SET withdrawn_reason = 'Another one.' WHERE id = '{gone}'",
        "claim {gone}, *claims.withdrawn_reason: ",
    ),
    "who withdrew a claim": (
        "UPDATE claims SET withdrawn_by_id = '{analyst}' WHERE id = '{gone}'",
        "claim {gone}, *claims.withdrawn_by_id: ",
    ),
    "the words of withdrawn evidence": (
        "UPDATE evidence SET excerpt = 'Nobody counted.' WHERE withdrawn_at IS NOT NULL AND claim_id = '{judged}'",
        "claim {judged}, *evidence.excerpt: ",
    ),
    "the reason for withdrawing evidence": (
        "UPDATE evidence SET withdrawn_reason = 'x' WHERE withdrawn_at IS NOT NULL AND claim_id = '{judged}'",
        "claim {judged}, *evidence.withdrawn_reason: ",
    ),
    "withdrawn evidence is gone": (
        "DELETE FROM evidence WHERE withdrawn_at IS NOT NULL AND claim_id = '{judged}'",
        "claim {judged}, *evidence: The row is missing.",
    ),
    "the day of a review": (
        "UPDATE reviews SET review_by = NULL WHERE claim_id = '{judged}' AND review_by IS NOT NULL",
        "claim {judged}, *reviews.review_by: ",
    ),
    "who reviewed": (
        "UPDATE reviews SET reviewer_id = '{admin}' WHERE claim_id = '{judged}' AND question = 'attribution'",
        "claim {judged}, *reviews.reviewer_id: ",
    ),
    "the evidence of a review": (
        "UPDATE reviews SET evidence_ids = '[]' WHERE claim_id = '{judged}' AND question = 'content'",
        "claim {judged}, *reviews.evidence_ids: ",
    ),
    "a snapshot is gone": (
        "DELETE FROM snapshots WHERE article_id = '{article}' AND number = 1",
        "article {article}, *snapshots: The row is missing.",
    ),
    "a newest snapshot that is not there": (
        "UPDATE articles SET snapshot_number = 2 WHERE id = '{article}'",
        "article {article}, *articles.snapshot_number: ",
    ),
    "a revoked token is good again": (
        "UPDATE tokens SET revoked_at = NULL WHERE person_id = '{reader}'",
        "person {reader}, *tokens.revoked_at: ",
    ),
    "the name by which somebody is found": (
        "UPDATE people SET folded_name = 'somebody' WHERE id = '{reader}'",
        "person {reader}, *people.folded_name: ",
    ),
    "somebody's role": (
        "UPDATE people SET role = 'admin' WHERE id = '{reader}'",
        "person {reader}, *people.role: It is “admin”, not “reader”.",
    ),
    "the title of an article": (
        "UPDATE articles SET title = 'Another' WHERE id = '{article}'",
        "article {article}, *articles.title: ",
    ),
    "the name of a source": (
        "UPDATE sources SET name = 'Somebody else' WHERE id = '{source}'",
        "source {source}, *sources.name: ",
    ),
    "the number of a claim's changes": (
        "UPDATE claims SET revision = 7 WHERE id = '{gone}'",
        "claim {gone}, *claims.revision: It is “7”, not “2”.",
    ),
    "a token that nobody issued": (
        "UPDATE tokens SET id = '00000000-0000-7000-8000-000000000000' WHERE person_id = '{admin}'",
        "person {admin}, *tokens: The log knows of no such row.",
    ),
    "words of a redacted claim": (
        "UPDATE claims SET withdrawn_reason = 'It named her.' WHERE id = '{redacted}'",
        "claim {redacted}, *claims.withdrawn_reason: ",
    ),
    "evidence of a redacted claim": (
        "UPDATE evidence SET excerpt = 'She was there.' WHERE claim_id = '{redacted}'",
        "claim {redacted}, *evidence.excerpt: ",
    ),
    "a review of a redacted claim": (
        "UPDATE reviews SET reason = 'She said so.' WHERE claim_id = '{redacted}'",
        "claim {redacted}, *reviews.reason: ",
    ),
}


@pytest.fixture
def named(desk: Desk) -> dict[str, str]:
    """Return the ids of a desk's things: a claim that was judged, one that was withdrawn, and one that was redacted."""
    article = desk.article()["id"]
    judged, gone, redacted = (
        desk.claim(article_id=article, text=f"Claim number {each} of three.")["id"] for each in ("one", "two", "three")
    )
    against = PIECE | {"stance": "refutes"}
    done = [
        desk.review(judged, status="verified", reason=REASON, evidence=[PIECE], review_by="2099-01-01"),
        desk.review(judged, status="verified", reason=REASON, question="attribution"),
        desk.review(redacted, status="refuted", reason=REASON, evidence=[against]),
        desk.post(f"/v1/claims/{gone}/withdrawal", {"reason": "It was double."}, by="admin"),
        desk.post(f"/v1/claims/{redacted}/redaction", {"reason": "A court said so."}, by="admin"),
    ]
    assert [answer.status_code for answer in done] == [201, 201, 201, 204, 204]
    piece = desk.made(f"/v1/claims/{judged}/evidence", PIECE)["id"]
    withdrawn = desk.post(f"/v1/claims/{judged}/evidence/{piece}/withdrawal", {"reason": "It was a draft."})
    assert (withdrawn.status_code, withdrawn.json["id"]) == (200, piece)
    with desk.database.writing() as session:
        people.revoke(session, people.operator(session), name="Test reader")
    things = {"article": article, "judged": judged, "gone": gone, "redacted": redacted}
    return things | {"source": desk.source()["id"]} | desk.people


def told(session: Session) -> list[str]:
    return [fault.told() for some in replay.replayed(session, Progress()) for fault in some]


def test_a_row_that_is_not_what_the_log_says_is_named(desk: Desk, named: dict[str, str]) -> None:
    missed = {}
    for what, (statement, expected) in FORGED.items():
        with all_rights(desk.database.url) as session:
            assert told(session) == [], what
            assert session.connection().execute(text(statement.format_map(named))).rowcount == 1, what
            session.expire_all()
            found = told(session)
        place, _, detail = expected.format_map(named).partition("*")
        if not any(line.startswith(place) and detail in line for line in found):
            missed[what] = found
    assert missed == {}


def test_an_entry_that_gives_another_status_than_its_contents_is_named(desk: Desk) -> None:
    claim = desk.claim()["id"]
    assert desk.review(claim, status="in_review").status_code == 201
    with all_rights(desk.database.url) as session:
        ledger = Ledger(session)
        leaf = ledger.leaf(ledger.size - 1)
        assert leaf["status"]["content"] == "in_review"
        ledger.write(ledger.size - 1, canonical(leaf | {"status": leaf["status"] | {"content": "verified"}}))
        place = f"claim {claim}, revision 2, log index {ledger.size - 1}"
        assert told(session) == [f"{place}: Its entry gives another status than its contents."]


def test_a_redacted_claim_stays_empty_when_a_claim_that_it_is_related_to_is_withdrawn(desk: Desk) -> None:
    redacted, other = desk.claim()["id"], desk.claim(text="They all left early.")["id"]
    desk.made(f"/v1/claims/{other}/relations", {"kind": "in_tension_with", "claim_id": redacted})
    assert desk.post(f"/v1/claims/{redacted}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    assert desk.post(f"/v1/claims/{other}/withdrawal", {"reason": "It was entered twice."}).status_code == 204
    with desk.database.reading_one_moment() as connection, Session(connection) as session:
        assert session.execute(select(Claim.document, Claim.etag).where(Claim.id == redacted)).one() == (b"", "")
        assert told(session) == []
