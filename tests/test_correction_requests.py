"""Readers' requests for corrections: how they are sent, what becomes public of them, and how they are answered."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from factcheck.desk import people
from factcheck.desk.publishing import correction_requests
from factcheck.errors import TooMany
from factcheck.rules.publishing.correction_requests import MOST_IN_A_DAY
from tests.desk import Desk
from tests.forms import Visitor
from tests.redacting import faults, rebuilt_faults
from tests.reporting import FRESH, REASON, moved, published, report_on, sent_to_us

WRONG = "It was in 2022, and Amina Zulu told me so."
ANSWER = "It was in 2023.\nThe article has its date."
Json = dict[str, Any]


@pytest.fixture
def claim(desk: Desk) -> str:
    made: str = desk.claim()["id"]
    return made


@pytest.fixture
def report(desk: Desk, claim: str) -> str:
    made = report_on(desk, claim)
    published(desk, made)
    return made


def send(desk: Desk, path: str, **form: str) -> Any:
    return desk.request("POST", f"{path}/correction-request", data={"text": WRONG, **form}, by=None)


def read(desk: Desk, path: str) -> str:
    answer = desk.get(path, by=None, headers=FRESH)
    assert answer.status_code == 200, path
    return str(answer.get_data(as_text=True))


def get(desk: Desk, request_id: str) -> Json:
    found: Json = desk.get(f"/v1/correction-requests/{request_id}").json
    return found


def test_a_request_is_received_answered_and_answered_again(desk: Desk, report: str, tmp_path: Path) -> None:
    assert f"/r/{report}/correction-request" in read(desk, f"/r/{report}")
    assert "How many came" in read(desk, f"/r/{report}/correction-request")
    request_id = sent_to_us(desk, f"/r/{report}", text=WRONG, url="https://archive.example/march")
    page = f"/corrections/requests/{request_id}"
    told = read(desk, page)
    assert ("We have not answered it yet" in told, "How many came" in told, "Zulu" in told) == (True, True, False)
    [listed] = desk.get("/v1/correction-requests?state=received").json["items"]
    assert (listed["id"], listed["text"], listed["state"]) == (request_id, WRONG, "received")
    assert (listed["report_id"], listed["claim_id"], listed["answered_by"]) == (report, None, None)
    assert listed == get(desk, request_id)

    here = f"/v1/correction-requests/{request_id}/answer"
    etag = desk.get(f"/v1/correction-requests/{request_id}").headers["ETag"]
    assert desk.post(here, {"text": ANSWER}, by="contributor").status_code == 403
    answered = desk.post(here, {"text": ANSWER}, headers={"If-Match": etag})
    assert (answered.status_code, answered.json["state"]) == (200, "answered")
    assert desk.post(here, {"text": "Else."}, headers={"If-Match": etag}).status_code == 412
    assert desk.post(here, {"text": ANSWER}).json["log_index"] == answered.json["log_index"]  # nothing changed
    told = read(desk, page)
    assert ("It was in 2023." in told, "The article has its date." in told, "not answered" in told) == (
        True, True, False,
    )  # fmt: skip
    assert desk.get("/v1/correction-requests?state=received").json["items"] == []
    assert desk.post(here, {"text": "It was in 2024."}).json["answer"] == "It was in 2024."
    actions = [each["action"] for each in desk.get(f"/v1/correction-requests/{request_id}/history").json["items"]]
    assert actions == ["receive", "answer", "answer"]
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_nothing_of_the_desk_is_shown_to_who_asks(desk: Desk, claim: str, report: str) -> None:
    """A title that is not published yet is not on the page of a request, though the desk sees it."""
    request_id = sent_to_us(desk, f"/r/{report}")
    desk.patch(f"/v1/reports/{report}", {"title": "Not out yet"}, etag="*")
    assert get(desk, request_id)["title"] == "Not out yet"
    assert "Not out yet" not in read(desk, f"/corrections/requests/{request_id}")
    desk.post(f"/v1/correction-requests/{request_id}/answer", {"text": ANSWER})
    for path in ("/v1/correction-requests", f"/v1/correction-requests/{request_id}"):
        assert desk.get(path, by=None).status_code == 401
        assert desk.with_settings(public_read=True).get(path, by=None).status_code == 401
    assert "analyst" not in read(desk, f"/corrections/requests/{request_id}")


def test_what_was_never_published_takes_no_request(desk: Desk, claim: str) -> None:
    hidden = desk.claim(text="Nobody has read this.")["id"]
    draft = report_on(desk, claim)
    for path in (f"/c/{hidden}", f"/r/{draft}", f"/c/{claim}"):
        assert send(desk, path).status_code == 404, path
        assert desk.get(f"{path}/correction-request", by=None).status_code == 404
    published(desk, draft)
    closed = desk.with_settings(public_site=False)
    assert (send(closed, f"/r/{draft}").status_code, closed.get(f"/r/{draft}/correction-request").status_code) == (
        404,
        404,
    )
    assert desk.get("/v1/correction-requests").json["items"] == []


def test_what_is_not_published_any_more_takes_no_request(desk: Desk, claim: str, report: str) -> None:
    on_report, on_claim = sent_to_us(desk, f"/r/{report}"), sent_to_us(desk, f"/c/{claim}")
    assert moved(desk, report, "retracted", reason=REASON).status_code == 200
    assert desk.post(f"/v1/claims/{claim}/withdrawal", {"reason": REASON}).status_code == 204
    for path in (f"/r/{report}", f"/c/{claim}"):
        assert send(desk, path).status_code == 410
    for request_id in (on_report, on_claim):
        assert "not published any more" in read(desk, f"/corrections/requests/{request_id}")


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"text": ""}, "text", "Required"),
        ({"text": " \u200b "}, "text", "visible"),
        ({"text": "x" * 5001}, "text", "5000"),
        ({"url": "javascript:alert(1)"}, "url", "https://"),
        ({"url": f"https://a.example/{'x' * 2000}"}, "url", "2000"),
    ],
    ids=["nothing", "blank", "long", "script", "long-url"],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    desk: Desk, report: str, form: dict[str, str], field: str, said: str
) -> None:
    refused = send(desk, f"/r/{report}", **form)
    told = refused.get_data(as_text=True)
    assert (refused.status_code, refused.headers["Cache-Control"]) == (422, "no-store")
    assert (f'id="{field}-flaw"' in told, said.lower() in told.lower()) == (True, True), told
    assert ("Amina Zulu" in told) == ("text" not in form)
    assert desk.get("/v1/correction-requests").json["items"] == []


def test_another_site_cannot_send_it(desk: Desk, report: str) -> None:
    refused = desk.request(
        "POST",
        f"/r/{report}/correction-request",
        data={"text": WRONG},
        by=None,
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert refused.status_code == 403


def test_an_address_sends_ten_a_day(desk: Desk, report: str) -> None:
    for hours in range(2):
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=2 * hours), tick=False):
            for _ in range(5):
                assert send(desk, f"/r/{report}").status_code == 303
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=4), tick=False):
        assert send(desk, f"/r/{report}").status_code == 429


def test_an_address_sends_five_an_hour(desk: Desk, report: str) -> None:
    for _ in range(2):  # what is refused for its words does not count
        assert send(desk, f"/r/{report}", text="").status_code == 422
    for _ in range(5):
        assert send(desk, f"/r/{report}").status_code == 303
    refused = send(desk, f"/r/{report}")
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert WRONG in refused.get_data(as_text=True)  # what was typed is not lost
    elsewhere = send(desk, f"/r/{report}", text="")  # still told what is wrong
    assert elsewhere.status_code == 422


def test_a_day_has_room_for_so_many(desk: Desk, report: str) -> None:
    """Whoever has many addresses cannot fill the log, which nobody can shorten."""
    fields: Json = {"text": WRONG, "url": None, "report_id": report, "claim_id": None}
    with desk.database.writing() as session:
        operator = people.operator(session)
        for _ in range(MOST_IN_A_DAY):
            correction_requests.receive(session, operator, **fields)
        with pytest.raises(TooMany):
            correction_requests.receive(session, operator, **fields)
    assert send(desk, f"/r/{report}").status_code == 429


def test_a_redacted_request_keeps_its_place(desk: Desk, claim: str, report: str, tmp_path: Path) -> None:
    request_id = sent_to_us(desk, f"/c/{claim}", text=WRONG, url="https://zulu.example/")
    here = f"/v1/correction-requests/{request_id}"
    desk.post(f"{here}/answer", {"text": "Amina Zulu is wrong."})
    assert desk.post(f"{here}/redaction", {"reason": "Amina Zulu is wrong."}, by="admin").status_code == 422
    assert desk.post(f"{here}/redaction", {"reason": REASON}, by="admin").status_code == 204
    found = get(desk, request_id)
    assert (found["text"], found["url"], found["answer"], found["redacted"]) == ("(redacted)", None, "(redacted)", True)
    assert "Zulu" not in desk.get(f"{here}/history").get_data(as_text=True)
    assert "Zulu" not in read(desk, f"/corrections/requests/{request_id}")
    assert desk.post(f"{here}/redaction", {"reason": REASON}, by="admin").status_code == 409
    assert desk.post(f"{here}/answer", {"text": ANSWER}).status_code == 409
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


@pytest.mark.parametrize("what", ["claim", "report"])
def test_a_redaction_of_what_it_is_about_reaches_it(
    desk: Desk, claim: str, report: str, what: str, tmp_path: Path
) -> None:
    requests = {
        "claim": sent_to_us(desk, f"/c/{claim}", text=WRONG),
        "report": sent_to_us(desk, f"/r/{report}", text=WRONG),
    }
    about = {"claim": f"/v1/claims/{claim}", "report": f"/v1/reports/{report}"}[what]
    assert desk.post(f"{about}/redaction", {"reason": REASON}, by="admin").status_code == 204
    texts = {name: get(desk, each)["text"] for name, each in requests.items()}
    assert texts == {"claim": WRONG, "report": WRONG} | {what: "(redacted)"}
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_what_is_redacted_as_a_whole_waits_for_no_answer(desk: Desk, report: str) -> None:
    request_id = sent_to_us(desk, f"/r/{report}")
    assert (
        desk.post(f"/v1/correction-requests/{request_id}/redaction", {"reason": REASON}, by="admin").status_code == 204
    )
    assert get(desk, request_id)["state"] == "removed"
    for state, number in (("received", 0), ("answered", 0), ("removed", 1)):
        assert len(desk.get(f"/v1/correction-requests?state={state}").json["items"]) == number
    assert "This request was removed." in read(desk, f"/corrections/requests/{request_id}")
    assert "waits for an answer" not in Visitor(desk).get("/reports").get_data(as_text=True)


def test_a_reader_cannot_make_a_redaction_impossible(desk: Desk, report: str) -> None:
    """By a text that each reason has, or by one that looks as if it were gone."""
    short = sent_to_us(desk, f"/r/{report}", text="e")
    gone = sent_to_us(desk, f"/r/{report}", text="(redacted)", url="https://zulu.example/")
    for request_id in (short, gone):
        redacted = desk.post(f"/v1/correction-requests/{request_id}/redaction", {"reason": REASON}, by="admin")
        assert redacted.status_code == 204
        assert (get(desk, request_id)["text"], get(desk, request_id)["url"]) == ("(redacted)", None)


def test_words_that_an_article_loses_are_blacked_out(desk: Desk, claim: str, report: str) -> None:
    article = desk.get(f"/v1/claims/{claim}").json["article"]["id"]
    request_id = sent_to_us(desk, f"/c/{claim}", text="You write: thousands of people. Why?")
    text: str = desk.get(f"/v1/articles/{article}").json["text"]
    words = {"snapshot": 1, "start": text.index("thousands"), "end": text.index("thousands") + len("thousands")}
    done = desk.post(f"/v1/articles/{article}/redaction", {**words, "reason": "A court asked."}, by="admin")
    assert done.status_code == 204, done.json
    assert get(desk, request_id)["text"] == f"You write: {'█' * len('thousands')} of people. Why?"
    answered = desk.post(f"/v1/correction-requests/{request_id}/answer", {"text": ANSWER})  # it can be answered still
    assert (answered.status_code, answered.json["state"], answered.json["redacted"]) == (200, "answered", True)


def test_the_desk_reads_and_answers_on_its_pages(desk: Desk, report: str) -> None:
    request_id = sent_to_us(desk, f"/r/{report}", text=WRONG)
    visitor = Visitor(desk)

    def told(path: str) -> str:
        return str(visitor.get(path).get_data(as_text=True))

    assert "1 request of a reader waits for an answer" in told("/reports")
    assert WRONG in told("/correction-requests?state=received")
    page = f"/correction-requests/{request_id}"
    assert visitor.send(f"{page}/answer", {"text": ""}, on=page).status_code == 422
    assert visitor.send(f"{page}/answer", {"text": ANSWER}, on=page).status_code == 303
    assert "It was in 2023." in told(page)
    assert "waits for an answer" not in told("/reports")
