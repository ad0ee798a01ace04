"""What an entry settles beside the fields that it changes is in its content, and nowhere in the API."""

import hmac
from typing import Any

import orjson
from sqlalchemy import select

from factcheck.storage.tables.logbook import Revision, RevisionContent
from factcheck.storage.tables.people import Person
from tests.desk import Desk

REASON = "Two sources report it."


def contents(desk: Desk, subject_id: str) -> list[tuple[str, Any]]:
    """Return the action and the content of each entry of a thing; every content is what its entry commits to."""
    with desk.database.reading() as connection:
        rows = connection.execute(
            select(Revision.action.label("action"), Revision.leaf, RevisionContent.salt, RevisionContent.content)
            .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
            .where(Revision.subject_id == subject_id)
            .order_by(Revision.log_index)
        ).all()
    for row in rows:
        assert orjson.loads(row.leaf)["commit"] == hmac.digest(row.salt, row.content, "sha256").hex()
    return [(row.action, orjson.loads(row.content)) for row in rows]


def test_a_persons_first_entry_binds_the_mark_and_dates_the_person(desk: Desk) -> None:
    analyst = desk.people["analyst"]
    with desk.database.reading() as connection:
        person = connection.execute(select(Person.mark, Person.created_at).where(Person.id == analyst)).one()
        first = connection.execute(
            select(Revision.at).where(Revision.subject_id == analyst, Revision.number == 1)
        ).scalar_one()
    (action, content), *_ = contents(desk, analyst)
    assert (action, content["facts"]) == ("add", {"mark": person.mark})
    assert person.created_at == first
    assert person.mark not in desk.get("/v1/changes?limit=200", by="admin").get_data(as_text=True)


def test_a_review_names_its_row_and_its_days(desk: Desk) -> None:
    claim = desk.claim()
    review = desk.review(
        claim["id"], question="attribution", status="verified", reason=REASON, review_by="2031-01-01"
    ).json
    action, content = contents(desk, claim["id"])[-1]
    assert action == "review"
    assert content["facts"]["review"] == {"id": review["id"], "valid_on": None, "review_by": "2031-01-01"}


def test_an_edit_says_why_it_reopens(desk: Desk) -> None:
    claim = desk.claim()
    assert desk.review(claim["id"], question="attribution", status="verified", reason=REASON).status_code == 201
    edited = desk.patch(f"/v1/claims/{claim['id']}", {"text": "Other words."}, etag=desk.etag(claim["id"]))
    assert edited.status_code == 200
    action, content = contents(desk, claim["id"])[-1]
    assert (action, content["facts"]) == ("amend", {"reopened": {"attribution": edited.json["attribution"]["reason"]}})


def test_evidence_that_is_withdrawn_says_why_it_reopens(desk: Desk) -> None:
    claim = desk.claim()
    given = [{"stance": "supports", "title": "A count"}]
    assert desk.review(claim["id"], status="verified", reason=REASON, evidence=given).status_code == 201
    [item] = desk.get(f"/v1/claims/{claim['id']}").json["evidence"]
    path = f"/v1/claims/{claim['id']}/evidence/{item['id']}/withdrawal"
    assert desk.post(path, {"reason": "A copy."}).status_code == 200
    action, content = contents(desk, claim["id"])[-1]
    why = desk.get(f"/v1/claims/{claim['id']}").json["reason"]
    assert (action, content["facts"]) == ("withdraw_evidence", {"reopened": {"content": why}})


def test_a_redaction_states_what_remains_without_a_word(desk: Desk) -> None:
    claim = desk.claim(text="A canary sang.", tags=["canary"])
    given = [{"stance": "refutes", "title": "A canary's count", "note": "canary"}]
    review = desk.review(claim["id"], status="refuted", reason="Because of the canary.", evidence=given).json
    redacted = desk.post(f"/v1/claims/{claim['id']}/redaction", {"reason": "A court asked."}, by="admin")
    assert redacted.status_code in (200, 204)
    [(action, content)] = contents(desk, claim["id"])
    assert action == "redact"
    remains = content["facts"]["remains"]
    assert remains["claims"]["status"] == "refuted"
    assert remains["claims"]["reviewed_by_id"] == desk.people["analyst"]
    assert [each["id"] for each in remains["reviews"]] == [review["id"]]
    assert [each["id"] for each in remains["evidence"]] == review["evidence_ids"]
    assert b"canary" not in orjson.dumps(content)
