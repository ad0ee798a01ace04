"""Notifications: who gets which, that a rebuild comes to the same, and that nothing hidden is among them."""

from typing import Any

import pytest
from sqlalchemy import select

from factcheck.followers.base import Following
from factcheck.followers.notifications import NotificationsFollower
from factcheck.storage.tables.notifications import Notification
from tests.desk import TEXT, Desk
from tests.forms import Visitor
from tests.test_amending import faults

Json = dict[str, Any]
HERE = "/v1/me/notifications"
PAGE = "/notifications"
REASON = "It was counted twice."


def told(desk: Desk, by: str, query: str = "") -> list[Json]:
    """Return what somebody was told, which is that of the log's end."""
    answer = desk.get(f"{HERE}?limit=200&{query}", by=by)
    assert answer.status_code == 200, answer.get_json()
    assert "behind" not in answer.json
    found: list[Json] = answer.json["items"]
    return found


def kinds(desk: Desk, by: str) -> list[str]:
    return [each["kind"] for each in told(desk, by)]


def comment(desk: Desk, about: str, by: str, text: str = "Look.", *mentioned: str, **body: Any) -> Json:
    mentions = [desk.people[each] for each in mentioned]
    made: Json = desk.made(f"{about}/comments", {"text": text, "mentions": mentions, **body}, by=by)
    return made


def assign(desk: Desk, there: str, to: str, by: str) -> None:
    answer = desk.request("PUT", f"{there}/assignment", json={"person_id": desk.people[to]}, by=by)
    assert answer.status_code in (200, 201), answer.get_json()


def sent(desk: Desk, path: str, body: Json, by: str = "analyst", **options: Any) -> None:
    answer = desk.post(path, body, by=by, **options)
    assert answer.status_code in (200, 201, 204), answer.get_json()


def demand_rebuilt(desk: Desk) -> None:
    """Demand that a rebuild comes to what following did, and that the log says the same."""

    def derived() -> list[Any]:
        with desk.database.reading() as connection:
            return sorted(map(repr, connection.execute(select(*Notification.__table__.columns))))

    told(desk, "reader")
    followed = derived()
    following = Following(desk.database, NotificationsFollower(), batch=1)
    following.start_over()
    following.catch_up()
    assert derived() == followed
    assert faults(desk) == []


def test_who_is_told_of_what(desk: Desk) -> None:
    claim = desk.claim()
    there = claim["links"]["self"]
    assign(desk, there, "analyst", by="admin")
    assign(desk, there, "admin", by="admin")  # nobody is notified of their own actions
    first = comment(desk, there, "contributor", "Who counted?", "admin", "reader")
    comment(desk, there, "analyst", "I did.", "contributor", in_reply_to=first["id"])
    comment(desk, there, "admin", "And I.", in_reply_to=first["id"])
    [mentioned] = told(desk, "reader")
    assert mentioned == {
        "log_index": first["log_index"],
        "kind": "mentioned",
        "at": first["created_at"],
        "by": {"id": desk.people["contributor"], "name": "Test contributor"},
        "claim_id": claim["id"],
        "article_id": None,
        "comment_id": first["id"],
        "about": claim["text"],
        "seen": False,
        "links": {"about": there, "comment": f"/v1/comments/{first['id']}"},
    }
    # Of one entry, somebody is notified once: who is mentioned in an answer to them was answered.
    assert kinds(desk, "contributor") == ["answered", "answered"]
    assert kinds(desk, "admin") == ["mentioned"]
    assert kinds(desk, "analyst") == ["answered", "assigned"]
    demand_rebuilt(desk)


def test_an_edit_tells_whom_it_mentions_anew(desk: Desk) -> None:
    made = comment(desk, desk.article()["links"]["self"], "contributor", "Look.", "reader")

    def edit(*mentioned: str) -> int:
        mentions = [desk.people[each] for each in mentioned]
        answer = desk.patch(made["links"]["self"], {"mentions": mentions}, by="contributor", headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.get_json()
        return int(answer.get_json()["log_index"])

    edited = edit("reader", "analyst")
    assert [each["log_index"] for each in told(desk, "analyst")] == [edited]
    assert [each["log_index"] for each in told(desk, "reader")] == [made["log_index"]]
    edit("analyst")
    assert told(desk, "reader") == []
    again = edit("analyst", "reader")
    assert [each["log_index"] for each in told(desk, "reader")] == [again]
    demand_rebuilt(desk)


@pytest.mark.parametrize("how", ["withdrawal", "redaction"])
@pytest.mark.parametrize("what", ["comment", "claim"])
def test_what_is_gone_is_not_told_any_more(desk: Desk, what: str, how: str) -> None:
    claim, other = desk.claim(), desk.claim(text="Thousands gathered.", quotes=[{"exact": "thousands of people"}])
    stays = comment(desk, other["links"]["self"], "contributor", "Look.", "reader")
    made = comment(desk, claim["links"]["self"], "contributor", "Look here.", "reader", "analyst")
    comment(desk, claim["links"]["self"], "analyst", "Where?", in_reply_to=made["id"])
    assign(desk, claim["links"]["self"], "analyst", by="admin")
    assert kinds(desk, "reader") == ["mentioned", "mentioned"]
    gone = made if what == "comment" else claim
    sent(desk, f"{gone['links']['self']}/{how}", {"reason": REASON}, by="admin")
    assert [each["comment_id"] for each in told(desk, "reader")] == [stays["id"]]
    assert kinds(desk, "analyst") == (["assigned"] if what == "comment" else [])
    assert kinds(desk, "contributor") == (["answered"] if what == "comment" else [])
    demand_rebuilt(desk)


def test_a_second_opinion_is_asked_for_and_hides_what_is_said_of_the_verdict(desk: Desk) -> None:
    claim = desk.claim()
    there = claim["links"]["self"]
    before = comment(desk, there, "contributor", "Who counted?", "analyst")
    assert desk.review(claim["id"], status="unverifiable", reason=REASON, by="admin").status_code == 201
    asked = {"reviewer_id": desk.people["analyst"]}
    sent(desk, f"{there}/second-opinion", asked, by="admin")
    comment(desk, there, "admin", "I could not verify it.", "analyst", "reader")
    now = told(desk, "analyst")
    assert [(each["kind"], each["by"]) for each in now] == [
        ("opinion_asked", None), ("mentioned", before["author"]),
    ]  # fmt: skip
    assert kinds(desk, "reader") == ["mentioned"]
    unseen = Visitor(desk, "analyst").get(f"{PAGE}/unseen").get_data(as_text=True)
    assert ">2<" in unseen
    assert desk.review(claim["id"], status="unverifiable", reason=REASON, by="analyst").status_code == 201
    after = told(desk, "analyst")
    assert [each["kind"] for each in after] == ["mentioned", "opinion_asked", "mentioned"]
    assert after[1]["by"] == {"id": desk.people["admin"], "name": "Test admin"}
    demand_rebuilt(desk)


@pytest.mark.parametrize("how", ["unwatch", "redact"])
def test_who_watches_an_article_is_told_of_a_newer_text(desk: Desk, how: str) -> None:
    article = desk.article(url="https://paper.example/rally")
    there = article["links"]["self"]
    watching = desk.request("PUT", f"{there}/watch", json={"every": "PT1H"}, by="analyst")
    assert watching.status_code == 201, watching.get_json()
    sent(desk, f"{there}/snapshots", {"text": f"{TEXT} More came."}, by="contributor")
    [changed] = told(desk, "analyst")
    assert (changed["kind"], changed["article_id"], changed["about"]) == (
        "article_changed", article["id"], article["title"],
    )  # fmt: skip
    if how == "unwatch":
        assert desk.request("DELETE", f"{there}/watch", by="analyst").status_code == 204
    else:
        words = {"snapshot": 1, "start": 0, "end": 9}
        sent(desk, f"{there}/redaction", {"reason": "A court asked.", **words}, by="admin")
    sent(desk, f"{there}/snapshots", {"text": "Still more came."}, by="contributor")
    assert told(desk, "analyst") == [changed]
    demand_rebuilt(desk)


def test_what_was_seen_stays_seen(desk: Desk) -> None:
    there = desk.claim()["links"]["self"]
    first, second, third = (comment(desk, there, "analyst", "Look.", "reader")["log_index"] for _ in range(3))

    def see(index: Any, by: str | None = "reader") -> Any:
        return desk.patch(HERE, {"seen_index": index}, by=by)

    def seen() -> list[bool]:
        return [each["seen"] for each in told(desk, "reader")]

    assert seen() == [False, False, False]
    assert (see(second).status_code, see(first).json) == (200, {"seen_index": second})
    assert seen() == [False, True, True]
    size = len(desk.changes())
    assert see(10**12).json == {"seen_index": size - 1}
    assert seen() == [True, True, True]
    comment(desk, there, "analyst", "Look.", "reader")
    assert seen() == [False, True, True, True]
    assert third < size
    assert (see(0, None).status_code, see("x").status_code, see(-1).status_code) == (401, 422, 422)
    assert desk.get(HERE, by=None).status_code == 401
    assert len(desk.changes()) == size + 1  # the log has no entry of who looks at what
    assert told(desk, "contributor") == []


def test_a_list_goes_on_where_a_page_ends(desk: Desk) -> None:
    there = desk.claim()["links"]["self"]
    made = [comment(desk, there, "analyst", "Look.", "reader")["id"] for _ in range(5)]
    found, path = [], f"{HERE}?limit=2"
    while path:
        answer = desk.get(path, by="reader")
        found += [each["comment_id"] for each in answer.json["items"]]
        path = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert found == made[::-1]


def test_the_page_shows_them_and_marks_them_as_seen(desk: Desk) -> None:
    visitor = Visitor(desk, "reader")
    assert "Nothing yet." in visitor.get(PAGE).get_data(as_text=True)
    assert visitor.get(f"{PAGE}/unseen").get_data(as_text=True).strip() == ""
    claim = desk.claim()
    made = comment(desk, claim["links"]["self"], "analyst", "Look.", "reader")
    shown = visitor.get(PAGE).get_data(as_text=True)
    assert "Test analyst mentioned you in a comment" in shown
    assert f'href="/comments/{made["id"]}"' in shown
    assert claim["text"] in shown
    assert ">1<" in visitor.get(f"{PAGE}/unseen").get_data(as_text=True)
    answer = visitor.send(PAGE, {}, on=PAGE)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert visitor.get(f"{PAGE}/unseen").get_data(as_text=True).strip() == ""
    assert "Mark all as seen" not in visitor.get(PAGE).get_data(as_text=True)
    assert visitor.get(PAGE).status_code == 200
    stranger = Visitor(desk.with_settings(public_read=True), None).get(PAGE)
    assert "Test analyst" not in stranger.get_data(as_text=True)
