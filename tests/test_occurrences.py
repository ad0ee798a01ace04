"""Occurrences: where else a claim was said, from when one is added until it is withdrawn or redacted."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text, update

from factcheck.formats import claim_review
from factcheck.formats.here import Here
from factcheck.rules.budget import OCCURRENCES
from factcheck.rules.web.occurrences import seconds
from factcheck.schemas.evidence import OccurrenceListed, OccurrenceOut
from factcheck.storage.tables.evidence import Occurrence
from tests.desk import TEXT, Desk
from tests.everything import captured_page
from tests.forms import Visitor
from tests.redacting import faults, places, rebuilt_faults
from tests.reporting import FRESH, published, report_on
from tests.test_page_contents import text_of

POST = {"kind": "social_post", "url": "https://social.example/@somebody/1", "account": "@somebody"}
VIDEO = {"kind": "video", "url": "https://video.example/7", "said_on": "2023-08-25", "timecode": "00:12:34"}
SPEECH = {"kind": "speech", "place": "Niamey", "said_on": "2023-08-24"}
REASON = "Somebody else said that."
HERE = Here("The Desk", "https://desk.example")
Json = dict[str, Any]


@pytest.fixture
def claim(desk: Desk) -> str:
    made: str = desk.claim()["id"]
    return made


def added(desk: Desk, claim: str, body: Json, **options: Any) -> Json:
    return desk.made(f"/v1/claims/{claim}/occurrences", body, **options)


def shown(desk: Desk, claim: str) -> list[Json]:
    found: list[Json] = desk.get(f"/v1/claims/{claim}").json.get("occurrences", [])
    return found


def withdrawal(desk: Desk, claim: str, occurrence: Json, **options: Any) -> Any:
    path = f"/v1/claims/{claim}/occurrences/{occurrence['id']}/withdrawal"
    return desk.post(path, {"reason": REASON}, **options)


# ── From its beginning to its end ───────────────────────────────────────────────────────────────────────────────


def test_an_occurrence_from_its_beginning_to_its_end(desk: Desk, claim: str, tmp_path: Path) -> None:
    here = f"/v1/claims/{claim}"
    before = desk.get(here)
    assert "occurrences" not in before.json
    capture = captured_page(desk)
    page = {"kind": "article", "url": "https://news.invalid/rally", "capture_id": capture, "said_on": None}
    made = desk.post(f"{here}/occurrences", page, by="contributor")
    assert (made.status_code, made.headers["Location"]) == (201, f"{here}/occurrences/{made.json['id']}")
    assert made.json.keys() == OccurrenceListed().fields.keys()
    assert (made.json["added_by"]["name"], made.json["withdrawn_at"]) == ("Test contributor", None)
    post, video, speech = (added(desk, claim, body) for body in (POST, VIDEO, SPEECH))
    after = desk.get(here)
    assert after.headers["ETag"] != before.headers["ETag"]
    assert (after.json["revision"], after.json["status"]) == (before.json["revision"] + 4, before.json["status"])
    # In the order of entry, in the contract's members.
    assert [each["id"] for each in shown(desk, claim)] == [made.json["id"], post["id"], video["id"], speech["id"]]
    assert all(each.keys() == OccurrenceOut().fields.keys() for each in shown(desk, claim))
    assert shown(desk, claim)[0]["capture_id"] == capture
    nothing: Json = dict.fromkeys(OccurrenceOut().fields)
    assert shown(desk, claim)[2] == nothing | {"id": video["id"]} | VIDEO
    # It is withdrawn, not deleted.
    gone = withdrawal(desk, claim, post)
    assert (gone.status_code, gone.json["withdrawn_reason"]) == (200, REASON)
    assert (gone.json["url"], gone.json["withdrawn_by"]["name"]) == (POST["url"], "Test analyst")
    assert gone.headers["ETag"] == desk.get(f"{here}/occurrences/{post['id']}").headers["ETag"]
    assert post["id"] not in [each["id"] for each in shown(desk, claim)]
    listed = desk.get(f"{here}/occurrences").json["items"]
    assert [(each["id"], each["withdrawn_at"] is None) for each in listed] == [
        (made.json["id"], True), (post["id"], False), (video["id"], True), (speech["id"], True)
    ]  # fmt: skip
    first = desk.get(f"{here}/occurrences?limit=2").json
    rest = desk.get(f"{here}/occurrences", query_string={"limit": 2, "cursor": first["next_cursor"]}).json
    assert (first["items"] + rest["items"], rest["next_cursor"]) == (listed, None)
    assert withdrawal(desk, claim, post).status_code == 409
    entries = desk.get(f"{here}/history").json["items"][1:]
    assert [each["action"] for each in entries] == ["add_occurrence"] * 4 + ["withdraw_occurrence"]
    assert {change["field"] for each in entries for change in each["changes"]} == {"occurrences"}
    assert entries[-1]["changes"][0]["before"]["url"] == POST["url"]
    earlier = desk.get(here, query_string={"as_of": entries[1]["at"]}).json
    assert [each["id"] for each in earlier["occurrences"]] == [made.json["id"], post["id"]]
    for each in (made.json, video, speech):
        withdrawal(desk, claim, each)
    assert "occurrences" not in desk.get(here).json
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_verdict_stays_and_its_reviewer_may_go_on(desk: Desk, claim: str) -> None:
    desk.review(claim, status="disputed", reason="Two counts differ.", evidence=[{"stance": "context", "title": "A"}])
    made = added(desk, claim, SPEECH, by="contributor")
    assert desk.get(f"/v1/claims/{claim}").json["status"] == "disputed"
    withdrawal(desk, claim, made)
    assert desk.get(f"/v1/claims/{claim}").json["status"] == "disputed"


# ── What is refused ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "https://a.example"}, "/kind"),
        ({"kind": "rumour", "url": "https://a.example"}, "/kind"),
        ({"kind": "speech"}, "/url"),
        ({"kind": "speech", "url": None, "place": None, "account": None, "said_on": None}, "/url"),
        ({**POST, "url": "javascript:alert(1)"}, "/url"),
        ({**POST, "account": "x" * 201}, "/account"),
        ({**POST, "account": " "}, "/account"),
        ({**SPEECH, "place": "x" * 501}, "/place"),
        ({**SPEECH, "said_on": "yesterday"}, "/said_on"),
        ({**SPEECH, "said_on": "2023-02-30"}, "/said_on"),
        ({**VIDEO, "timecode": "12:34"}, "/timecode"),
        ({**VIDEO, "timecode": "00:60:00"}, "/timecode"),
        ({**VIDEO, "timecode": "٠٠:١٢:٣٤"}, "/timecode"),
        ({**VIDEO, "timecode": 754}, "/timecode"),
        ({**SPEECH, "timecode": "00:12:34"}, "/timecode"),
        ({**SPEECH, "capture_id": "0199e1a0-0000-7000-8000-000000000000"}, "/capture_id"),
        ({**POST, "capture_id": "0199e1a0-0000-7000-8000-000000000000"}, "/capture_id"),
        ({**POST, "capture_id": "x"}, "/capture_id"),
        ({**POST, "note": "Hm."}, "/note"),
    ],
)
def test_what_is_wrong_with_an_occurrence_is_named(desk: Desk, claim: str, body: Json, pointer: str) -> None:
    size = len(desk.changes())
    refused = desk.post(f"/v1/claims/{claim}/occurrences", body)
    assert (refused.status_code, [each["pointer"] for each in refused.json["errors"]]) == (422, [pointer])
    assert len(desk.changes()) == size


def test_a_capture_is_of_the_page_of_the_url(desk: Desk, claim: str) -> None:
    other = desk.post(f"/v1/claims/{claim}/occurrences", {**POST, "capture_id": captured_page(desk)})
    assert (other.status_code, other.json["errors"]) == (
        422,
        [{"pointer": "/capture_id", "detail": "This capture is of another page than the URL."}],
    )


def test_who_may_do_what(desk: Desk, claim: str) -> None:
    path = f"/v1/claims/{claim}/occurrences"
    assert (desk.post(path, POST, by="reader").status_code, desk.post(path, POST, by=None).status_code) == (403, 401)
    of_analyst, own = added(desk, claim, POST), added(desk, claim, POST, by="contributor")
    assert withdrawal(desk, claim, of_analyst, by="contributor").status_code == 403
    assert withdrawal(desk, claim, own, by="contributor").status_code == 200
    assert withdrawal(desk, claim, of_analyst).status_code == 200
    other = desk.claim(text="Another claim.")["id"]
    assert withdrawal(desk, other, own).status_code == 404
    assert desk.get(f"/v1/claims/{other}/occurrences/{own['id']}").status_code == 404
    desk.post(f"/v1/claims/{claim}/withdrawal", {"reason": "Entered twice."})
    assert [desk.post(path, POST).status_code, desk.get(path).status_code] == [410, 410]


def test_a_version_that_was_seen_is_compared(desk: Desk, claim: str) -> None:
    path = f"/v1/claims/{claim}/occurrences"
    seen = desk.etag(claim)
    assert desk.post(path, POST, headers={"If-Match": seen}).status_code == 201
    assert desk.post(path, POST, headers={"If-Match": seen}).status_code == 412
    made = added(desk, claim, SPEECH)
    assert withdrawal(desk, claim, made, headers={"If-Match": '"old"'}).status_code == 412
    etag = desk.get(f"{path}/{made['id']}").headers["ETag"]
    assert withdrawal(desk, claim, made, headers={"If-Match": etag}).status_code == 200


def test_a_claim_has_a_bounded_number_of_occurrences(desk: Desk) -> None:
    article = desk.article()["id"]
    line = {"type": "claim", "article_id": article, "text": "A claim.", "kind": "factual"}
    line |= {
        "quotes": [{"exact": "solidarity"}],
        "occurrences": [{"kind": "image", "place": str(at)} for at in range(50)],
    }
    raw = orjson.dumps(line)
    told = orjson.loads(desk.post("/v1/imports", data=raw, content_type="application/x-ndjson").get_data())
    claim = told["id"]
    assert [each["place"] for each in shown(desk, claim)] == [str(at) for at in range(50)]
    for _ in range(OCCURRENCES - 50):
        made = added(desk, claim, POST)
    withdrawal(desk, claim, made)
    refused = desk.post(f"/v1/claims/{claim}/occurrences", POST)
    assert (refused.status_code, refused.json["limit"]) == (409, OCCURRENCES)
    assert len(desk.get(f"/v1/claims/{claim}/occurrences?limit=200").json["items"]) == OCCURRENCES
    assert faults(desk.database) == []


# ── Imports and exports ─────────────────────────────────────────────────────────────────────────────────────────


def test_an_import_carries_occurrences_and_names_what_is_wrong(desk: Desk) -> None:
    article = desk.article()["id"]
    line = {"type": "claim", "article_id": article, "text": "A claim.", "kind": "factual"}
    line |= {"quotes": [{"exact": "solidarity"}], "external_id": "mine", "occurrences": [VIDEO, SPEECH]}

    def sent(**changes: Any) -> Json:
        raw = orjson.dumps(line | changes)
        answer = desk.post("/v1/imports", data=raw, content_type="application/x-ndjson")
        told: Json = orjson.loads(answer.get_data())
        return told

    made = sent()
    assert made["result"] == "added"
    kinds = [(each["kind"], each["said_on"], each["timecode"]) for each in shown(desk, made["id"])]
    assert kinds == [("video", "2023-08-25", "00:12:34"), ("speech", "2023-08-24", None)]
    assert (sent()["result"], sent(occurrences=[SPEECH])["result"]) == ("unchanged", "unchanged")
    assert sent(occurrences=[POST])["result"] == "exists"
    refused = sent(external_id="other", occurrences=[VIDEO, {**SPEECH, "timecode": "00:00:01"}])
    assert refused["problem"]["errors"][0]["pointer"] == "/occurrences/1/timecode"
    refused = sent(external_id="other", occurrences=[{**VIDEO, "capture_id": captured_page(desk)}])
    assert refused["problem"]["errors"][0]["pointer"] == "/occurrences/0/capture_id"
    refused = sent(external_id="other", occurrences=[SPEECH] * 51)
    assert refused["problem"]["errors"][0]["pointer"] == "/occurrences"
    assert desk.get(f"/v1/claims/{made['id']}").json["revision"] == 1
    assert faults(desk.database) == []


def review_of(desk: Desk, claim: str, published_on: str | None) -> Json:
    found = desk.get(f"/v1/claims/{claim}").json
    article: Json = desk.get(f"/v1/articles/{found['article_id']}").json
    review, _ = claim_review.convert(found, article | {"published_on": published_on}, HERE)
    reviewed: Json = review["itemReviewed"]
    return reviewed


def test_a_claim_review_has_each_occurrence_as_an_appearance(desk: Desk, claim: str) -> None:
    desk.review(claim, status="disputed", reason="Two counts differ.", evidence=[{"stance": "context", "title": "A"}])
    alone = review_of(desk, claim, "2023-08-26")
    assert (alone["appearance"]["@type"], "firstAppearance" in alone) == ("Article", False)
    image = {"kind": "image", "url": "https://social.example/picture.png"}
    broadcast = {**VIDEO, "kind": "broadcast", "said_on": "2023-08-27"}
    for body in (POST, VIDEO, SPEECH, image, broadcast):
        added(desk, claim, body)
    reviewed = review_of(desk, claim, "2023-08-26")
    article, *others = reviewed["appearance"]
    assert article == alone["appearance"]
    assert others == [
        {"@type": "SocialMediaPosting", "url": POST["url"], "creditText": "@somebody"},
        {"@type": "VideoObject", "url": VIDEO["url"], "datePublished": "2023-08-25",
         "hasPart": {"@type": "Clip", "url": VIDEO["url"], "startOffset": 754}},
        {"@type": "CreativeWork", "genre": "speech", "datePublished": "2023-08-24",
         "locationCreated": {"@type": "Place", "name": "Niamey"}},
        {"@type": "ImageObject", "url": image["url"]},
        {"@type": "Clip", "genre": "broadcast", "url": VIDEO["url"], "datePublished": "2023-08-27", "startOffset": 754},
    ]  # fmt: skip
    assert reviewed["firstAppearance"] == others[2]
    # The article may be the first one, and on the same day nobody knows.
    for day, first in (("2023-08-24", None), ("2023-08-01", None), ("2023-08-25", others[2]), (None, others[2])):
        assert review_of(desk, claim, day).get("firstAppearance") == first, day


def test_seconds_of_a_timecode() -> None:
    assert (seconds("00:00:00"), seconds("01:01:01"), seconds("99:59:59")) == (0, 3661, 359_999)
    with pytest.raises(ValueError, match="no timecode"):
        seconds("1:00:00")


# ── What readers and forgers see and change ─────────────────────────────────────────────────────────────────────


def test_without_a_token_no_people_and_no_reasons_are_shown(desk: Desk) -> None:
    public = desk.with_settings(public_read=True)
    claim = public.claim()["id"]
    made = added(public, claim, POST)
    withdrawal(public, claim, made)
    added(public, claim, SPEECH)
    gone, stays = public.get(f"/v1/claims/{claim}/occurrences", by=None).json["items"]
    assert (gone["withdrawn_reason"], gone["added_by"]) == (None, {"id": None, "name": "The desk"})
    assert (stays["place"], public.get(f"/v1/claims/{claim}", by=None).json["occurrences"][0]["place"]) == (
        "Niamey",
        "Niamey",
    )


def test_readers_of_the_site_see_where_else_it_was_said(desk: Desk, claim: str) -> None:
    for body in (POST, VIDEO, SPEECH):
        added(desk, claim, body)
    gone = added(desk, claim, {**SPEECH, "place": "Elsewhere"})
    withdrawal(desk, claim, gone)
    published(desk, report_on(desk, claim))
    page = desk.get(f"/c/{claim}", by=None, headers=FRESH).get_data(as_text=True)
    told = text_of(page)
    assert "Where else it was said" in told
    for words in ("social media post", "@somebody", "Niamey", "00:12:34"):
        assert words in told, words
    assert f'href="{VIDEO["url"]}"' in page
    assert "Elsewhere" not in told


def test_a_blind_reviewer_sees_occurrences_and_the_page_that_they_cite(desk: Desk, claim: str) -> None:
    """A capture that an occurrence names is in sight, though a hidden review cites it too."""
    capture = captured_page(desk)
    page = {"url": "https://news.invalid/rally", "capture_id": capture}
    piece = {"stance": "refutes", "title": "A page", **page}
    desk.review(claim, status="refuted", reason="They were counted.", evidence=[piece])
    desk.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["admin"]})
    assert desk.get(f"/v1/captures/{capture}", by="admin").status_code == 404
    added(desk, claim, {"kind": "article", **page})
    seen = desk.get(f"/v1/claims/{claim}", by="admin").json
    assert (seen["status"], seen["occurrences"][0]["capture_id"]) == ("in_review", capture)
    assert desk.get(f"/v1/captures/{capture}", by="admin").status_code == 200


def test_whatever_somebody_changes_in_the_table_is_named(desk: Desk, claim: str) -> None:
    made = added(desk, claim, VIDEO)
    gone = added(desk, claim, SPEECH)
    withdrawal(desk, claim, gone)
    desk.database.close()
    for values, column in (
        ({"url": "https://elsewhere.example"}, "url"), ({"said_on": None}, "said_on"),
        ({"timecode": "00:00:01"}, "timecode"), ({"kind": "broadcast"}, "kind"), ({"account": "@else"}, "account"),
        ({"position": 7}, "position"),
    ):  # fmt: skip
        with desk.database.writing() as session:
            before = session.get_one(Occurrence, made["id"])
            was = {name: getattr(before, name) for name in values}
            session.execute(update(Occurrence).where(Occurrence.id == made["id"]).values(**values))
        told = faults(desk.database)
        assert any(f"occurrences.{column}" in each and claim in each for each in told), (column, told)
        with desk.database.writing() as session:
            session.execute(update(Occurrence).where(Occurrence.id == made["id"]).values(**was))
    with desk.database.writing() as session:
        session.execute(text("DELETE FROM occurrences WHERE withdrawn_at IS NOT NULL"))
    assert any("occurrences" in each and claim in each for each in faults(desk.database))


# ── Redaction ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_redacted_claim_keeps_no_word_of_its_occurrences(desk: Desk, claim: str, tmp_path: Path) -> None:
    word = "Zyzzyva"
    said = {"kind": "video", "url": f"https://v.example/{word}", "place": word, "account": f"@{word}"}
    made = added(desk, claim, {**said, "said_on": "2023-08-25", "timecode": "00:12:34"}, by="contributor")
    gone = added(desk, claim, said)
    path = f"/v1/claims/{claim}/occurrences/{gone['id']}/withdrawal"
    assert desk.post(path, {"reason": f"{word} is another one."}).status_code == 200
    assert places(desk, word, tmp_path) != []
    done = desk.post(f"/v1/claims/{claim}/redaction", {"reason": "A court asked."}, by="admin")
    assert done.status_code == 204
    assert places(desk, word, tmp_path) == []
    with desk.database.reading() as connection:
        rows = connection.execute(text("SELECT * FROM occurrences ORDER BY position")).mappings().all()
    assert [(str(row["id"]), row["kind"]) for row in rows] == [(made["id"], "video"), (gone["id"], "video")]
    for row in rows:
        left = {name for name, value in row.items() if value is not None}
        assert left == {
            "id", "claim_id", "position", "kind", "added_by_id", "added_at", "withdrawn_at", "withdrawn_reason",
            "withdrawn_by_id",
        }  # fmt: skip
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_words_of_an_article_are_blacked_out_in_occurrences(desk: Desk, claim: str, tmp_path: Path) -> None:
    words = "solidarity"
    added(desk, claim, {**POST, "account": f"@{words}", "place": f"At the {words} rally"})
    article = desk.get(f"/v1/claims/{claim}").json["article_id"]
    start = TEXT.index(words)
    body = {"snapshot": 1, "start": start, "end": start + len(words), "reason": "A court asked."}
    assert desk.post(f"/v1/articles/{article}/redaction", body, by="admin").status_code in (200, 204)
    [left] = shown(desk, claim)
    assert (left["account"], left["place"]) == (f"@{'█' * 10}", f"At the {'█' * 10} rally")
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_redacted_capture_stays_linked(desk: Desk, claim: str) -> None:
    capture = captured_page(desk)
    added(desk, claim, {"kind": "article", "url": "https://news.invalid/rally", "capture_id": capture})
    revision = desk.get(f"/v1/claims/{claim}").json["revision"]
    done = desk.post(f"/v1/captures/{capture}/redaction", {"reason": "A court asked."}, by="admin")
    assert done.status_code in (200, 204)
    assert shown(desk, claim)[0]["capture_id"] == capture
    assert desk.get(f"/v1/claims/{claim}").json["revision"] == revision
    again = {"kind": "article", "url": "https://news.invalid/rally", "capture_id": capture}
    refused = desk.post(f"/v1/claims/{claim}/occurrences", again)
    assert refused.json["errors"][0]["detail"] == "This capture was redacted."
    assert faults(desk.database) == []


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_a_claim_adds_and_withdraws(desk: Desk, claim: str) -> None:
    visitor, page = Visitor(desk), f"/claims/{claim}"
    capture = captured_page(desk)
    assert "Only in the article, as far as the desk knows." in text_of(visitor.get(page).get_data(as_text=True))
    fields = {
        "kind": "article", "url": "https://news.invalid/rally", "said_on": "2023-08-25", "place": "Niamey",
        "capture_id": f"https://desk.example/captures/{capture}",
    }  # fmt: skip
    done = visitor.send(f"{page}/occurrences", fields, on=page)
    assert (done.status_code, done.location) == (303, f"{page}?said=occurrence#occurrences")
    told = visitor.get(f"{page}?said=occurrence").get_data(as_text=True)
    [made] = shown(desk, claim)
    assert made["capture_id"] == capture
    for words in ("The occurrence was added.", "Niamey", "news.invalid", "Copy of the page", "added an occurrence"):
        assert words in text_of(told), words
    assert f'href="/captures/{capture}"' in told
    # A form that is refused keeps what was typed, and says what to do.
    wrong = visitor.send(f"{page}/occurrences", {"kind": "speech", "timecode": "00:12:34", "place": "Paris"}, on=page)
    assert wrong.status_code == 422
    told = wrong.get_data(as_text=True)
    assert "Only a video or a broadcast has a timecode." in text_of(told)
    assert 'value="Paris"' in told
    empty = visitor.send(f"{page}/occurrences", {"kind": "speech"}, on=page)
    assert "Fill in the URL, the place, the account or the date." in text_of(empty.get_data(as_text=True))
    # It is withdrawn with a reason.
    path = f"{page}/occurrences/{made['id']}/withdrawal"
    assert visitor.send(path, {"reason": ""}, on=page).status_code == 422
    done = visitor.send(path, {"reason": REASON}, on=page)
    assert (done.status_code, shown(desk, claim)) == (303, [])
    told = text_of(visitor.get(page).get_data(as_text=True))
    assert ("withdrew an occurrence" in told, REASON in told) == (True, True)
    reader = Visitor(desk, "reader").get(page).get_data(as_text=True)
    assert f'action="{page}/occurrences' not in reader
