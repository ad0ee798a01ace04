"""Assignments: to whom a claim is assigned, and until when."""

from typing import Any

import pytest

from factcheck.desk.team import assignments
from tests.desk import Desk
from tests.everything import decide
from tests.test_amending import faults

GONE = "(redacted)"


@pytest.fixture
def claim_id(desk: Desk) -> str:
    return str(desk.claim()["id"])


def put(desk: Desk, claim_id: str, body: Any, **options: Any) -> Any:
    return desk.request("PUT", f"/v1/claims/{claim_id}/assignment", json=body, **options)


def release(desk: Desk, claim_id: str, **options: Any) -> Any:
    return desk.request("DELETE", f"/v1/claims/{claim_id}/assignment", **options)


def changes(desk: Desk, by: str | None) -> Any:
    return desk.get("/v1/changes?limit=200", by=by).json["items"]


def test_a_claim_is_assigned_and_released(desk: Desk, claim_id: str) -> None:
    here = f"/v1/claims/{claim_id}/assignment"
    analyst, editor = ({"id": desk.people[role], "name": f"Test {role}"} for role in ("analyst", "admin"))
    claim = desk.get(f"/v1/claims/{claim_id}")
    missing = desk.get(here)
    assert (missing.status_code, missing.json["detail"]) == (404, "This claim is not assigned to anybody.")
    wanted = {"person_id": editor["id"], "due_on": "2099-01-02", "priority": "high", "note": "Ask the police."}
    answer = put(desk, claim_id, wanted)
    made = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (201, here)
    assert made | {"id": "", "assigned_at": ""} == {
        "id": "", "claim_id": claim_id, "person": editor, "due_on": "2099-01-02", "priority": "high",
        "note": "Ask the police.", "assigned_by": analyst, "assigned_at": "", "blind": False,
        "links": {"self": here, "claim": f"/v1/claims/{claim_id}"},
    }  # fmt: skip
    read = desk.get(here, by="reader")
    assert (read.json, read.headers["ETag"]) == (made, answer.headers["ETag"])

    size = len(desk.changes())
    assert put(desk, claim_id, wanted).status_code == 200
    assert len(desk.changes()) == size  # the same again
    other = put(desk, claim_id, {"person_id": analyst["id"]})
    assert (other.status_code, other.json["id"]) == (200, made["id"])
    assert {name: other.json[name] for name in ("person", "due_on", "priority", "note")} == {
        "person": analyst, "due_on": None, "priority": "normal", "note": None
    }  # fmt: skip
    assert faults(desk) == []
    assert release(desk, claim_id).status_code == 204
    again = release(desk, claim_id)
    assert (again.status_code, again.json["detail"]) == (404, "This claim is not assigned to anybody.")
    assert desk.get(here).status_code == 404
    assert put(desk, claim_id, wanted).status_code == 201
    told = [(each["action"], [change["field"] for change in each["changes"]]) for each in desk.changes()[-4:]]
    every = ["person_id", "due_on", "priority", "note"]
    assert told == [
        ("assign", ["claim_id", *every]), ("assign", every), ("release", ["person_id"]), ("assign", every)
    ]  # fmt: skip
    assert faults(desk) == []
    unchanged = desk.get(f"/v1/claims/{claim_id}")
    assert (unchanged.json, unchanged.headers["ETag"]) == (claim.json, claim.headers["ETag"])


def test_who_may(desk: Desk, claim_id: str) -> None:
    body = {"person_id": desk.people["analyst"]}
    for ask in (lambda by: put(desk, claim_id, body, by=by), lambda by: release(desk, claim_id, by=by)):
        assert [ask(by).status_code for by in (None, "reader", "contributor")] == [401, 403, 403]
    open_desk = desk.with_settings(public_read=True)
    assert put(desk, claim_id, body).status_code == 201
    assert open_desk.get(f"/v1/claims/{claim_id}", by=None).status_code == 200
    for path in (f"/v1/claims/{claim_id}/assignment", "/v1/assignments"):
        assert open_desk.get(path, by=None).status_code == 401
    [entry] = [each for each in changes(open_desk, None) if each["subject"]["kind"] == "assignment"]
    assert (entry["subject"]["id"], entry["changes"]) == (None, [])


def test_only_people_who_decide_are_assigned(desk: Desk, claim_id: str) -> None:
    size = len(desk.changes())
    for person_id in (desk.people["contributor"], desk.people["reader"], claim_id):
        refused = put(desk, claim_id, {"person_id": person_id})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/person_id")
        assert refused.json["errors"][0]["detail"].startswith("Choose somebody on this desk who decides")
    for body, pointer in (
        ({}, "/person_id"), ({"person_id": None}, "/person_id"), ({"person_id": "me"}, "/person_id"),
        ({"person_id": desk.people["admin"], "due_on": "soon"}, "/due_on"),
        ({"person_id": desk.people["admin"], "priority": "urgent"}, "/priority"),
        ({"person_id": desk.people["admin"], "note": "x" * 1001}, "/note"),
        ({"person_id": desk.people["admin"], "claim_id": claim_id}, "/claim_id"),
    ):  # fmt: skip
        refused = put(desk, claim_id, body)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert put(desk, desk.people["admin"], {"person_id": desk.people["admin"]}).status_code == 404
    desk.post(f"/v1/claims/{claim_id}/withdrawal", {"reason": "Entered twice."})
    assert put(desk, claim_id, {"person_id": desk.people["admin"]}).status_code == 410
    assert release(desk, claim_id).status_code == 410
    assert len(desk.changes()) == size + 1


def test_a_version_that_was_not_seen_is_not_changed(desk: Desk, claim_id: str) -> None:
    body = {"person_id": desk.people["analyst"]}
    assert put(desk, claim_id, body, headers={"If-Match": '"none"'}).status_code == 412
    etag = put(desk, claim_id, body).headers["ETag"]
    assert put(desk, claim_id, body | {"priority": "low"}, headers={"If-Match": '"none"'}).status_code == 412
    newer = put(desk, claim_id, body | {"priority": "low"}, headers={"If-Match": etag}).headers["ETag"]
    assert release(desk, claim_id, headers={"If-Match": etag}).status_code == 412
    assert release(desk, claim_id, headers={"If-Match": newer}).status_code == 204


def test_lists_of_assignments(desk: Desk) -> None:
    ids = [desk.claim(text=f"Number {number} was there.")["id"] for number in range(5)]
    one, other = desk.people["analyst"], desk.people["admin"]
    days = (None, "2026-12-24", "2026-12-23", None)
    for each, person, day in zip(ids, (one, one, one, other), days, strict=False):
        assert put(desk, each, {"person_id": person, "due_on": day}).status_code == 201
    first = desk.get("/v1/assignments?limit=3").json
    rest = desk.get(f"/v1/assignments?limit=3&cursor={first['next_cursor']}").json
    assert [item["claim_id"] for item in first["items"] + rest["items"]] == ids[:4]
    assert [item["claim_id"] for item in desk.get(f"/v1/assignments?person={other}").json["items"]] == [ids[3]]
    assert desk.get("/v1/assignments?person=me").status_code == 422
    with desk.database.reading() as connection:
        due = [item["claim_id"] for item in assignments.due(connection, one, 10)]
        assert due == [ids[2], ids[1], ids[0]]
        assert [item["claim_id"] for item in assignments.due(connection, one, 1)] == [ids[2]]
    desk.post(f"/v1/claims/{ids[1]}/withdrawal", {"reason": "Entered twice."})
    assert release(desk, ids[0]).status_code == 204
    assert [item["claim_id"] for item in desk.get("/v1/assignments").json["items"]] == ids[2:4]


def test_a_note_is_hidden_from_whoever_is_to_give_a_second_opinion(desk: Desk, claim_id: str) -> None:
    decide(desk, claim_id, "unverifiable", by="admin")
    asked = {"reviewer_id": desk.people["analyst"]}
    opinion = desk.post(f"/v1/claims/{claim_id}/second-opinion", asked, by="admin")
    assert opinion.status_code == 201
    put(desk, claim_id, {"person_id": desk.people["analyst"], "note": "I could not verify it."}, by="admin")
    here = f"/v1/claims/{claim_id}/assignment"
    seen, unseen = desk.get(here, by="admin").json, desk.get(here, by="analyst").json
    assert (seen["note"], seen["blind"]) == ("I could not verify it.", False)
    assert unseen == seen | {"note": None, "blind": True}
    assert desk.get("/v1/assignments", by="analyst").json["items"] == [unseen]
    entry = changes(desk, "analyst")[-1]
    assert (entry["blind"], entry["changes"], entry["actor"]) == (True, [], None)
    assert changes(desk, "admin")[-1]["changes"][-1]["after"] == "I could not verify it."
    decide(desk, claim_id, "unverifiable", by="analyst")
    assert changes(desk, "analyst")[-3]["changes"][-1]["after"] == "I could not verify it."


def test_notes_go_with_what_is_redacted(desk: Desk) -> None:
    article = desk.article(text="The mayor Ann Lee said that nobody was there. The rest was quiet.")["id"]
    quotes = [{"exact": "nobody was there"}]
    one, other = (desk.claim(article_id=article, text=f"Nobody was there, {at}.", quotes=quotes)["id"] for at in "ab")
    for each in (one, other):
        put(desk, each, {"person_id": desk.people["admin"], "note": "Ask Ann Lee."})
        put(desk, each, {"person_id": desk.people["admin"], "note": "Ask Ann Lee again.", "priority": "high"})
    assert desk.post(f"/v1/claims/{one}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    body = {"reason": "A court asked.", "start": 10, "end": 17}
    assert desk.post(f"/v1/articles/{article}/redaction", body, by="admin").status_code == 204
    assert desk.get(f"/v1/claims/{other}/assignment").json["note"] == f"Ask {'█' * 7} again."
    of_assignments = [each for each in desk.changes() if each["subject"]["kind"] == "assignment"]
    assert "Ann Lee" not in str(of_assignments)
    notes = [change["after"] for each in of_assignments for change in each["changes"] if change["field"] == "note"]
    assert notes == [GONE, GONE, f"Ask {'█' * 7}.", f"Ask {'█' * 7} again."]
    assert [each["action"] for each in of_assignments][-2:] == ["redact_part", "redact_part"]
    assert desk.get(f"/v1/claims/{other}/assignment").json["assigned_by"]["id"] == desk.people["analyst"]
    assert faults(desk) == []


def test_whoever_gives_the_verdict_is_released(desk: Desk) -> None:
    mine, theirs, doubted = (desk.claim(text=f"Number {at} was there.")["id"] for at in range(3))
    for each, person in ((mine, "analyst"), (theirs, "admin"), (doubted, "analyst")):
        put(desk, each, {"person_id": desk.people[person], "note": "Ask the police.", "due_on": "2026-12-24"})
    for each in (mine, theirs):
        assert desk.review(each, status="in_review").status_code == 201
        decide(desk, each, "unverifiable", by="analyst")
    assert decide(desk, doubted, "verified", "attribution", by="analyst")["status"] == "verified"
    left = [item["claim_id"] for item in desk.get("/v1/assignments").json["items"]]
    assert left == [theirs, doubted]
    [released] = [each for each in desk.changes() if each["action"] == "release"]
    assert (released["actor"]["id"], len(released["changes"])) == (desk.people["analyst"], 3)
    assert faults(desk) == []
