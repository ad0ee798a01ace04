"""What pages say when a form is refused: each field by its label, and what to do, in no words of the code."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from marshmallow import Schema, fields

from factcheck.errors import Flaw
from factcheck.queries.sources import namesakes
from factcheck.schemas.articles import ArticleIn
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import CitedEvidenceIn, CitedOccurrenceIn
from factcheck.schemas.opinions import SecondOpinionIn
from factcheck.schemas.parts import ReasonIn
from factcheck.schemas.reviews import RelationIn, ReviewIn
from factcheck.schemas.sources import JudgmentIn, SourceIn, SourceRelationIn
from factcheck.schemas.webhooks import WebhookIn
from factcheck.web.pages import labels, rows
from tests.desk import TEXT, Desk
from tests.forms import Visitor
from tests.test_page_contents import text_of

SCHEMAS = {
    "claim": ClaimIn, "article": ArticleIn, "source": SourceIn, "judgment": JudgmentIn, "review": ReviewIn,
    "source_relation": SourceRelationIn, "evidence": CitedEvidenceIn, "relation": RelationIn, "withdrawal": ReasonIn,
    "second_opinion": SecondOpinionIn, "webhook": WebhookIn, "occurrence": CitedOccurrenceIn,
}  # fmt: skip
# Fields of the API that no form has, or that a page sets by itself.
UNSEEN = {"external_id", "article_id", "question"}
CODE = re.compile(
    r"UUID|(^|\s)/[a-z_]+|[a-z]_[a-z]|\bnull\b|JSON|pointer|\bid\b|Missing data|Must be|Not a valid|[0-9a-f]{8}-"
)
LONG = "x" * 6000


def flat(schema: Schema, prefix: str = "") -> Iterator[str]:
    """Yield the names that a schema's fields have in forms."""
    for name, field in schema.fields.items():
        yield f"{prefix}{name}"
        inner, number = (field.inner, ".0") if isinstance(field, fields.List) else (field, "")
        if isinstance(inner, fields.Nested):
            yield from flat(inner.schema, f"{prefix}{name}{number}.")


def test_every_field_of_every_schema_has_a_label() -> None:
    seen = 0
    for noun, schema in SCHEMAS.items():
        for name in flat(schema()):
            if name.rpartition(".")[2] not in UNSEEN:
                label = labels.label_of(noun, name)
                assert label, (noun, name)
                assert not CODE.search(label), (noun, name, label)
                assert label[0].isupper(), (noun, name, label)
                seen += 1
    assert seen > 70
    assert labels.label_of("claim", "attribution.3.source_id") == "Source"
    assert labels.place_of("claim", "attribution.1.on_behalf_of") == "Step 2, On behalf of"
    assert labels.place_of("claim", "quotes.2") == "Quote 3"
    assert labels.place_of("claim", "text") == "The claim, in your words"
    assert labels.label_of("nothing", "x") == labels.label_of("claim", "nothing") == ""


def test_the_form_of_a_claim_has_every_field(desk: Desk) -> None:
    html = Visitor(desk, by="admin").get(f"/articles/{desk.article()['id']}").get_data(as_text=True)
    names = {name.partition(".")[0] for name in re.findall(r' name="([^"]+)"', html)}
    assert len(names) > 5
    assert set(ClaimIn().fields) - names == UNSEEN & set(ClaimIn().fields)


def refused(desk: Desk, on: str, action: str, values: dict[str, Any], at: int = 0) -> tuple[str, str]:
    """Send a form that must be refused; return what stands above it, and what stands below its fields."""
    answer = Visitor(desk, by="admin").send(action, values, on=on, at=at)
    html = answer.get_data(as_text=True)
    assert answer.status_code in (409, 422), html[:3000]
    notice = re.search(r'<div class="notice bad".*?</div>', html, re.DOTALL)
    assert notice, html[:3000]
    below = re.findall(r'<small class="flaw"[^>]*>(.*?)</small>', html)
    told = [" ".join(re.sub("<[^>]+>", " ", each).split()) for each in (notice[0], " | ".join(below))]
    for text in told:
        assert not CODE.search(text), text
    return told[0], told[1]


STEP = {"attribution.0.directness": "direct"}
CLAIM: dict[str, Any] = {"quotes.0.exact": "thousands of people", "text": "Thousands came.", "kind": "factual"}
# What is wrong with a claim, and what the page says above the form.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "The claim, in your words : Fill this in."),
    ({"text": LONG}, "The claim, in your words : Shorten this to 5000 characters at most."),
    ({"text": "\x00"}, "The claim, in your words : Remove the character that cannot be shown."),
    ({"quotes.0.exact": ""}, "Quotes : Fill in 1 to 20 of them."),
    ({"quotes.0.exact": "not in the article"}, "Quote 1 : These words are not in the article."),
    ({"quotes.0.exact": "organizers"}, "Quote 1 : These words are in the article more than once. Choose the place"),
    ({"quotes.0.exact": "a million", "quotes.1.exact": "a million"}, "Quote 2 : This is listed twice."),
    ({"quotes.0.start": "3", "quotes.0.end": "9"}, "Quote 1 : These words are not in the article."),
    ({"kind": "rumour"}, "Kind : Choose one of: factual, quantity, opinion, forecast."),
    ({"tags": ",".join(f"t{at}" for at in range(60))}, "Tags : Keep at most 50 of them."),
    ({f"quotes.{at}.exact": "x" for at in range(25)}, "Quotes : Fill in 1 to 20 of them."),
    ({"tags": "two words"}, "Tags : Join the words of each tag with hyphens, such as public-health."),
    ({"tags": "a, a"}, "Tags : This is listed twice. Remove one of them."),
    ({"kind": "quantity"}, "Quantity : Fill in “At least”, “At most” or “Wording” for a quantity."),
    ({"quantity.low": "3"}, "Quantity : Fill in “At least”, “At most” or “Wording” for a quantity. For another kind,"),
    ({"kind": "quantity", "quantity.low": "many"}, "At least : Write a number in figures, such as 1500 or 2.5."),
    ({"kind": "quantity", "quantity.low": "9", "quantity.high": "3"}, "At least : “At least” must not be above"),
    ({"kind": "quantity", "quantity.unit": "people"}, "Quantity : Fill in “At least”, “At most” or “Wording”."),
    ({**STEP, "attribution.0.cue": "said"}, "Step 1, Described as : Name the source, or describe who says it."),
    ({**STEP, "attribution.0.source": "Nobody"}, "Step 1, Source : No source has the name “Nobody”."),
    ({**STEP, "attribution.0.source": "y" * 800}, "Step 1, Source : Shorten this to 300 characters at most."),
    ({**STEP, "attribution.0.described_as": "a clerk", "attribution.0.on_behalf_of": "Nobody"},
     "Step 1, On behalf of : No source has the name “Nobody”. To create it, choose what it is."),
    ({"attribution.0.described_as": "a clerk", "attribution.0.directness": "x"}, "Step 1, Directness : Choose one of:"),
    ({**STEP, "attribution.0.described_as": "x", "attribution.0.interested": "x"},
     "Step 1, Conflict of interest : This page was changed before it was sent."),
]  # fmt: skip


def test_each_fault_of_a_claim_is_told_by_its_label(desk: Desk) -> None:
    on = f"/articles/{desk.article()['id']}"
    for values, expected in WRONG:
        above, below = refused(desk, on, f"{on}/claims", CLAIM | values)
        assert expected in above, (values, above)
        assert above.startswith("Nothing was saved yet. Correct this, then send it again:"), above
        assert below, (values, above)
    assert desk.get("/v1/claims").json["items"] == []
    assert desk.get("/v1/sources").json["items"] == []
    # What is wrong is told at once, names too.
    above, _ = refused(desk, on, f"{on}/claims", {**STEP, "kind": "factual", "attribution.0.source": "Nobody"})
    for label in ("The claim, in your words", "Quotes", "Step 1, Source"):
        assert f"{label} :" in above


def test_the_faults_of_all_other_forms_are_told_by_their_labels(desk: Desk) -> None:
    claim, source = desk.claim(), desk.source()
    other = desk.source(name="Another one")
    opinion = desk.claim(article_id=claim["article_id"], kind="opinion", text="It was fun.")
    here, there = f"/claims/{claim['id']}", f"/sources/{source['id']}"
    reason = "Nobody counted them at all."
    piece = {"evidence.0.stance": "supports", "evidence.0.title": "A count"}
    same = {"judgment": "same", "reason": reason}
    cases: list[tuple[str, str, dict[str, Any], str]] = [
        ("/articles/new", "/articles", {"title": "", "text": TEXT}, "Title : Fill this in."),
        ("/articles/new", "/articles", {"title": "A", "text": "B", "url": "ftp://x"}, "URL : Write a whole URL"),
        ("/articles/new", "/articles", {"title": "A", "text": "B", "language": "?"}, "Language : Write a language"),
        ("/articles/new", "/articles", {"title": "A", "text": "B", "published_on": "2023-02-31"},
         "Published on : Write a date that exists, as YYYY-MM-DD."),
        ("/articles/new", "/articles", {"title": "A", "text": "B", "outlet": "Nobody"},
         "Outlet : No source has the name “Nobody”. To create it, choose what it is."),
        (here, f"{here}/reviews", {"status": "verified", "reason": reason},
         "Evidence : This verdict needs active evidence that supports the claim."),
        (here, f"{here}/reviews", {"status": "unverifiable", "reason": "No."}, "Reason : Write at least 10"),
        (here, f"{here}/reviews", {"status": "", "reason": reason}, "Verdict : Fill this in."),
        (here, f"{here}/reviews", {"status": "wrong", "reason": reason}, "Verdict : Choose one of: unverified"),
        (here, f"{here}/reviews", {"status": "unverifiable", "reason": reason, "review_by": "soon"},
         "Review again by : Write a date that exists"),
        (here, f"{here}/reviews", {"status": "verified", "reason": reason, **piece, "evidence.0.url": "x"},
         "URL : Write a whole URL that begins with http:// or https://."),
        (here, f"{here}/reviews", {"status": "verified", "reason": reason, **piece, "evidence.0.source": "Nobody"},
         "Published by : No source has the name “Nobody”."),
        (here, f"{here}/reviews", {"status": "verified", "reason": reason, **piece, "evidence.0.origin": "Nobody"},
         "Original source : No source has the name “Nobody”."),
        (f"/claims/{opinion['id']}", f"/claims/{opinion['id']}/reviews", {"status": "refuted", "reason": reason},
         "Verdict : An opinion or a forecast can only be unverifiable."),
        (here, f"{here}/evidence", {"stance": "supports"}, "URL : Fill in the URL, the title or the excerpt."),
        (here, f"{here}/evidence", {"stance": "supports", "title": "A", "source": "Nobody"}, "Published by : No"),
        (here, f"{here}/relations", {"kind": "restates"}, "The other claim : Search for the claim, then choose it"),
        (here, f"{here}/relations", {"kind": "restates", "claim_id": claim["id"]},
         "The other claim : This is the same claim. Choose another one."),
        (here, f"{here}/relations", {"kind": "restates", "claim_id": source["id"]},
         "The other claim : The desk does not have this one. Choose another one."),
        (here, f"{here}/withdrawal", {"reason": ""}, "Reason : Fill this in."),
        (here, f"{here}/edit", {"text": "", "kind": "factual"}, "The claim, in your words : Fill this in."),
        ("/sources", "/sources", {"name": "", "kind": "person"}, "Name : Fill this in."),
        ("/sources", "/sources", {"name": "A", "kind": "person", "aliases": "B\nB"}, "Other names : This is listed"),
        ("/sources", "/sources", {"name": "A", "kind": "person", "same_as": "x"}, "URLs elsewhere : Write a whole URL"),
        (there, f"{there}/judgments", {**same, "other": "Nobody"}, "The other source : No source has the name"),
        (there, f"{there}/judgments", {**same, "other": source["name"]}, "The other source : This is the same"),
        (there, f"{there}/judgments", {**same, "other": other["name"], "reason": ""}, "Reason : Fill this in."),
        (there, f"{there}/judgments", {**same, "other": other["name"], "judgment": "one"}, "They are : Choose one of"),
        (there, f"{there}/relations", {"kind": "owns", "other": "Nobody"}, "The other source : No source has the name"),
        (there, f"{there}/relations", {"kind": "owns", "other": source["name"]}, "The other source : This is the same"),
        (there, f"{there}/relations", {"kind": "owns", "other": other["name"], "since": "long ago"},
         "Since : Write a date, as YYYY-MM-DD, or a year, as YYYY."),
        (there, f"{there}/relations", {"kind": "owns", "other": other["name"], "since": "2020", "until": "2019"},
         "Until : The end must not be before the beginning."),
        ("/webhooks", "/webhooks", {"url": "x", "events": "claim.nothing"}, "Events : Write one event per line"),
        ("/webhooks", "/webhooks", {"url": "https://x.example/", "sources": "Nobody"}, "Sources : The desk does not"),
        ("/webhooks", "/webhooks", {"url": "https://x.example/", "statuses": "true"}, "Verdicts : Choose one of:"),
    ]  # fmt: skip
    for on, action, values, expected in cases:
        page = f"{here}/edit" if action.endswith("/edit") else on
        above, below = refused(desk, page, action, values)
        assert expected in above, (action, values, above)
        assert below, (action, values, above)
    above, _ = refused(desk, here, f"{here}/reviews", {"status": "unverified"})
    assert "The verdict is unverified. It cannot move to unverified." in above
    assert desk.get(f"/v1{here}").json["status"] == "unverified"
    assert len(desk.get("/v1/sources").json["items"]) == 2


def test_a_page_that_is_refused_says_which_parameter_is_wrong(desk: Desk) -> None:
    visitor = Visitor(desk)
    for path, expected in (
        ("/?status=true", "Verdict : Choose one of: unverified"),
        ("/?source=nobody", "Source : The desk does not have this one."),
        ("/?limit=0", "Items on a page : "),
        ("/audit?kind=x", "Kind : Choose one of:"),
        ("/articles?outlet=x", "Outlet : The desk does not have this one."),
    ):
        answer = visitor.get(path)
        told = text_of(answer.get_data(as_text=True))
        assert (answer.status_code, expected in told) == (422, True), told
        assert "UUID" not in told
    person = desk.people["analyst"]
    assert "Reviewer: Test analyst" in text_of(visitor.get(f"/?reviewed_by={person}").get_data(as_text=True))


@pytest.mark.parametrize(
    "detail", ["The text at [3, 9), counted in Unicode code points, is “x”.", "[3, 2) is not a place."]
)
def test_a_quote_out_of_place_is_told_without_positions(detail: str) -> None:
    assert labels.told(Flaw(detail, pointer="/quotes/0")).startswith("These words are not in the article.")
    cut = Flaw("[3, 4) cuts a character in two: a letter from its marks, or a joined emoji.", pointer="/quotes/0")
    assert labels.told(cut) == "A quote must begin and end at whole characters. Select a little more or less."


# ── Sources by name, in every form alike ──────────────────────────────────────────────────────────────────────────


def test_a_new_source_is_made_in_every_form_that_names_one(desk: Desk) -> None:
    claim = desk.claim()
    here, visitor = f"/claims/{claim['id']}", Visitor(desk)
    sent = visitor.send("/articles", {"title": "A", "text": "B", "outlet": "The Daily", "outlet_kind": "outlet"},
                        on="/articles/new")  # fmt: skip
    assert sent.status_code == 303, sent.get_data(as_text=True)
    article = desk.get(f"/v1{sent.headers['Location']}").json
    assert (article["outlet"]["name"], article["outlet"]["kind"]) == ("The Daily", "outlet")
    values = {
        "status": "verified", "reason": "The agency counted them.", "evidence.0.stance": "supports",
        "evidence.0.title": "A count", "evidence.0.source": "The Agency", "evidence.0.source_kind": "organization",
        "evidence.0.origin": "The Police", "evidence.0.origin_kind": "group",
    }  # fmt: skip
    assert visitor.send(f"{here}/reviews", values, on=here).status_code == 303
    item = desk.get(f"/v1{here}").json["evidence"][0]
    assert (item["source"]["kind"], item["origin"]["kind"]) == ("organization", "group")
    alone = {"stance": "context", "title": "B", "source": "The Weekly", "source_kind": "outlet", "origin": "the agency"}
    assert visitor.send(f"{here}/evidence", alone, on=here).status_code == 303
    item = desk.get(f"/v1{here}").json["evidence"][1]
    assert (item["source"]["name"], item["origin"]["name"]) == ("The Weekly", "The Agency")
    step = {
        "text": "Up to a million.", "kind": "factual", "quotes.0.exact": "up to a million", "quotes.0.start": "",
        "quotes.0.end": "",
        "attribution.0.source": "The Police", "attribution.0.directness": "direct",
        "attribution.0.on_behalf_of": "The Ministry", "attribution.0.on_behalf_of_kind": "organization",
    }  # fmt: skip
    assert visitor.send(f"{here}/edit", step, on=f"{here}/edit").status_code == 303
    chain = desk.get(f"/v1{here}").json["attribution"]["chain"]
    assert (chain[0]["source"]["name"], chain[0]["on_behalf_of"]["name"]) == ("The Police", "The Ministry")
    assert len(desk.get("/v1/sources").json["items"]) == 5


def test_one_of_several_namesakes_is_chosen_by_what_is_known_of_it(desk: Desk) -> None:
    told = (
        {"description": "A harbour pilot"},
        {"description": "A mayor"},
        {"kind": "outlet"},
        {"description": "A mayor"},
    )
    people = [desk.source(name="Amina Orin", **{"kind": "person", **each}) for each in told]
    lead = {"source_id": people[1]["id"], "directness": "direct"}
    claim = desk.claim(attribution=[lead])
    with desk.database.reading() as connection:
        called = namesakes.told_apart(namesakes.with_latest_claims(connection, people))
    assert len(set(called.values())) == 4
    assert all(name.startswith("Amina Orin (") for name in called.values())
    assert "Up to a million people" in called[people[1]["id"]]

    visitor, seen = Visitor(desk), []
    offered = visitor.get("/sources/names?outlet=amina").get_data(as_text=True)
    assert re.findall(r'<option value="([^"]*)"', offered) == [called[each["id"]] for each in reversed(people)]
    for number, person in enumerate(people):
        values = {"title": f"No. {number}", "text": f"Text {number}.", "outlet": called[person["id"]]}
        sent = visitor.send("/articles", values, on="/articles/new")
        assert sent.status_code == 303, text_of(sent.get_data(as_text=True))
        seen.append(desk.get(f"/v1{sent.headers['Location']}").json["outlet_id"])
    assert seen == [person["id"] for person in people]

    ambiguous = {"title": "Which?", "text": "B", "outlet": "amina orin"}
    asked = visitor.send("/articles", ambiguous, on="/articles/new")
    html = asked.get_data(as_text=True)
    assert asked.status_code == 422
    choices = re.findall(r'<input type="radio" name="outlet_id" value="([^"]+)">', html)
    assert sorted(choices) == sorted([*(each["id"] for each in people), "new"])
    assert "A harbour pilot" in html
    chosen = visitor.send("/articles", ambiguous | {"outlet_id": people[2]["id"]}, on="/articles/new")
    assert desk.get(f"/v1{chosen.headers['Location']}").json["outlet_id"] == people[2]["id"]
    new = {"title": "New", "text": "C", "outlet_id": "new", "outlet_kind": "outlet"}
    fresh = visitor.send("/articles", ambiguous | new, on="/articles/new")
    made = desk.get(f"/v1{fresh.headers['Location']}").json["outlet_id"]
    assert made not in [each["id"] for each in people]
    stranger = visitor.send("/articles", ambiguous | {"outlet_id": claim["id"]}, on="/articles/new")
    assert stranger.status_code == 422  # an id of something else chooses nothing

    listed = text_of(visitor.get("/sources?q=amina").get_data(as_text=True))
    assert "A harbour pilot" in listed
    assert "latest claim: Up to a million people were present." in listed


def test_a_name_that_is_there_is_no_new_source_unasked(desk: Desk) -> None:
    """Whoever says that a source is new, while one has its name, is asked which of the two is meant."""
    there = desk.source(name="Amina Orin", kind="person", description="A mayor")
    visitor = Visitor(desk)
    values = {"title": "A", "text": "B", "outlet": "amina orin", "outlet_kind": "person"}
    asked = visitor.send("/articles", values, on="/articles/new")
    told = text_of(asked.get_data(as_text=True))
    assert (asked.status_code, "A source has this name already. Choose whether you mean it" in told) == (422, True)
    assert "A mayor" in told
    meant = visitor.send("/articles", values | {"outlet_id": there["id"]}, on="/articles/new")
    assert desk.get(f"/v1{meant.headers['Location']}").json["outlet_id"] == there["id"]
    fresh = visitor.send("/articles", values | {"title": "C", "text": "D", "outlet_id": "new"}, on="/articles/new")
    assert desk.get(f"/v1{fresh.headers['Location']}").json["outlet_id"] != there["id"]
    assert len(desk.get("/v1/sources").json["items"]) == 2


def test_sources_of_which_the_same_is_known_are_numbered_by_age() -> None:
    alike = [
        {"id": each, "name": "Twin", "kind": "person", "description": None, "aliases": [], "latest_claim": None,
         "created_at": "2026-01-01T00:00:00Z"}
        for each in ("b", "a")
    ]  # fmt: skip
    assert namesakes.told_apart(alike) == {"b": "Twin (no. 2, person)", "a": "Twin (no. 1, person)"}
    other = alike[0] | {"id": "c", "name": "Other"}
    assert namesakes.told_apart([alike[0], other]) == {"b": "Twin", "c": "Other"}


def test_a_history_is_told_in_words(desk: Desk) -> None:
    """Whatever was done to a claim: no ids, no names of fields."""
    claim = desk.claim(tags=["rally"])
    here = f"/v1/claims/{claim['id']}"
    other = desk.claim(article_id=claim["article_id"])
    item = desk.made(f"{here}/evidence", {"stance": "supports", "title": "A count"})
    desk.made(f"{here}/relations", {"kind": "in_tension_with", "claim_id": other["id"], "note": "Why."})
    step = {"source_id": desk.source()["id"], "directness": "direct", "cue": "claiming"}
    patch = {"text": "A million came.", "tags": [], "attribution": [step], "kind": "quantity", "quantity": {"high": 9}}
    assert desk.patch(here, patch, etag=desk.etag(claim["id"])).status_code == 200
    reason = "Nobody counted them at all."
    review = desk.review(claim["id"], status="verified", reason=reason, review_by="2030-01-01").json
    undo = desk.post(f"{here}/reviews/{review['id']}/undo", headers={"If-Match": "*"})
    assert undo.status_code == 201
    assert desk.review(claim["id"], status="verified", reason=reason, valid_on="2026-01-01").status_code == 201
    assert desk.review(claim["id"], status="verified", reason="It was counted twice.").status_code == 201
    desk.made(f"{here}/second-opinion", {"note": "Please look.", "reviewer_id": desk.people["admin"]})
    piece = {"stance": "refutes", "title": "Another count"}
    etag = desk.get(here, by="admin").headers["ETag"]
    second = desk.review(claim["id"], by="admin", etag=etag, status="refuted", reason=reason, evidence=[piece])
    assert second.status_code == 201
    assert desk.post(f"{here}/evidence/{item['id']}/withdrawal", {"reason": "Made up."}).status_code == 200
    assert desk.post(f"{here}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    html = Visitor(desk).get(f"/claims/{claim['id']}/history").get_data(as_text=True)
    told = text_of(html)
    for words in ("undid the decision", "verified , with another reason", "gave a second opinion", "it disagreed",
                  "in tension with another claim", "withdrew it", "reopened it"):  # fmt: skip
        assert words in told, (words, told)
    assert html.count('class="quiet">no. ') == len(desk.get(f"{here}/history").json["items"]) > 10
    code = CODE.search(re.sub("claims/[0-9a-f-]+", "", told))
    assert code is None, told[max(0, code.start() - 80) : code.end() + 80]


# ── Rows of lists, arranged without scripts ───────────────────────────────────────────────────────────────────────


def arranged(more: str, *steps: str, **others: str) -> tuple[list[str], str]:
    values = {f"attribution.{at}.described_as": step for at, step in enumerate(steps)}
    values |= {f"attribution.{at}.directness": "direct" for at in range(len(steps))} | others | {"more": more}
    after, focus = rows.arranged(values)
    return [text for name, text in sorted(after.items()) if name.endswith("described_as")], focus


def test_rows_are_added_moved_and_removed() -> None:
    assert arranged("attribution", "a", "b") == (["a", "b"], "attribution.2")
    assert arranged("attribution", "a", "", "b") == (["a", "b"], "attribution.2")
    assert arranged("attribution.0.remove", "a", "b", "c") == (["b", "c"], "attribution.0")
    assert arranged("attribution.2.remove", "a", "b", "c") == (["a", "b"], "attribution.2")
    assert arranged("attribution.1.up", "a", "b", "c") == (["b", "a", "c"], "attribution.0")
    assert arranged("attribution.1.down", "a", "b", "c") == (["a", "c", "b"], "attribution.2")
    assert arranged("attribution.2.up", "a", "", "c") == (["a", "c"], "attribution.1")
    assert arranged("quotes", "a") == (["a"], "quotes.0")
    assert arranged("nothing", "a") == arranged("attribution.0.burn", "a") == arranged("", "a") == (["a"], "")
    assert arranged("attribution.0.up", "a", "b") == (["a", "b"], "attribution.0")  # as no button of a page asks
    assert arranged("attribution.9.remove", "a", "b") == (["a", "b"], "attribution.2")
    many = {f"{'x' * (at % 50 + 1)}.0.y": "z" for at in range(20_000)} | {f"l{at}.0.y": "z" for at in range(20_000)}
    assert rows.closed_up(many) == many | {}
