"""An Idempotency-Key belongs to one person, one path and one body."""

from tests.desk import Desk

KEY = {"Idempotency-Key": "one"}
PIECE = {"stance": "context", "title": "A count of the seats"}


def test_the_same_key_and_body_at_another_path_is_another_request(desk: Desk) -> None:
    one, two = desk.claim()["id"], desk.claim()["id"]
    first = desk.post(f"/v1/claims/{one}/evidence", PIECE, headers=KEY)
    second = desk.post(f"/v1/claims/{two}/evidence", PIECE, headers=KEY)
    assert (first.status_code, first.json["claim_id"]) == (201, one)
    assert (second.status_code, second.json["claim_id"]) == (201, two)
    again = desk.post(f"/v1/claims/{one}/evidence", PIECE, headers=KEY)
    assert (again.status_code, again.json) == (201, first.json)
    for claim in (one, two):
        assert [item["title"] for item in desk.get(f"/v1/claims/{claim}").json["evidence"]] == [PIECE["title"]]


def test_the_same_key_of_somebody_else_is_another_request(desk: Desk) -> None:
    body = {"name": "Rally organizers", "kind": "group"}
    first, second = (desk.post("/v1/sources", body, by=by, headers=KEY) for by in ("analyst", "contributor"))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["id"] != second.json["id"]
    for by, answer in (("analyst", first), ("contributor", second)):  # each is sent their own answer again
        again = desk.post("/v1/sources", body, by=by, headers=KEY)
        assert (again.status_code, again.json) == (201, answer.json)
    assert len(desk.get("/v1/sources").json["items"]) == 2


def test_the_same_key_with_another_body_is_refused_and_enters_nothing(desk: Desk) -> None:
    first = desk.post("/v1/sources", {"name": "One", "kind": "group"}, headers=KEY)
    other = desk.post("/v1/sources", {"name": "Two", "kind": "group"}, headers=KEY)
    assert (first.status_code, other.status_code) == (201, 422)
    assert other.json["errors"][0]["parameter"] == "Idempotency-Key"
    assert [item["name"] for item in desk.get("/v1/sources").json["items"]] == ["One"]
