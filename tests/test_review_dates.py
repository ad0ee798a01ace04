"""`valid_on` and `review_by` belong to one verdict: the next one, or a reopening, does not keep them."""

from typing import Any

import pytest

from tests.desk import Desk

DAYS = {"valid_on": "2023-08-26", "review_by": "2099-01-01"}
REASON = "Nobody counted the people there."


def days(desk: Desk, claim: str) -> tuple[Any, Any]:
    told = desk.get(f"/v1/claims/{claim}").json
    return told["valid_on"], told["review_by"]


def decided(desk: Desk, **fields: Any) -> str:
    claim: str = desk.claim()["id"]
    made = desk.review(claim, status="unverifiable", reason=REASON, **DAYS, **fields)
    assert (made.status_code, made.json["review_by"]) == (201, DAYS["review_by"])
    assert days(desk, claim) == tuple(DAYS.values())
    return claim


def logged(desk: Desk, claim: str) -> dict[str, Any]:
    """Return what the last entry about a claim says of the two days."""
    changes = desk.get(f"/v1/claims/{claim}/history").json["items"][-1]["changes"]
    return {each["field"]: (each["before"], each["after"]) for each in changes if each["field"] in DAYS}


GONE = {name: (day, None) for name, day in DAYS.items()}


def test_the_next_verdict_has_no_days_but_its_own(desk: Desk) -> None:
    claim = decided(desk)
    piece = {"stance": "supports", "title": "A count"}
    assert desk.review(claim, status="verified", reason=REASON, evidence=[piece]).status_code == 201
    assert days(desk, claim) == (None, None)
    assert logged(desk, claim) == GONE
    assert desk.review(claim, status="unverifiable", reason=REASON, review_by="2098-01-01").status_code == 201
    assert days(desk, claim) == (None, "2098-01-01")
    assert logged(desk, claim) == {"review_by": (None, "2098-01-01")}


def test_a_move_back_to_review_ends_the_days(desk: Desk) -> None:
    claim = decided(desk)
    assert desk.review(claim, status="in_review", reason=REASON).status_code == 201
    assert days(desk, claim) == (None, None)
    assert logged(desk, claim) == GONE


def test_a_reopening_ends_the_days(desk: Desk) -> None:
    claim = decided(desk)
    amended = desk.patch(f"/v1/claims/{claim}", {"text": "Some people were present."}, etag="*")
    assert (amended.status_code, amended.json["status"]) == (200, "in_review")
    assert days(desk, claim) == (None, None)
    assert logged(desk, claim) == GONE


def test_a_reopening_for_want_of_evidence_ends_the_days(desk: Desk) -> None:
    claim = desk.claim()["id"]
    piece = {"stance": "refutes", "title": "A count"}
    made = desk.review(claim, status="refuted", reason=REASON, evidence=[piece], **DAYS)
    assert made.status_code == 201
    path = f"/v1/claims/{claim}/evidence/{made.json['evidence_ids'][0]}/withdrawal"
    assert desk.post(path, {"reason": "It was wrong."}).status_code == 200
    told = desk.get(f"/v1/claims/{claim}").json
    assert (told["status"], told["valid_on"], told["review_by"]) == ("in_review", None, None)
    assert logged(desk, claim) == GONE


def test_a_review_of_the_attribution_leaves_the_days(desk: Desk) -> None:
    claim = decided(desk)
    body = {"question": "attribution", "status": "verified", "reason": "It is on their own page."}
    assert desk.review(claim, **body).status_code == 201
    assert days(desk, claim) == tuple(DAYS.values())
    assert logged(desk, claim) == {}


def test_the_last_day_of_the_calendar_holds_up_no_audit(desk: Desk) -> None:
    """There is no day after it on which the review would be overdue; later changes are followed all the same."""
    claim = desk.claim()["id"]
    made = desk.review(claim, status="unverifiable", reason=REASON, review_by="9999-12-31")
    assert made.status_code == 201
    told = desk.get("/v1/audit/findings").json
    assert (told["as_of_log_index"], "behind" in told) == (desk.changes()[-1]["log_index"], False)
    assert "overdue" not in {finding["kind"] for finding in told["items"]}
    assert told["items"]


@pytest.mark.parametrize(
    "span",
    [
        "from=9999-12-31T23:00:00Z",
        "from=9999-12-31T10:00:00Z&to=9999-12-31T11:00:00Z",
        "from=9999-12-31T23:00:00-05:00",
        "to=9999-12-31T23:59:59Z",
        "from=0001-01-01T00:00:00%2B14:00",
    ],
)
def test_the_ends_of_the_calendar_are_asked_for(desk: Desk, span: str) -> None:
    decided(desk)
    assert desk.get(f"/v1/audit/summary?{span}").status_code in (200, 422)
    assert desk.get(f"/v1/audit/agreement?question=content&{span}").status_code in (200, 422)
