"""An article's newer text: where quotes taken from the older one are in it, what claims say of that, what is logged."""

import json
from typing import Any

import pytest

from tests.desk import Desk, audit_faults
from tests.forms import Visitor
from tests.test_amending import faults

OLD = (
    "Rally organizers say up to a million people came to the stadium.\n\n"
    "“We will not leave,” the general told them – and thousands cheered.\n\n"
    "The stadium holds 30,000 people, officials said on Sunday. Nobody counted.\n"
)
Json = dict[str, Any]


def claim(desk: Desk, article_id: str, *quotes: str, cue: str | None = None) -> Json:
    step: Json = {"source_id": desk.source()["id"], "directness": "direct"}
    if cue:
        step |= {"cue": cue, "cue_quotes": [{"exact": cue}]}
    quoted = [{"exact": quote} for quote in quotes]
    return desk.claim(article_id=article_id, quotes=quoted, attribution=[step])


def snapshot(desk: Desk, article_id: str, text: str) -> Any:
    return desk.post(f"/v1/articles/{article_id}/snapshots", {"text": text})


def current(desk: Desk, claim_id: str) -> list[Json]:
    return [quote["current"] for quote in desk.get(f"/v1/claims/{claim_id}").get_json()["quotes"]]


def test_each_quote_says_where_it_is_in_the_newer_text(desk: Desk) -> None:
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "up to a million people", "thousands cheered", "30,000 people", cue="told them")
    assert all("current" not in quote for quote in made["quotes"])
    new = OLD.replace("up to a million people", "hundreds of thousands of people").replace("–", "—")
    new = "A first paragraph.\n\n" + new.replace("“We", '"We').replace("leave,”", 'leave,"').replace("them —", "them")
    answer = snapshot(desk, article_id, new)
    assert answer.status_code == 201
    added = answer.get_json()
    assert answer.headers["Location"] == added["links"]["self"]
    assert (added["number"], added["text"]) == (2, new)
    assert added["quotes"] == {"exact": 1, "moved": 2, "equivalent": 0, "changed": 1, "orphaned": 0}
    now = desk.get(f"/v1/claims/{made['id']}").get_json()
    assert [quote["current"]["state"] for quote in now["quotes"]] == ["changed", "moved", "exact"]
    assert [quote["state"] for quote in now["quotes"]] == ["orphaned", "anchored", "anchored"]
    for before, after in zip(made["quotes"], now["quotes"], strict=True):
        place = after.pop("current")
        assert place["snapshot"] == 2
        assert new[place["start"] : place["end"]] == place["exact"]
        assert {**after, "state": "anchored"} == before
    [step] = now["attribution"]["chain"]
    assert step["cue_quotes"][0]["current"]["state"] == "moved"
    assert now["revision"] == made["revision"] + 1
    assert desk.get(f"/v1/articles/{article_id}").get_json()["number"] == 2


def test_the_same_words_set_differently_are_equivalent(desk: Desk) -> None:
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "“We will not leave,” the general told them – and thousands cheered")
    new = OLD.replace("“", '"').replace("”", '"').replace("–", "-").replace("not leave", "not\u00a0leave")
    assert snapshot(desk, article_id, new).get_json()["quotes"]["equivalent"] == 1
    [place] = current(desk, made["id"])
    assert place["exact"] == '"We will not\u00a0leave," the general told them - and thousands cheered'


def test_a_quote_that_is_gone_is_orphaned_and_found_again_when_it_comes_back(desk: Desk) -> None:
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "The stadium holds 30,000 people, officials said on Sunday.")
    assert snapshot(desk, article_id, OLD.replace(made["quotes"][0]["exact"], "")).get_json()["quotes"]["orphaned"] == 1
    assert current(desk, made["id"]) == [
        {"snapshot": 2, "start": None, "end": None, "exact": None, "state": "orphaned"}
    ]
    assert snapshot(desk, article_id, OLD).get_json()["quotes"]["exact"] == 1
    assert current(desk, made["id"])[0]["snapshot"] == 3
    assert desk.get(f"/v1/claims/{made['id']}").get_json()["quotes"][0]["state"] == "anchored"


def test_the_newest_text_again_adds_nothing(desk: Desk) -> None:
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "thousands cheered")
    answer = snapshot(desk, article_id, OLD)
    assert answer.status_code == 200
    assert answer.get_json()["number"] == 1
    assert "quotes" not in answer.get_json()
    assert desk.get(f"/v1/claims/{made['id']}").get_json()["revision"] == 1


def test_a_claim_that_was_withdrawn_stays_as_it_was(desk: Desk) -> None:
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "thousands cheered")
    assert desk.post(f"/v1/claims/{made['id']}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    assert snapshot(desk, article_id, "Other words.").get_json()["quotes"]["orphaned"] == 0


def test_a_verdict_stands_and_a_finding_says_that_the_words_changed(desk: Desk) -> None:
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "up to a million people", "Nobody counted")
    assert desk.review(made["id"], status="unverifiable", reason="Nobody counted.").status_code == 201
    new = OLD.replace("up to a million people", "up to a thousand people").replace(" Nobody counted.", "")
    snapshot(desk, article_id, new)
    now = desk.get(f"/v1/claims/{made['id']}").get_json()
    assert now["status"] == "unverifiable"
    found = desk.get(f"/v1/audit/findings?article={article_id}").get_json()["items"]
    explained = {each["kind"]: each["explanation"] for each in found}
    assert explained["anchor_changed"] == "One of its quotes has other words in the article's newest snapshot."
    assert explained["anchor_broken"] == "One of its quotes is not in the article's newest snapshot."


def test_every_page_and_the_claim_review_say_that_the_words_changed(desk: Desk) -> None:
    article_id = desk.article(text=OLD, url="https://paper.example/rally")["id"]
    made = claim(desk, article_id, "thousands cheered", "up to a million people")
    assert desk.review(made["id"], status="unverifiable", reason="Nobody counted.").status_code == 201

    def told() -> tuple[Json, list[int]]:
        review = desk.get(f"/v1/claims/{made['id']}/claimreview").get_json()
        assert review["reviewRating"]["alternateName"].startswith("Unverifiable")
        visitor = Visitor(desk, "reader")
        pages = (f"/?article={article_id}", f"/articles/{article_id}", f"/claims/{made['id']}")
        words = ("other words", "no longer has these words")
        shown = [visitor.get(path).get_data(as_text=True) for path in pages]
        return review["itemReviewed"]["appearance"], [sum(map(each.count, words)) for each in shown]

    before, shown = told()
    assert shown == [0, 0, 0]
    assert not {"version", "archivedAt", "correction"} & before.keys()
    snapshot(desk, article_id, f"{OLD}\nAn editor’s note.\n")  # the words are where they were, and nothing is said
    assert told() == (before, shown)
    snapshot(desk, article_id, OLD.replace("up to a million people", "up to a thousand people"))
    after, shown = told()
    assert min(shown) >= 1
    assert after.pop("version") == 1
    assert desk.get(after.pop("archivedAt").removeprefix("http://localhost")).get_json()["text"] == OLD
    correction = after.pop("correction")
    assert "“up to a million people”" in correction
    assert "Text 3 has other words here: “up to a thousand people”" in correction
    assert after == before
    snapshot(desk, article_id, "Another story.")
    after, shown = told()
    assert min(shown) >= 1
    assert "Text 4 no longer has these words" in after["correction"]


def test_the_log_tells_what_was_found_and_verifies(desk: Desk) -> None:
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "up to a million people")
    snapshot(desk, article_id, OLD.replace("a million", "a thousand"))
    [_, found] = desk.get(f"/v1/claims/{made['id']}/history").get_json()["items"]
    assert found["action"] == "find_quotes"
    [change] = found["changes"]
    assert (change["field"], change["before"]) == ("current_quotes", None)
    assert change["after"][0] == {"quote": "/quotes/0"} | current(desk, made["id"])[0]
    assert faults(desk) == []
    assert audit_faults(desk.database) == []


# ── Confirming ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def changed(desk: Desk) -> Json:
    """A claim with a verdict, one of whose three quotes has other words now."""
    article_id = desk.article(text=OLD)["id"]
    made = claim(desk, article_id, "up to a million people", "thousands cheered", "Nobody counted")
    assert desk.review(made["id"], status="unverifiable", reason="Nobody counted.").status_code == 201
    snapshot(desk, article_id, OLD.replace("up to a million people", "up to a thousand people"))
    return dict(desk.get(f"/v1/claims/{made['id']}").get_json())


def confirm(desk: Desk, claim_id: str, **body: Any) -> Any:
    headers = {"If-Match": desk.etag(claim_id)}
    return desk.post(f"/v1/claims/{claim_id}/confirmation", {"reason": "The same.", **body}, headers=headers)


def test_confirmed_words_are_the_claims_quote_and_the_verdict_stands(desk: Desk, changed: Json) -> None:
    answer = confirm(desk, changed["id"], quotes=["/quotes/0"])
    assert answer.status_code == 200, answer.get_json()
    now = answer.get_json()
    assert now["quotes"][0] == {
        "exact": "up to a thousand people",
        "prefix": "Rally organizers say ",
        "suffix": " came to the stadium.\n\n“We will ",
        "start": 21,
        "end": 44,
        "snapshot": 2,
        "state": "anchored",
    }
    assert now["quotes"][1:] == changed["quotes"][1:]
    assert (now["status"], now["reason"]) == ("unverifiable", "Nobody counted.")
    [*_, entry] = desk.get(f"/v1/claims/{changed['id']}/history").get_json()["items"]
    assert (entry["action"], entry["reason"]) == ("confirm_quotes", "The same.")
    assert {change["field"] for change in entry["changes"]} == {"quotes", "current_quotes"}
    kinds = {each["kind"] for each in desk.get("/v1/audit/findings").get_json()["items"]}
    assert "anchor_changed" not in kinds
    assert faults(desk) == []
    assert audit_faults(desk.database) == []


def test_only_what_has_changed_can_be_confirmed(desk: Desk, changed: Json) -> None:
    refused = confirm(desk, changed["id"], quotes=["/quotes/0", "/quotes/1"])
    assert refused.status_code == 422
    assert [flaw["pointer"] for flaw in refused.get_json()["errors"]] == ["/quotes/1"]
    nothing = confirm(desk, changed["id"], quotes=[])
    assert (nothing.status_code, nothing.get_json()["errors"][0]["pointer"]) == (422, "/quotes")
    assert confirm(desk, changed["id"]).status_code == 200
    again = confirm(desk, changed["id"])
    assert again.status_code == 409
    assert again.get_json()["detail"] == "No quote of this claim has other words in the newest snapshot."


# ── Differences ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_snapshots_are_compared_word_by_word_with_the_claims_that_this_touches(desk: Desk, changed: Json) -> None:
    untouched = claim(desk, changed["article_id"], "officials said on Sunday")
    answer = desk.get(f"/v1/articles/{changed['article_id']}/snapshots/1/diff/2")
    assert answer.status_code == 200
    told = answer.get_json()
    at = OLD.index("million")
    assert told["changes"] == [
        {
            "before": {"start": at, "end": at + 7, "text": "million"},
            "after": {"start": at, "end": at + 8, "text": "thousand"},
        }
    ]
    assert [(each["id"], each["quotes"]) for each in told["claims"]] == [(changed["id"], ["/quotes/0"])]
    assert untouched["id"] not in json.dumps(told)
    assert desk.get(f"/v1/articles/{changed['article_id']}/snapshots/1/diff/3").status_code == 404
