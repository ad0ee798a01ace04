"""Evidence inside a hidden review tells of its verdict: a blinded person sees none of it, withdrawn or not."""

from typing import Any

import pytest

from factcheck.desk import people
from factcheck.rules.roles import Role
from tests.desk import Desk

CANARY = "zanzibarquagga"
REASON = f"The stadium holds {CANARY}."


@pytest.fixture
def asked(desk: Desk) -> tuple[Desk, str, list[str]]:
    """A claim that `admin` refuted with two pieces of evidence, and on which `analyst` is to give a second opinion."""
    claim = desk.claim()["id"]
    pieces = [{"stance": "refutes", "title": f"Plan {n} of the {CANARY}"} for n in range(2)]
    review = desk.review(claim, by="admin", status="refuted", reason=REASON, evidence=pieces)
    assert review.status_code == 201
    with desk.database.writing() as session:
        operator = people.operator(session)
        other = people.add(session, operator, name="Somebody else", role=Role.ANALYST)
        desk.tokens["other"] = people.issue_token(session, operator, name=other.name)
    desk.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
    return desk, claim, review.json["evidence_ids"]


def revisions(desk: Desk, path: str, by: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = desk.get(path, by=by).json["items"]
    return [item for item in items if item["action"] == "withdraw_evidence" or item["blind"]]


def test_evidence_withdrawn_from_a_hidden_review_is_told_to_nobody_who_is_blinded(
    asked: tuple[Desk, str, list[str]],
) -> None:
    desk, claim, (first, second) = asked
    here = f"/v1/claims/{claim}"
    withdrawn = desk.post(f"{here}/evidence/{first}/withdrawal", {"reason": "The plan was a draft."}, by="other")
    assert (withdrawn.status_code, withdrawn.json["withdrawn_reason"]) == (200, "The plan was a draft.")
    for path in (f"{here}/history", "/v1/changes?limit=200"):
        blind, plain = revisions(desk, path, "analyst"), revisions(desk, path, "other")
        assert [entry["action"] for entry in blind] == ["review", "ask_second_opinion", "withdraw_evidence"], path
        told_of = [(entry["changes"], entry["reason"], entry["actor"], entry["at"]) for entry in blind]
        assert told_of == [([], None, None, None)] * 3
        [told] = plain
        assert (told["changes"][0]["before"]["id"], told["reason"]) == (first, "The plan was a draft.")
    for path in (f"{here}/history", "/v1/changes?limit=200", here, f"{here}/evidence", f"{here}/reviews"):
        answer = desk.get(path, by="analyst")
        assert answer.status_code == 200, path
        assert CANARY not in answer.get_data(as_text=True), path
        assert CANARY in desk.get(path, by="other").get_data(as_text=True), path
    assert desk.get(f"{here}/evidence", by="analyst").json["items"] == []
    for piece in (first, second):
        hidden = desk.get(f"{here}/evidence/{piece}", by="analyst")
        assert (hidden.status_code, hidden.json["type"]) == (404, "/problems/not-found")


def test_a_blinded_person_cannot_withdraw_what_they_do_not_see(asked: tuple[Desk, str, list[str]]) -> None:
    desk, claim, (first, _) = asked
    path = f"/v1/claims/{claim}/evidence"
    unknown = "00000000-0000-7000-8000-000000000000"

    def answer(piece: str) -> tuple[int, str]:
        refused = desk.post(f"{path}/{piece}/withdrawal", {"reason": "It was wrong."})
        return refused.status_code, refused.json["detail"]

    assert answer(first) == answer(unknown) == (404, "The claim has no such evidence.")
    assert desk.get(f"{path}/{first}", by="other").json["withdrawn_at"] is None
    # Nor do they learn from a refusal that somebody else withdrew it.
    withdrawn = desk.post(f"{path}/{first}/withdrawal", {"reason": "It was a draft."}, by="other")
    assert (withdrawn.status_code, withdrawn.json["withdrawn_reason"]) == (200, "It was a draft.")
    assert answer(first) == answer(unknown)


def test_evidence_of_before_the_review_stays_in_sight(desk: Desk) -> None:
    claim = desk.claim()["id"]
    here = f"/v1/claims/{claim}"
    early = desk.made(f"{here}/evidence", {"stance": "context", "title": "Seen by all"}, by="contributor")
    body = {"status": "refuted", "reason": REASON, "evidence": [{"stance": "refutes", "title": CANARY}]}
    assert desk.review(claim, by="admin", **body).status_code == 201
    desk.made(f"{here}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
    assert [item["id"] for item in desk.get(f"{here}/evidence").json["items"]] == [early["id"]]
    history = desk.get(f"{here}/history").json["items"]
    assert [(entry["action"], entry["blind"]) for entry in history] == [
        ("add", False), ("add_evidence", False), ("review", True), ("ask_second_opinion", True),
    ]  # fmt: skip
