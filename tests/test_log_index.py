"""What the answer to a change says: how far the log goes with it, and which version to send next."""

import json

from werkzeug.test import TestResponse

from tests.desk import Desk
from tests.test_bad_input import doors, through


def last(desk: Desk) -> str:
    return str(desk.changes()[-1]["log_index"])


def results(answer: TestResponse) -> list[str]:
    return [json.loads(line)["result"] for line in answer.get_data().splitlines()]


def test_every_answer_to_a_change_has_its_place_in_the_log(desk: Desk) -> None:
    done = set()
    for name, door in doors(desk).items():
        before = last(desk)
        answer = desk.request(**through(door, door.body))
        assert answer.status_code in (200, 201, 204), (name, answer.get_data())
        assert answer.headers["Log-Index"] == last(desk) != before, name
        done.add(name)
    assert len(done) >= 8


def test_an_import_has_the_place_of_its_last_line(desk: Desk) -> None:
    lines = [{"type": "source", "external_id": f"s-{at}", "name": f"S {at}", "kind": "group"} for at in range(3)]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    options = {"data": body, "content_type": "application/x-ndjson"}
    answer = desk.request("POST", "/v1/imports", **options)
    assert results(answer) == ["added"] * 3
    assert answer.headers["Log-Index"] == last(desk)
    again = desk.request("POST", "/v1/imports", **options)
    assert results(again) == ["unchanged"] * 3
    assert "Log-Index" not in again.headers  # nothing was entered


def test_the_same_answer_is_given_again_with_its_place(desk: Desk) -> None:
    body, headers = {"name": "S", "kind": "group"}, {"Idempotency-Key": "once"}
    first = desk.post("/v1/sources", body, headers=headers)
    desk.source(name="Another")
    again = desk.post("/v1/sources", body, headers=headers)
    assert (first.json, first.headers["Log-Index"]) == (again.json, again.headers["Log-Index"])
    assert int(last(desk)) > int(first.headers["Log-Index"])


def test_reading_has_no_place(desk: Desk) -> None:
    claim = desk.claim()["links"]["self"]
    for answer in (desk.get(claim), desk.get("/v1/claims"), desk.post("/v1/claims/match", {"text": "A rally."}),
                   desk.post("/v1/sources", {})):  # fmt: skip
        assert "Log-Index" not in answer.headers


def test_what_is_stale_says_what_to_send_instead(desk: Desk) -> None:
    claim = desk.claim()
    path, etag = claim["links"]["self"], desk.etag(claim["id"])
    for sent in ('"old"', '"old", W/"older"', f"W/{etag}", f"w/{etag}", f'"a", W/{etag}', 'W/"x"', '"a,W/"'):
        for answer in (
            desk.patch(path, {"text": "Changed."}, etag=sent),
            desk.review(claim["id"], etag=sent, status="in_review"),
        ):
            assert (answer.status_code, answer.json["type"]) == (412, "/problems/stale"), sent
            assert answer.json["current_etag"] == answer.headers["ETag"] == etag
            weak = any(tag.strip()[:3].lower() == 'w/"' for tag in sent.split(", "))
            assert ("is weak" in answer.json["detail"]) is weak, sent
    assert desk.patch(path, {"text": "Changed."}, etag=answer.json["current_etag"]).status_code == 200


def test_a_strong_version_beside_a_weak_one_counts(desk: Desk) -> None:
    claim = desk.claim()
    etag = desk.etag(claim["id"])
    answer = desk.patch(claim["links"]["self"], {"text": "Changed."}, etag=f'W/"x", {etag}')
    assert (answer.status_code, answer.json["text"]) == (200, "Changed.")
