"""Comments on claims and articles."""

from typing import Any

import pytest

from tests.desk import Desk
from tests.everything import decide
from tests.test_amending import faults

ARTICLE = "Thousands of people gathered. “It was a million,” said the organizers."


@pytest.fixture
def claim_id(desk: Desk) -> str:
    return str(desk.claim()["id"])


def say(desk: Desk, claim_id: str, text: str, by: str = "analyst", **body: Any) -> Any:
    return desk.made(f"/v1/claims/{claim_id}/comments", {"text": text, **body}, by=by)


def listed(desk: Desk, path: str, by: str = "analyst") -> Any:
    return desk.get(f"{path}?limit=200", by=by).json["items"]


def test_a_comment_is_written_edited_and_withdrawn(desk: Desk, claim_id: str) -> None:
    claim = desk.get(f"/v1/claims/{claim_id}")
    here = f"/v1/claims/{claim_id}/comments"
    author = {"id": desk.people["contributor"], "name": "Test contributor"}
    body = {"text": "Is *this* so?", "mentions": [desk.people["analyst"], desk.people["reader"]]}
    answer = desk.post(here, body, by="contributor")
    made = answer.json
    path = f"/v1/comments/{made['id']}"
    assert (answer.status_code, answer.headers["Location"]) == (201, path)
    assert made | {"id": "", "created_at": "", "log_index": 0} == {
        "id": "", "claim_id": claim_id, "article_id": None, "in_reply_to": None, "text": "Is *this* so?",
        "mentions": [{"id": desk.people[each], "name": f"Test {each}"} for each in ("analyst", "reader")],
        "quote": None, "author": author, "created_at": "", "edited_at": None, "withdrawn_at": None,
        "withdrawn_by": None, "redacted": False, "log_index": 0,
        "links": {"self": path, "about": f"/v1/claims/{claim_id}", "history": f"{path}/history"},
    }  # fmt: skip
    read = desk.get(path, by="reader")
    assert (read.json, read.headers["ETag"]) == (made, answer.headers["ETag"])
    assert faults(desk) == []

    assert desk.patch(path, {"text": "No."}, by="contributor").status_code == 428
    assert desk.patch(path, {"text": "No."}, etag='"old"', by="contributor").status_code == 412
    for by in ("analyst", "admin"):
        refused = desk.patch(path, {"text": "No."}, etag="*", by=by)
        assert (refused.status_code, refused.json["detail"]) == (403, "Only its author edits a comment.")
    changed = {"text": "Is this so?", "mentions": [desk.people["admin"]]}
    edited = desk.patch(path, changed, etag=answer.headers["ETag"], by="contributor")
    assert (edited.status_code, edited.json["text"]) == (200, "Is this so?")
    assert [each["id"] for each in edited.json["mentions"]] == [desk.people["admin"]]
    assert edited.json["edited_at"] is not None
    size = len(desk.changes())
    assert desk.patch(path, changed, etag="*", by="contributor").status_code == 200
    assert len(desk.changes()) == size  # the same again
    assert faults(desk) == []

    refused = desk.post(f"{path}/withdrawal", {}, by="analyst")
    assert (refused.status_code, refused.json["detail"]) == (403, "Only its author and admins withdraw a comment.")
    gone = desk.post(f"{path}/withdrawal", {"reason": "Off topic."}, by="admin")
    assert (gone.status_code, gone.json["text"], gone.json["mentions"]) == (200, None, [])
    assert gone.json["withdrawn_by"]["id"] == desk.people["admin"]
    assert desk.post(f"{path}/withdrawal", {}, by="contributor").status_code == 409
    assert desk.patch(path, {"text": "Yes."}, etag="*", by="contributor").status_code == 409
    assert desk.get(path).json == gone.json
    told = listed(desk, f"{path}/history")
    assert [each["action"] for each in told] == ["add", "edit", "withdraw"]
    assert told[2]["reason"] == "Off topic."
    assert faults(desk) == []
    unchanged = desk.get(f"/v1/claims/{claim_id}")
    assert (unchanged.json, unchanged.headers["ETag"]) == (claim.json, claim.headers["ETag"])


def test_threads_have_one_level(desk: Desk, claim_id: str) -> None:
    first = say(desk, claim_id, "One?")
    reply = say(desk, claim_id, "Two.", by="admin", in_reply_to=first["id"])
    again = say(desk, claim_id, "Three.", in_reply_to=reply["id"])
    assert [each["in_reply_to"] for each in (first, reply, again)] == [None, first["id"], first["id"]]
    here = f"/v1/claims/{claim_id}/comments"
    page = desk.get(f"{here}?limit=2").json
    rest = desk.get(f"{here}?limit=2&cursor={page['next_cursor']}").json
    assert [each["text"] for each in page["items"] + rest["items"]] == ["One?", "Two.", "Three."]
    other = desk.claim(text="Another one.")["id"]
    for wrong in (first["id"], other, desk.people["admin"]):
        refused = desk.post(f"/v1/claims/{other}/comments", {"text": "No.", "in_reply_to": wrong})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/in_reply_to")
    assert faults(desk) == []


def test_who_may(desk: Desk, claim_id: str) -> None:
    body = {"text": "Is this so?"}
    article = desk.article()["id"]
    paths = [f"/v1/claims/{claim_id}/comments", f"/v1/articles/{article}/comments"]
    for path in paths:
        assert [desk.post(path, body, by=by).status_code for by in (None, "reader", "contributor")] == [401, 403, 201]
    made = desk.made(paths[0], body)["id"]
    desk.made(paths[1], body)
    open_desk = desk.with_settings(public_read=True)
    here = f"/v1/comments/{made}"
    assert open_desk.get(f"/v1/claims/{claim_id}", by=None).status_code == 200
    for path in (*paths, here, f"{here}/history", "/v1/comments"):
        assert open_desk.get(path, by=None).status_code == 401
        assert open_desk.get(path, by="reader").status_code == 200
    shown = open_desk.get("/v1/changes?limit=200", by=None).json["items"]
    entries = [each for each in shown if each["subject"]["kind"] == "comment"]
    assert len(entries) == 4
    assert all((each["subject"]["id"], each["changes"]) == (None, []) for each in entries)
    for by in ("reader", "contributor", "analyst"):
        assert desk.post(f"{here}/redaction", {"reason": "A court asked."}, by=by).status_code == 403


def test_what_is_not_allowed_is_told(desk: Desk, claim_id: str) -> None:
    here, person = f"/v1/claims/{claim_id}/comments", desk.people["reader"]
    article = desk.article()["id"]
    size = len(desk.changes())
    for body, pointer in (
        ({}, "/text"), ({"text": ""}, "/text"), ({"text": " \n"}, "/text"), ({"text": "x" * 10_001}, "/text"),
        ({"text": "x", "mentions": ["me"]}, "/mentions/0"), ({"text": "x", "mentions": [claim_id]}, "/mentions/0"),
        ({"text": "x", "mentions": [person, person]}, "/mentions/1"),
        ({"text": "x", "mentions": [person, claim_id]}, "/mentions/1"),
        ({"text": "x", "mentions": [person] * 21}, "/mentions"), ({"text": "x", "quote": None}, "/quote"),
        ({"text": "x", "in_reply_to": "one"}, "/in_reply_to"), ({"text": "x", "author": person}, "/author"),
    ):  # fmt: skip
        refused = desk.post(here, body)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer), body
    for quote, pointer in (
        ({"snapshot": 2, "start": 0, "end": 4}, "/quote/snapshot"),
        ({"snapshot": 1, "start": 4, "end": 4}, "/quote/end"),
        ({"snapshot": 1, "start": 0, "end": 10_000}, "/quote/end"), ({"snapshot": 1, "start": 0}, "/quote/end"),
        ({"snapshot": 1, "start": 0, "end": 2, "exact": "x"}, "/quote/exact"),
    ):  # fmt: skip
        refused = desk.post(f"/v1/articles/{article}/comments", {"text": "x", "quote": quote})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer), quote
    for missing in (f"/v1/claims/{person}/comments", f"/v1/articles/{person}/comments"):
        assert desk.post(missing, {"text": "x"}).status_code == 404
        assert desk.get(missing).status_code == 404
    assert desk.get(f"/v1/comments/{person}").status_code == 404
    assert len(desk.changes()) == size
    made = say(desk, claim_id, "Before.")
    desk.post(f"/v1/claims/{claim_id}/withdrawal", {"reason": "Entered twice."})
    assert desk.post(here, {"text": "x"}).status_code == 410
    assert desk.get(here).status_code == 410
    assert desk.patch(f"/v1/comments/{made['id']}", {"text": "x"}, etag="*").status_code == 410
    assert desk.get(f"/v1/comments/{made['id']}").status_code == 200
    assert desk.post(f"/v1/comments/{made['id']}/withdrawal", {}).status_code == 200


def test_a_comment_is_about_words_of_an_article(desk: Desk) -> None:
    article = desk.article(text=ARTICLE)["id"]
    here = f"/v1/articles/{article}/comments"
    start = ARTICLE.index("It was")
    quote = {"snapshot": 1, "start": start, "end": start + len("It was a million,")}
    made = desk.made(here, {"text": "Who says so?", "quote": quote})
    words = {**quote, "exact": "It was a million,", "in_newest": True}
    assert (made["quote"], made["article_id"], made["claim_id"]) == (words, article, None)
    for text, there in (
        (ARTICLE.replace("It was a", "It  was a"), True),  # set otherwise
        (ARTICLE.replace("a million", "half a million"), False),
        (ARTICLE, True),
    ):
        desk.made(f"/v1/articles/{article}/snapshots", {"text": text}, by="contributor")
        assert desk.get(f"/v1/comments/{made['id']}").json["quote"] == words | {"in_newest": there}
    assert listed(desk, here)[0]["quote"]["in_newest"]
    assert faults(desk) == []


def test_comments_that_mention_somebody(desk: Desk, claim_id: str) -> None:
    other = desk.claim(text="Another one.")["id"]
    article = desk.article()["id"]
    person = desk.people["reader"]
    ids = [say(desk, each, "Look.", mentions=[person])["id"] for each in (claim_id, other, claim_id)]
    ids.append(desk.made(f"/v1/articles/{article}/comments", {"text": "Look.", "mentions": [person]})["id"])
    say(desk, claim_id, "Not you.", mentions=[desk.people["admin"]])
    first = desk.get("/v1/comments?limit=3", by="reader").json
    rest = desk.get(f"/v1/comments?limit=3&cursor={first['next_cursor']}", by="reader").json
    assert [each["id"] for each in first["items"] + rest["items"]] == ids[::-1]
    assert [each["id"] for each in listed(desk, "/v1/comments", by="reader")] == ids[::-1]
    assert desk.get(f"/v1/comments?mentions={person}", by="admin").json["items"] == listed(
        desk, "/v1/comments", by="reader"
    )
    assert desk.get(f"/v1/comments?mentions={person}", by="analyst").status_code == 403
    assert desk.get("/v1/comments?mentions=me").status_code == 422
    desk.post(f"/v1/comments/{ids[2]}/withdrawal", {})
    desk.post(f"/v1/claims/{other}/withdrawal", {"reason": "Entered twice."})
    assert [each["id"] for each in listed(desk, "/v1/comments", by="reader")] == [ids[3], ids[0]]


def test_a_disabled_person_stays_mentioned_and_is_not_mentioned_anew(desk: Desk, claim_id: str) -> None:
    person = desk.people["reader"]
    made = say(desk, claim_id, "Look.", mentions=[person])
    desk.patch(f"/v1/people/{person}", {"active": False}, etag="*", by="admin")
    refused = desk.post(f"/v1/claims/{claim_id}/comments", {"text": "Look.", "mentions": [person]})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/mentions/0")
    edited = desk.patch(f"/v1/comments/{made['id']}", {"text": "Look again."}, etag="*")
    assert (edited.status_code, [each["id"] for each in edited.json["mentions"]]) == (200, [person])


def test_the_same_request_comments_once(desk: Desk, claim_id: str) -> None:
    here = f"/v1/claims/{claim_id}/comments"
    headers = {"Idempotency-Key": "a-key"}
    one = desk.post(here, {"text": "Once."}, headers=headers)
    assert desk.post(here, {"text": "Once."}, headers=headers).json == one.json
    assert desk.post(here, {"text": "Twice."}, headers=headers).status_code == 422
    assert len(listed(desk, here)) == 1


def test_whoever_is_blind_sees_no_newer_comments_of_others(desk: Desk) -> None:
    claim = desk.claim()["id"]
    here = f"/v1/claims/{claim}/comments"
    person = desk.people["analyst"]
    first = say(desk, claim, "One.", by="admin")
    edited = say(desk, claim, "Two.", by="contributor")
    decide(desk, claim, "unverifiable", by="admin")
    later = say(desk, claim, "It is unverifiable.", by="admin", mentions=[person], in_reply_to=first["id"])
    assert (
        desk.patch(f"/v1/comments/{edited['id']}", {"text": "So it is."}, etag="*", by="contributor").status_code == 200
    )
    asked = {"reviewer_id": person}
    assert desk.post(f"/v1/claims/{claim}/second-opinion", asked, by="admin").status_code == 201
    assert [each["id"] for each in listed(desk, here)] == [first["id"]]
    assert listed(desk, "/v1/comments") == []
    assert [desk.get(f"/v1/comments/{each['id']}").status_code for each in (first, edited, later)] == [200, 404, 404]
    assert desk.get(f"/v1/comments/{later['id']}/history").status_code == 404
    for path, body in (
        (f"/v1/comments/{edited['id']}/withdrawal", {}),
        (here, {"text": "x", "in_reply_to": later["id"]}),
    ):
        assert desk.post(path, body).status_code in (404, 422)
    told = [each for each in desk.get("/v1/changes?limit=200").json["items"] if each["subject"]["kind"] == "comment"]
    assert [each["blind"] for each in told] == [False, False, True, True]
    assert all(each["changes"] == [] and each["actor"] is None for each in told if each["blind"])
    own = say(desk, claim, "I look at it.")
    assert [each["id"] for each in listed(desk, here)] == [first["id"], own["id"]]
    assert not desk.get("/v1/changes?limit=200").json["items"][-1]["blind"]
    everybody = [first["id"], edited["id"], later["id"], own["id"]]
    for by in ("reader", "contributor", "admin"):
        assert [each["id"] for each in listed(desk, here, by=by)] == everybody
    decide(desk, claim, "unverifiable", by="analyst")
    assert [each["id"] for each in listed(desk, here)] == everybody
    assert [each["id"] for each in listed(desk, "/v1/comments")] == [later["id"]]


def test_the_redaction_of_a_claim_takes_its_comments(desk: Desk, claim_id: str) -> None:
    first = say(desk, claim_id, "Zanzibarquagga said so.", mentions=[desk.people["admin"]])
    reply = say(desk, claim_id, "Who is Zanzibarquagga?", in_reply_to=first["id"])
    gone = say(desk, claim_id, "Zanzibarquagga.")
    desk.post(f"/v1/comments/{gone['id']}/withdrawal", {"reason": "Zanzibarquagga again."})
    article = desk.get(f"/v1/claims/{claim_id}").json["article_id"]
    kept = desk.made(f"/v1/articles/{article}/comments", {"text": "A good article."})
    assert desk.post(f"/v1/claims/{claim_id}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    for each in (first, reply, gone):
        shown = desk.get(f"/v1/comments/{each['id']}").json
        assert (shown["text"], shown["mentions"], shown["redacted"]) == (None, [], True)
        assert desk.patch(f"/v1/comments/{each['id']}", {"text": "x"}, etag="*").status_code == 410
    assert "Zanzibarquagga" not in desk.get("/v1/changes?limit=200").get_data(as_text=True)
    assert desk.get(f"/v1/comments/{kept['id']}").json == kept
    assert listed(desk, "/v1/comments", by="admin") == []
    assert faults(desk) == []
    again = desk.post(f"/v1/comments/{first['id']}/redaction", {"reason": "A court asked."}, by="admin")
    assert again.status_code == 409


def test_redacted_words_go_from_the_words_that_a_comment_is_about(desk: Desk) -> None:
    article = desk.article(text=ARTICLE)["id"]
    start = ARTICLE.index("a million")
    quote = {"snapshot": 1, "start": start - 7, "end": start + 5}
    made = desk.made(f"/v1/articles/{article}/comments", {"text": "Really? It was a mil?", "quote": quote})
    place = {"reason": "A court asked.", "start": start, "end": start + len("a million")}
    assert desk.post(f"/v1/articles/{article}/redaction", place, by="admin").status_code == 204
    shown = desk.get(f"/v1/comments/{made['id']}").json
    assert shown["quote"]["exact"] == "It was █████"
    assert shown["text"] == "Really? It was █████?"
    assert shown["redacted"]
    edited = desk.patch(f"/v1/comments/{made['id']}", {"text": "Really?"}, etag="*")
    assert (edited.status_code, edited.json["text"]) == (200, "Really?")
    assert faults(desk) == []
