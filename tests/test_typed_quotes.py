"""Quotes as people type and paste them: found in spite of how they are set, and stored in the article's own words."""

from typing import Any

import pytest

from factcheck.rules.selectors import Effort, QuoteCostly, place_as_set
from factcheck.rules.text.typography import Folded
from tests.desk import Desk
from tests.test_imports import ndjson, sent

TEXT = "They said “up to” 5\u00a0million of\u00adficials – nobody’s sure… “up to” five came."
SAME = (
    ("5 million", "5\u00a0million"),
    ('said "up to" 5 million', "said “up to” 5\u00a0million"),
    ("officials - nobody's  sure...", "of\u00adficials – nobody’s sure…"),
    (" five came.\n", "five came."),
)


@pytest.mark.parametrize(("typed", "own"), SAME)
def test_a_quote_is_stored_as_the_article_sets_it_and_that_is_told(desk: Desk, typed: str, own: str) -> None:
    made = desk.claim(article_id=desk.article(text=TEXT)["id"], quotes=[{"exact": typed}])
    at = TEXT.index(own)
    [quote] = made["quotes"]
    assert (quote["exact"], quote["start"], quote["end"]) == (own, at, at + len(own))
    assert made.pop("notices") == [
        {"detail": f"The article sets these words as “{own}”. The quote is stored like that.", "pointer": "/quotes/0"}
    ]
    read = desk.get(f"/v1/claims/{made['id']}")
    assert read.get_json() == made
    patched = desk.patch(f"/v1/claims/{made['id']}", {"quotes": [{"exact": typed}]}, etag=read.headers["ETag"])
    assert patched.status_code == 200
    assert patched.get_json()["notices"][0]["pointer"] == "/quotes/0"
    assert patched.get_json()["quotes"] == made["quotes"]


def test_words_at_a_position_may_be_set_otherwise_too(desk: Desk) -> None:
    at = TEXT.index("“up to”")
    place = {"start": at, "end": at + 7}
    made = desk.claim(article_id=desk.article(text=TEXT)["id"], quotes=[{"exact": '"up to"', **place}])
    assert made["quotes"][0]["exact"] == "“up to”"
    assert len(made["notices"]) == 1


def test_words_with_two_places_are_not_guessed(desk: Desk) -> None:
    body = {"text": "Up to.", "kind": "factual", "article_id": desk.article(text=TEXT)["id"]}
    refused = desk.post("/v1/claims", {**body, "quotes": [{"exact": '"up to"'}]})
    assert refused.status_code == 422
    [flaw] = refused.get_json()["errors"]
    assert [place["start"] for place in flaw["places"]] == [TEXT.index("“up"), TEXT.rindex("“up")]
    told = desk.made("/v1/claims", {**body, "quotes": [{"exact": '"up to"', "prefix": "nobody's sure... "}]})
    assert told["quotes"][0]["start"] == TEXT.rindex("“up")


@pytest.mark.parametrize("typed", ["5 millions", "up to 5 million", "Officials", "\u200b", "five  came!"])
def test_other_words_are_no_quote(desk: Desk, typed: str) -> None:
    body = {"text": "Up to.", "kind": "factual", "article_id": desk.article(text=TEXT)["id"]}
    refused = desk.post("/v1/claims", {**body, "quotes": [{"exact": typed}]})
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["pointer"].startswith("/quotes/0")


def test_an_import_tells_it_in_the_line(desk: Desk) -> None:
    article: dict[str, Any] = {"type": "article", "external_id": "a", "title": "Rally", "text": TEXT}
    claim = {
        "type": "claim", "external_id": "c", "article_id": "a", "text": "Five came.", "kind": "factual",
        "quotes": [{"exact": "5 million"}],
    }  # fmt: skip
    lines = sent(desk, ndjson(article, claim))
    assert lines[1]["notices"][0]["pointer"] == "/quotes/0"
    assert desk.by_external_id("c")["quotes"][0]["exact"] == "5\u00a0million"


def test_folding_a_text_counts_as_work() -> None:
    text = Folded("a – b " * 1000)
    with pytest.raises(QuoteCostly):
        place_as_set(text, "a — c", effort=Effort(100))
    assert place_as_set(text, "a — c", effort=Effort()) is None
