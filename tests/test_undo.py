"""A decision that is undone gives back what was there before; a wrong reason is corrected by a review of its own."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.inspection import checkup, replay
from factcheck.log import verification
from factcheck.log.clock import now
from factcheck.rules.status import UNDO_WITHIN, EvidenceTally, Question, Status, undone
from factcheck.storage.tables.claims import Claim
from tests.desk import Desk
from tests.examining import claim_faults

Json = dict[str, Any]
REASON = "The stadium holds 30,000 people."
OTHER = "The police counted them at the gate."
# What a claim shows of its two questions.
SHOWN = ("status", "reason", "reviewed_by", "reviewed_at", "valid_on", "review_by")


def judged(desk: Desk, claim_id: str) -> tuple[Json, Json]:
    """Return what the claim shows of the content and of the attribution."""
    claim = desk.get(f"/v1/claims/{claim_id}").json
    attribution = claim["attribution"]
    return {name: claim[name] for name in SHOWN}, {name: attribution[name] for name in SHOWN if name in attribution}


def decided(desk: Desk, claim_id: str, by: str = "analyst", **body: Any) -> Json:
    answer = desk.review(claim_id, by=by, **body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    review: Json = answer.json
    return review


def undo(desk: Desk, review: Json, *, by: str = "analyst", status: int = 201) -> Json:
    path = f"/v1/claims/{review['claim_id']}/reviews/{review['id']}/undo"
    answer = desk.request("POST", path, by=by, headers={"If-Match": desk.etag(review["claim_id"])})
    assert answer.status_code == status, answer.get_data(as_text=True)
    told: Json = answer.json
    return told


def faults(desk: Desk) -> list[str]:
    """Return what the verification of the log and the look at all claims find."""
    done = verification.Progress()
    with desk.database.reading_one_moment() as connection, Session(connection) as session:
        parts = [*verification.log_entries(connection, [], done), *replay.replayed(session, done)]
        parts += [claim_faults(session), list(checkup.log_faults(session))]
        return [fault.detail for part in parts for fault in part]


def sound(desk: Desk) -> None:
    """Demand that the log, folded, says what the tables say, and that its entries are in order."""
    assert faults(desk) == []


@pytest.mark.parametrize("question", ["content", "attribution"])
def test_a_first_verdict_that_is_undone_leaves_the_claim_unverified(desk: Desk, question: str) -> None:
    claim = desk.claim()
    before = judged(desk, claim["id"])
    days = {"valid_on": "2026-01-01", "review_by": "2026-06-01"} if question == "content" else {}
    review = decided(desk, claim["id"], question=question, status="unverifiable", reason=REASON, **days)
    undoing = undo(desk, review)
    assert judged(desk, claim["id"]) == before
    assert (undoing["before"], undoing["status"], undoing["question"]) == ("unverifiable", "unverified", question)
    listed = desk.get(f"/v1/claims/{claim['id']}/reviews").json["items"]
    assert [(each["before"], each["status"]) for each in listed] == [
        ("unverified", "unverifiable"),
        ("unverifiable", "unverified"),
    ]
    last = desk.changes()[-1]
    assert (last["action"], last["reason"]) == ("undo", f"Undone: the decision at log index {review['log_index']}.")
    assert last["log_index"] == undoing["log_index"]
    sound(desk)


def test_a_changed_verdict_that_is_undone_is_its_first_reviewers_again(desk: Desk) -> None:
    claim = desk.claim()
    evidence = [{"stance": "supports", "title": "A count"}]
    decided(desk, claim["id"], by="admin", status="verified", reason=REASON, evidence=evidence, review_by="2027-01-01")
    before = judged(desk, claim["id"])
    review = decided(desk, claim["id"], status="disputed", reason=OTHER)
    assert judged(desk, claim["id"]) != before
    undo(desk, review)
    assert judged(desk, claim["id"]) == before
    assert before[0]["reviewed_by"]["name"] == "Test admin"
    # Whoever gave the verdict is who gave it: a second opinion is for somebody else, and agrees with that verdict.
    asked = f"/v1/claims/{claim['id']}/second-opinion"
    refused = desk.post(asked, {"reviewer_id": desk.people["admin"]})
    assert (refused.status_code, "This person gave the verdict." in refused.get_data(as_text=True)) == (422, True)
    opinion = desk.made(asked, {"reviewer_id": desk.people["analyst"]}, by="admin")
    assert opinion["first_status"] == "verified"
    second = decided(desk, claim["id"], status="verified", reason=OTHER, evidence=evidence)
    assert second["second_opinion_id"] == opinion["id"]
    assert judged(desk, claim["id"]) == before
    sound(desk)


def test_a_reopening_and_an_assignment_are_undone_too(desk: Desk) -> None:
    claim = desk.claim()
    decided(desk, claim["id"], status="unverifiable", reason=REASON)
    for body in ({"status": "in_review", "reason": OTHER}, {"status": "unverifiable", "reason": OTHER}):
        before = judged(desk, claim["id"])
        undo(desk, decided(desk, claim["id"], **body))
        assert judged(desk, claim["id"]) == before
    other = desk.claim()
    before = judged(desk, other["id"])
    undo(desk, decided(desk, other["id"], status="in_review"))
    assert judged(desk, other["id"]) == before
    sound(desk)


def test_a_decision_that_reopened_itself_before_is_undone_to_in_review(desk: Desk) -> None:
    """The claim was reopened by an edit, which has a reason and no reviewer: that is what the undo gives back."""
    claim = desk.claim()
    decided(desk, claim["id"], status="unverifiable", reason=REASON)
    path = f"/v1/claims/{claim['id']}"
    assert desk.patch(path, {"text": "A million came."}, etag=desk.etag(claim["id"])).status_code == 200
    before = judged(desk, claim["id"])
    assert (before[0]["status"], before[0]["reviewed_by"]) == ("in_review", None)
    undo(desk, decided(desk, claim["id"], status="unverifiable", reason=OTHER))
    assert judged(desk, claim["id"]) == before
    sound(desk)


def test_a_verdict_that_lost_what_it_rested_on_is_not_given_back(desk: Desk) -> None:
    claim = desk.claim()
    here = f"/v1/claims/{claim['id']}"
    item = desk.made(f"{here}/evidence", {"stance": "supports", "title": "A count"})
    decided(desk, claim["id"], status="verified", reason=REASON)
    review = decided(desk, claim["id"], status="unverifiable", reason=OTHER)
    withdrawn = desk.post(f"{here}/evidence/{item['id']}/withdrawal", {"reason": "It was made up."})
    assert withdrawn.status_code == 200
    assert undo(desk, review)["status"] == "in_review"
    content = judged(desk, claim["id"])[0]
    assert (content["status"], content["reviewed_by"]) == ("in_review", None)
    assert "was withdrawn" in content["reason"]
    sound(desk)


def test_who_may_undo_and_until_when(desk: Desk) -> None:
    claim = desk.claim()
    review = decided(desk, claim["id"], status="unverifiable", reason=REASON)
    before, entries = judged(desk, claim["id"]), len(desk.changes())
    assert "Only the person who decided" in undo(desk, review, by="admin", status=403)["detail"]
    assert undo(desk, review, by="contributor", status=403)["role"] == "analyst"
    assert undo(desk, review | {"id": claim["id"]}, status=404)["type"] == "/problems/not-found"
    path = f"/v1/claims/{claim['id']}/reviews/{review['id']}/undo"
    assert desk.post(path).status_code == 428
    stale = desk.post(path, headers={"If-Match": '"0"'})
    assert (stale.status_code, stale.json["current_etag"]) == (412, desk.etag(claim["id"]))
    with time_machine.travel(now() + UNDO_WITHIN + timedelta(seconds=1)):
        assert "within 60 seconds" in undo(desk, review, status=409)["detail"]
    assert (judged(desk, claim["id"]), len(desk.changes())) == (before, entries)
    with time_machine.travel(now() + UNDO_WITHIN - timedelta(seconds=10)):
        undo(desk, review)
    assert judged(desk, claim["id"])[0]["status"] == "unverified"
    assert "no longer the newest" in undo(desk, review, status=409)["detail"]


def test_nothing_is_undone_that_something_came_after(desk: Desk) -> None:
    claim = desk.claim()
    first = decided(desk, claim["id"], status="unverifiable", reason=REASON)
    second = decided(desk, claim["id"], by="admin", status="in_review", reason=OTHER)
    assert "no longer the newest" in undo(desk, first, status=409)["detail"]
    undoing = undo(desk, second, by="admin")
    assert "no longer the newest" in undo(desk, undoing, by="admin", status=409)["detail"]
    # The first decision is the newest one again.
    undo(desk, first)
    assert judged(desk, claim["id"])[0]["status"] == "unverified"
    sound(desk)


def test_a_second_opinion_is_not_undone_and_ends_with_the_verdict_that_is(desk: Desk) -> None:
    claim = desk.claim(tags=["election"])
    policy = desk.with_settings(second_opinion="tag:election")
    first = decided(policy, claim["id"], by="admin", status="unverifiable", reason=REASON)
    assert desk.get(f"/v1/claims/{claim['id']}", by="admin").json["second_opinion"] is not None
    hidden = f"/v1/claims/{claim['id']}/reviews/{first['id']}/undo"
    answer = desk.request("POST", hidden, headers={"If-Match": "*"})
    assert answer.status_code == 404  # somebody who is to give the second opinion learns nothing of the first
    etag = desk.get(f"/v1/claims/{claim['id']}", by="admin").headers["ETag"]
    assert desk.request("POST", hidden, by="admin", headers={"If-Match": etag}).status_code == 201
    assert desk.get(f"/v1/claims/{claim['id']}/second-opinion").json["items"][0]["outcome"] == "lapsed"
    assert judged(desk, claim["id"])[0]["status"] == "unverified"

    decided(policy, claim["id"], by="admin", status="unverifiable", reason=REASON)
    second = decided(desk, claim["id"], status="unverifiable", reason=OTHER)
    assert second["second_opinion_id"] is not None
    assert "no longer the newest" in undo(desk, second, status=409)["detail"]
    assert judged(desk, claim["id"])[0]["reason"] == REASON
    sound(desk)


def test_what_an_undo_gives_back_is_checked_against_the_log(desk: Desk) -> None:
    """A reason that is not the one that the undo gave back is found, as one that no review gave is."""
    claim = desk.claim()
    decided(desk, claim["id"], by="admin", status="unverifiable", reason=REASON)
    undo(desk, decided(desk, claim["id"], status="unverifiable", reason=OTHER))
    with desk.database.writing() as session:
        row = session.scalars(select(Claim).where(Claim.id == claim["id"])).one()
        assert row.reason == REASON
        row.reason = OTHER
    assert [told for told in faults(desk) if "claims.reason: " in told and OTHER in told and REASON in told]


@pytest.mark.parametrize("question", Question)
@pytest.mark.parametrize("status", Status)
def test_the_rule_of_what_is_given_back(question: Question, status: Status) -> None:
    rests = status in (Status.VERIFIED, Status.DISPUTED, Status.REFUTED) and question is Question.CONTENT
    assert undone(status, question, EvidenceTally()) == (Status.IN_REVIEW if rests else status)
    assert undone(status, question, EvidenceTally(supports=1, refutes=1)) == status


# ── The same verdict, with a corrected reason ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["verified", "disputed", "refuted", "unverifiable"])
def test_a_wrong_reason_is_corrected_by_a_review_of_the_same_status(desk: Desk, status: str) -> None:
    claim = desk.claim()
    here = f"/v1/claims/{claim['id']}"
    for stance in ("supports", "refutes"):
        desk.made(f"{here}/evidence", {"stance": stance, "title": "A count"})
    decided(desk, claim["id"], by="admin", status=status, reason=REASON, review_by="2027-01-01")
    review = decided(desk, claim["id"], status=status, reason=OTHER, review_by="2027-01-01")
    assert (review["before"], review["status"], review["reason"]) == (status, status, OTHER)
    content = judged(desk, claim["id"])[0]
    assert (content["status"], content["reason"], content["review_by"]) == (status, OTHER, "2027-01-01")
    assert content["reviewed_by"]["name"] == "Test analyst"
    changed = desk.get("/v1/audit/summary").json["verdicts"]["latest"]
    assert [(each["before"], each["after"]) for each in changed] == [("unverified", status)]
    decided(desk, claim["id"], question="attribution", status=status, reason=REASON)
    decided(desk, claim["id"], question="attribution", status=status, reason=OTHER)
    assert judged(desk, claim["id"])[1]["reason"] == OTHER
    sound(desk)


def test_a_corrected_reason_needs_what_the_verdict_needs_and_something_new(desk: Desk) -> None:
    claim = desk.claim()
    decided(desk, claim["id"], status="unverifiable", reason=REASON, review_by="2027-01-01")
    entries = len(desk.changes())
    again = desk.review(claim["id"], status="unverifiable", reason=REASON, review_by="2027-01-01")
    assert (again.status_code, again.json["type"]) == (409, "/problems/against-a-rule")
    assert "with this reason" in again.json["detail"]
    short = desk.review(claim["id"], status="unverifiable", reason="No.")
    assert (short.status_code, short.json["errors"][0]["rule"]) == (422, "reason")
    forecast = desk.claim(kind="forecast")
    assert desk.review(forecast["id"], status="unverified").status_code == 409
    entries = len(desk.changes())
    assert desk.review(forecast["id"], status="verified", reason=REASON).status_code == 422
    assert len(desk.changes()) == entries
    # Another date, or evidence, is news as well.
    decided(desk, claim["id"], status="unverifiable", reason=REASON, review_by="2028-01-01")
    decided(
        desk, claim["id"], status="unverifiable", reason=REASON, review_by="2028-01-01",
        evidence=[{"stance": "context", "title": "A count"}],
    )  # fmt: skip
    assert judged(desk, claim["id"])[0]["review_by"] == "2028-01-01"


def test_a_corrected_reason_asks_for_no_second_opinion(desk: Desk) -> None:
    """The policy is about verdicts; a new verdict asks for one, the same one again does not."""
    claim = desk.claim(tags=["election"])
    decided(desk, claim["id"], status="unverifiable", reason=REASON)
    policy = desk.with_settings(second_opinion="tag:election")
    decided(policy, claim["id"], status="unverifiable", reason=OTHER)
    assert desk.get(f"/v1/claims/{claim['id']}/second-opinion").json["items"] == []
    decided(policy, claim["id"], status="disputed", reason=OTHER, evidence=[{"stance": "context", "title": "A count"}])
    assert len(desk.get(f"/v1/claims/{claim['id']}/second-opinion").json["items"]) == 1


def test_a_corrected_reason_is_undone_to_the_reason_before(desk: Desk) -> None:
    claim = desk.claim()
    decided(desk, claim["id"], status="unverifiable", reason=REASON)
    before = judged(desk, claim["id"])
    undo(desk, decided(desk, claim["id"], status="unverifiable", reason=OTHER))
    assert judged(desk, claim["id"]) == before
    sound(desk)
