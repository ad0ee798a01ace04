"""One thing is done to several claims of a list: each by itself, and what one does not allow is said of it."""

from typing import Any

import pytest

from factcheck.web.pages.team.several import MOST
from tests.desk import Desk
from tests.forms import HTML, Visitor

Json = dict[str, Any]
LIST = "/?kind=factual"


@pytest.fixture
def claims(desk: Desk) -> list[str]:
    article = desk.article()["id"]
    return [str(desk.claim(article_id=article, text=f"Claim number {each}.")["id"]) for each in range(3)]


def done(desk: Desk, what: str, chosen: list[str], by: str = "analyst", **fields: str) -> tuple[int, str]:
    """Send the form of the list, and return the status and the page."""
    visitor = Visitor(desk, by)
    form = {name: value for name, value in visitor.fields(LIST, LIST).items() if name in ("csrf_token", "key")}
    answer = visitor.client.post(LIST, data={**form, "do": what, "claim": chosen, **fields}, headers=HTML)
    return answer.status_code, answer.get_data(as_text=True)


def entries(desk: Desk) -> int:
    """Return how many entries the log has of claims and of their assignments."""
    return sum(each["subject"]["kind"] in ("claim", "assignment") for each in desk.changes())


def of(desk: Desk, claim_id: str) -> Json:
    found: Json = desk.get(f"/v1/claims/{claim_id}").json
    return found


def test_several_claims_are_assigned_to_whoever_asks(desk: Desk, claims: list[str]) -> None:
    assert desk.review(claims[1], status="in_review", by="admin").status_code == 201
    status, page = done(desk, "take", claims)
    assert status == 200
    assert "Assigned to you: 2 claims." in page
    assert page.count("Not done") == 1
    assert [of(desk, each)["reviewed_by"]["name"] for each in claims] == ["Test analyst", "Test admin", "Test analyst"]
    assert [of(desk, each)["status"] for each in claims] == ["in_review"] * 3
    before = entries(desk)
    assert "Assigned to you: 0 claims." in done(desk, "take", claims)[1]
    assert entries(desk) == before


def test_several_claims_are_assigned_to_a_colleague(desk: Desk, claims: list[str]) -> None:
    status, page = done(desk, "assign", claims[:2], person=desk.people["admin"])
    assert (status, "Assigned: 2 claims." in page) == (200, True)
    assigned = desk.get(f"/v1/assignments?person={desk.people['admin']}").json["items"]
    assert [each["claim_id"] for each in assigned] == claims[:2]
    fields = {"person_id": desk.people["admin"], "due_on": "2026-12-24", "note": "Ask the police."}
    desk.request("PUT", f"/v1/claims/{claims[0]}/assignment", json=fields)
    before = entries(desk)
    assert "Assigned: 1 claim." in done(desk, "assign", claims[:1], person=desk.people["admin"])[1]
    assert entries(desk) == before
    assert "Assigned: 1 claim." in done(desk, "assign", claims[:1], person=desk.people["analyst"])[1]
    kept = desk.get(f"/v1/claims/{claims[0]}/assignment").json
    assert (kept["person"]["id"], kept["due_on"], kept["note"]) == (
        desk.people["analyst"], "2026-12-24", "Ask the police.",
    )  # fmt: skip
    status, page = done(desk, "assign", claims, person=desk.people["reader"])
    assert (status, "Assigned: 0 claims." in page) == (200, True)
    assert page.count("Choose somebody on this desk who decides") == 3
    assert done(desk, "assign", claims)[0] == 422


def test_several_claims_get_a_tag(desk: Desk, claims: list[str]) -> None:
    desk.patch(f"/v1/claims/{claims[0]}", {"tags": ["seats"]}, etag="*")
    desk.post(f"/v1/claims/{claims[1]}/withdrawal", {"reason": "Entered twice."})
    status, page = done(desk, "tag", claims, by="contributor", tag=" rally ")
    assert (status, "Tagged: 2 claims." in page) == (200, True)
    assert "withdrawn" in page
    assert [of(desk, each).get("tags") for each in (claims[0], claims[2])] == [["rally", "seats"], ["rally"]]
    before = entries(desk)
    assert "Tagged: 2 claims." in done(desk, "tag", [claims[0], claims[2]], tag="rally")[1]
    assert entries(desk) == before
    status, page = done(desk, "tag", [claims[0]], tag="x" * 500)
    assert (status, "Tagged: 0 claims." in page) == (200, True)


@pytest.mark.parametrize(
    ("what", "fields", "count", "said"),
    [
        ("take", {}, 0, "Choose at least one claim."),
        ("take", {}, MOST + 1, f"Choose {MOST} claims at most."),
        ("tag", {"tag": " "}, 1, "Write a tag."),
        ("assign", {"person": "nobody"}, 1, "Choose a person."),
        ("burn", {}, 1, "Choose what to do."),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    desk: Desk, claims: list[str], what: str, fields: dict[str, str], count: int, said: str
) -> None:
    chosen = claims[:count] if count <= len(claims) else [f"{n:08d}-0000-7000-8000-000000000000" for n in range(count)]
    before = entries(desk)
    status, page = done(desk, what, chosen, **fields)
    assert (status, said in page) == (422, True)
    assert entries(desk) == before
    assert len(desk.get("/v1/claims").json["items"]) == 3


def test_only_who_may_does_it(desk: Desk, claims: list[str]) -> None:
    assert "Choose several" not in Visitor(desk, "reader").get(LIST).get_data(as_text=True)
    shown = Visitor(desk, "contributor").get(LIST).get_data(as_text=True)
    assert "Choose several" in shown
    assert 'value="take"' not in shown
    assert done(desk, "take", claims, by="contributor")[0] == 403
    assert {of(desk, each)["status"] for each in claims} == {"unverified"}
    stranger = Visitor(desk.with_settings(public_read=True), None)
    assert stranger.client.post(LIST, data={"do": "take", "claim": claims}).status_code == 403
    assert "Choose several" not in stranger.get(LIST).get_data(as_text=True)
    assert done(desk, "take", ["00000000-0000-7000-8000-000000000000", claims[0]])[0] == 200
    assert of(desk, claims[0])["status"] == "in_review"
