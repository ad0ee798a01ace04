"""What is hidden at the very instant, and at the very place in the log, at which the hidden verdict begins and ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.desk import Desk

REASON = "The stadium holds sixty thousand."
ENTERED, DECIDED, ASKED, CHECKED = (datetime(2030, 1, 1, hour, tzinfo=UTC) for hour in (8, 9, 10, 11))
LATER = datetime(2030, 1, 1, 12, tzinfo=UTC)
INSTANTS = (ENTERED, DECIDED, ASKED, CHECKED, LATER)


def written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


@pytest.fixture
def story(desk: Desk) -> Iterator[tuple[Desk, str, str]]:
    """A claim refuted by `admin` at nine, which `analyst` is asked about at ten; its attribution checked at eleven."""
    with time_machine.travel(ENTERED, tick=False) as clock:
        source = desk.source()["id"]
        chain = [{"source_id": source, "directness": "direct", "interested": True}]
        claim = desk.claim(attribution=chain)["id"]
        clock.move_to(DECIDED)
        body = {"status": "refuted", "reason": REASON, "evidence": [{"stance": "refutes", "title": "A plan"}]}
        assert desk.review(claim, by="admin", **body).status_code == 201
        clock.move_to(ASKED)
        desk.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
        clock.move_to(CHECKED)
        said = {"question": "attribution", "status": "verified", "reason": "It is on their page."}
        assert desk.review(claim, by="admin", etag="*", **said).status_code == 201
        clock.move_to(LATER)
        yield desk, claim, source


def counts(desk: Desk, source: str, by: str, instant: datetime | None) -> dict[str, int]:
    query = {"as_of": written(instant)} if instant else {}
    told = desk.get(f"/v1/sources/{source}/record", by=by, query_string=query).json["as_origin"]
    found = {status: n for status, n in told["counts"].items() if n}
    assert sum(found.values()) == told["claims"]
    return found


def test_a_record_counts_the_hidden_verdict_in_review_from_its_own_instant(story: tuple[Desk, str, str]) -> None:
    desk, _, source = story
    assert [counts(desk, source, "analyst", each) for each in INSTANTS] == [{"unverified": 1}, *[{"in_review": 1}] * 4]
    assert [counts(desk, source, "reader", each) for each in INSTANTS] == [{"unverified": 1}, *[{"refuted": 1}] * 4]
    for by, status in (("analyst", "in_review"), ("reader", "refuted")):
        assert counts(desk, source, by, None) == {status: 1}
        assert counts(desk, source, by, DECIDED - timedelta(microseconds=1)) == {"unverified": 1}
        assert counts(desk, source, by, ENTERED - timedelta(microseconds=1)) == {}


def test_a_claim_as_of_the_instant_of_the_hidden_verdict_is_in_review(story: tuple[Desk, str, str]) -> None:
    desk, claim, _ = story
    for by, status in (("analyst", "in_review"), ("reader", "refuted")):
        seen = [
            desk.get(f"/v1/claims/{claim}", by=by, query_string={"as_of": written(each)}).json["status"]
            for each in (*INSTANTS, DECIDED - timedelta(microseconds=1))
        ]
        assert seen == ["unverified", *[status] * 4, "unverified"]
        checked = [
            desk.get(f"/v1/claims/{claim}", by=by, query_string={"as_of": written(each)}).json["attribution"]["status"]
            for each in (CHECKED - timedelta(microseconds=1), CHECKED, LATER)
        ]
        assert checked == ["unverified", "verified", "verified"]


def summary(desk: Desk, by: str, since: datetime, until: datetime) -> dict[str, Any]:
    query = {"from": written(since), "to": written(until)}
    told: dict[str, Any] = desk.get("/v1/audit/summary", by=by, query_string=query).json
    return told


def changes(desk: Desk, by: str, since: datetime, until: datetime) -> list[tuple[str, int]]:
    told = summary(desk, by, since, until)["verdicts"]
    by_person = [(row["after"], row["count"]) for row in told["by"]]
    assert (sum(n for _, n in by_person), len(told["latest"])) == (told["changes"], told["changes"])
    return by_person


def test_changes_are_left_out_of_the_spans_that_hold_them_and_of_no_other(story: tuple[Desk, str, str]) -> None:
    desk, _, _ = story
    moment = timedelta(microseconds=1)
    for since, until, all_, hidden in (
        (DECIDED, DECIDED + moment, [("refuted", 1)], []),
        (DECIDED - moment, DECIDED, [], []),
        (ENTERED, DECIDED, [], []),
        (DECIDED + moment, CHECKED, [], []),
        (DECIDED, CHECKED, [("refuted", 1)], []),
        (DECIDED, CHECKED + moment, [("refuted", 1), ("verified", 1)], [("verified", 1)]),
        (datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC), [("refuted", 1), ("verified", 1)],
         [("verified", 1)]),
    ):  # fmt: skip
        assert sorted(changes(desk, "reader", since, until)) == all_, (since, until)
        assert changes(desk, "analyst", since, until) == hidden, (since, until)


def test_what_is_found_at_this_very_instant_is_left_out_too(desk: Desk) -> None:
    with time_machine.travel(ENTERED, tick=False):
        chain = [{"source_id": desk.source()["id"], "directness": "direct"}]
        claim = desk.claim(attribution=chain)["id"]
        body = {"status": "verified", "reason": REASON, "evidence": [{"stance": "supports", "title": "A plan"}]}
        assert desk.review(claim, by="admin", **body).status_code == 201
        desk.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
        told = {}
        for by in ("reader", "analyst"):
            found = summary(desk, by, ENTERED, LATER)["findings"]
            told[by] = {row["kind"] for row in found["by_kind"] if row["count"]}
            page = desk.get("/v1/audit/findings?count=true", by=by).json
            assert {item["kind"] for item in page["items"]} == told[by]
            assert page["total"] == found["total"] == len(told[by])
            assert sum(row["count"] for row in found["by_article"]) == len(told[by])
    assert told["reader"] == {"attribution_unchecked"}
    assert told["analyst"] == set()


def test_reviews_and_entries_from_the_hidden_one_on_are_left_out(story: tuple[Desk, str, str]) -> None:
    desk, claim, _ = story
    history = desk.get(f"/v1/claims/{claim}/history").json["items"]
    assert [(entry["action"], entry["blind"]) for entry in history] == [
        ("add", False), ("review", True), ("ask_second_opinion", True), ("review", False),
    ]  # fmt: skip
    reviews = desk.get(f"/v1/claims/{claim}/reviews").json["items"]
    assert [(each["question"], each["status"]) for each in reviews] == [("attribution", "verified")]
    assert len(desk.get(f"/v1/claims/{claim}/reviews", by="reader").json["items"]) == 2


def test_what_came_before_the_hidden_verdict_stays_in_sight(desk: Desk) -> None:
    claim = desk.claim()["id"]
    body = {"status": "unverifiable", "reason": "Nobody has counted yet.", "review_by": "2099-01-01"}
    assert desk.review(claim, **body).status_code == 201
    refuted = {"status": "refuted", "reason": REASON, "evidence": [{"stance": "refutes", "title": "A plan"}]}
    assert desk.review(claim, by="admin", **refuted).status_code == 201
    desk.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
    here = f"/v1/claims/{claim}"
    assert [each["status"] for each in desk.get(f"{here}/reviews").json["items"]] == ["unverifiable"]
    blind = [entry["blind"] for entry in desk.get(f"{here}/history").json["items"]]
    assert blind == [False, False, True, True]
    [told] = [row for row in desk.get("/v1/audit/summary").json["verdicts"]["by"] if row["after"] == "unverifiable"]
    assert told["count"] == 1
