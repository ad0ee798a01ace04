"""Was this checked before? Finding claims like a text, and saying how likely they are the same one."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from werkzeug.test import TestResponse

from factcheck.rules.matching import statements, strict
from factcheck.rules.matching.strict import THRESHOLD, similarity
from factcheck.rules.text.scripts import listed
from factcheck.storage.tables.claims import Claim
from tests.desk import Desk, Statements
from tests.forms import Visitor

statement = partial(statements.statement, language="en")
score = partial(strict.score, language="en")

DATA = Path(__file__).parent / "data"
PAIRS = [tuple(each) for each in json.loads((DATA / "matching.json").read_text(encoding="utf-8"))["pairs"]]

# Ten claims of the first article, by their place in it, in other words.
REWORDED = {
    0: "On 26 July there was a coup in Niger.",
    1: "Niger's military rulers put the armed forces on maximum alert.",
    4: "If diplomacy fails, ECOWAS stands ready to send its troops into Niger.",
    9: "ECOWAS does not intend to invade Niger.",
    10: "The President of the Commission of ECOWAS is Omar Alieu Touray.",
    14: "As many as one million people came to the rally in Niamey.",
    16: "The leader of Niger's military rulers is General Abdourahamane Tchiani.",
    18: "Niger was once a French colony; France is its former colonial power.",
    19: "Sylvain Itte, ambassador of France, was expelled by Niger's new regime.",
    23: "Sanctions were imposed by ECOWAS in response to Niger's coup.",
}
UNRELATED = (
    "The bakery on the corner sells forty kinds of bread.",
    "Vaccinated children get fewer ear infections.",
    "The river Danube flows through ten countries.",
    "A new tram line opened in Lisbon on Monday.",
    "Electric cars are cheaper to maintain than petrol cars.",
    "The football club fired its trainer after six defeats.",
    "Bees can recognise human faces.",
    "The museum returned 12 paintings to the heirs of their owner.",
    "Coffee production in Vietnam fell by a fifth.",
    "The novel was translated into thirty languages.",
)
# Each is a claim of the article with one thing changed: what it is, the claim's place, and the changed text.
CHANGED = (
    ("dates", 0, "A coup took place in Niger on 16 July (the article leaves out the year)."),
    ("dates", 0, "A coup took place in Niger on 26 August (the article leaves out the year)."),
    ("figures", 14, "Up to two million people were present at the rally in Niamey."),
    ("figures", 14, "Up to a thousand people were present at the rally in Niamey."),
    ("names", 14, "Up to a million people were present at the rally in Bamako."),
    ("names", 16, "General Salifou Mody heads the military leaders of Niger."),
    ("names", 25, "Mohamed Bazoum is President of Nigeria."),
    ("names", 19, "The new regime in Niger expelled the German ambassador, Sylvain Itte."),
    ("negation", 4, "ECOWAS is not ready to send troops to Niger if the diplomatic efforts fail."),
    ("negation", 18, "France is not the former colonial power of Niger."),
    ("opposites", 21, "France accepted the demand that its ambassador leave Niger."),
)
CLAIMS = [each["text"] for each in json.loads((DATA.parent.parent / "seeds" / "claims.json").read_text("utf-8"))]
PIECES = listed("The 5,000 Niger not on 26 July a million people Paris rose fell 1.5")
TEXTS = st.one_of(
    st.text(max_size=300),
    st.sampled_from([*CLAIMS, *UNRELATED, *(each[3] for each in PAIRS)]),
    st.lists(st.sampled_from(PIECES)).map(" ".join),
)


def match(desk: Desk, said: str, *, by: str = "reader", **more: Any) -> list[dict[str, Any]]:
    response = desk.post("/v1/claims/match", {"text": said, **more}, by=by)
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.json["threshold"] == THRESHOLD
    items: list[dict[str, Any]] = response.json["items"]
    return items


# ── The article's claims ────────────────────────────────────────────────────────────────────────────────────────


def test_reworded_claims_are_found_first(seeded: Desk) -> None:
    for place, said in REWORDED.items():
        found = match(seeded, said)
        assert found[0]["claim"]["text"] == CLAIMS[place], said
        assert found[0]["score"] >= THRESHOLD, (said, found[0]["score"], found[0]["differs"])


def test_every_claim_is_found_by_its_own_words(seeded: Desk) -> None:
    for said in CLAIMS:
        found = match(seeded, said.upper())
        assert (found[0]["claim"]["text"], found[0]["score"], found[0]["differs"]) == (said, 1.0, [])
        assert [item["score"] for item in found] == sorted((item["score"] for item in found), reverse=True)


def test_unrelated_sentences_are_new(seeded: Desk) -> None:
    compared = 0
    for said in UNRELATED:
        found = match(seeded, said, limit=50)
        assert all(item["score"] < THRESHOLD for item in found), said
        compared += len(found)
    assert compared > 0


@pytest.mark.parametrize(("kind", "place", "said"), CHANGED)
def test_a_changed_figure_name_date_or_denial_is_another_claim(kind: str, place: int, said: str) -> None:
    found = similarity(statement(CLAIMS[place]), statement(said))
    assert found.differs == (kind,)
    assert found.score < THRESHOLD
    assert score(CLAIMS[place], said) < score(CLAIMS[place], CLAIMS[place]) == 1.0


def test_changed_claims_are_found_told_and_entered(seeded: Desk) -> None:
    """What they contradict each other in is told, and keeps a strict entry from being refused; they stay found."""
    for kind, place, said in CHANGED:
        near = next(item for item in match(seeded, said) if item["claim"]["text"] == CLAIMS[place])
        assert kind in near["differs"], said
        assert near["score"] > 0.1, said
        entered = seeded.post("/v1/claims", again(near["claim"], said), headers={"Prefer": "handling=strict"})
        assert entered.status_code == 201, (said, entered.json)
        assert entered.json["text"] == said


def again(claim: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the body of another claim by the same quotes."""
    quotes = [{name: quote[name] for name in ("exact", "start", "end")} for quote in claim["quotes"]]
    return {"article_id": claim["article_id"], "text": text, "kind": "factual", "quotes": quotes}


# ── The score ───────────────────────────────────────────────────────────────────────────────────────────────────


@given(TEXTS, TEXTS)
def test_a_score_is_a_likelihood_and_the_same_both_ways(a: str, b: str) -> None:
    there, back = similarity(statement(a), statement(b)), similarity(statement(b), statement(a))
    assert 0 <= there.score <= 1
    assert there == back


@given(TEXTS)
def test_the_same_text_is_the_same_claim(said: str) -> None:
    assert score(said, said) == (1.0 if statement(said).words else 0.0)


def test_the_pairs_are_told_apart() -> None:
    """With the coefficients that were fitted to them: `benchmarks.matching --evaluate` says how well without."""
    wrong = [pair for pair in PAIRS if (score(pair[2], pair[3]) >= THRESHOLD) != bool(pair[0])]
    assert len(wrong) <= 0.1 * len(PAIRS), wrong
    assert {pair[1] for pair in wrong} <= {"free", "topic"}


@pytest.mark.parametrize(
    ("said", "figures"),
    [
        ("1,200,000 people", {1_200_000}),
        ("1.2 million people", {1_200_000}),
        ("half a million people", {500_000}),
        ("a million and two hundred", {1_000_000, 200}),
        ("twenty-five of 30", {25, 30}),
        ("two hundred thousand", {200_000}),
        ("thousands came", {1000.5}),
        ("one of them", set()),
        ("11.6% in 2019", {11.6}),
        ("$5bn and 3 k", {5e9, 3000}),
        ("٣ people", {3}),
    ],
)
def test_figures_are_read(said: str, figures: set[float]) -> None:
    assert statement(said).figures == figures


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("on 26 July 2023", ({26}, {7}, {2023})),
        ("on July 26, 2023", ({26}, {7}, {2023})),
        ("on 2023-07-26", ({26}, {7}, {2023})),
        ("it may rain in March 2021", (set(), {3}, {2021})),
        ("they march on", (set(), set(), set())),
    ],
)
def test_dates_are_read(said: str, found: tuple[set[int], ...]) -> None:
    parts = statement(said)
    assert (parts.days, parts.months, parts.years) == found


def test_names_are_read() -> None:
    assert statement("The French army left NATO, said Macron's minister.").names == {"france", "nato", "macron"}
    assert statement("THE FRENCH ARMY LEFT THE ALLIANCE").names == set()
    assert statement("Niger accused France.").opening == "niger"


# ── The index ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_cost_does_not_depend_on_the_length(seeded: Desk) -> None:
    counted = []
    match(seeded, "Niger")  # the index takes in what is there
    for said in ("Niger", CLAIMS[4], " ".join(CLAIMS * 3)[:5000], "x" * 5000, "é, " * 1600):
        with Statements(seeded) as statements:
            match(seeded, said)
        counted.append(len(statements.seen))
    assert max(counted) <= 6, counted
    assert counted[1] == counted[2]


def test_the_index_follows_the_claims(desk: Desk) -> None:
    claim = desk.claim(text="Quokkas outnumber wombats on the island of Rottnest.")
    path = f"/v1/claims/{claim['id']}"
    assert match(desk, "Quokkas outnumber wombats on the island of Rottnest.")[0]["claim"]["id"] == claim["id"]
    assert desk.patch(path, {"text": "Numbats are extinct in Victoria."}, etag="*").status_code == 200
    assert match(desk, "Quokkas outnumber wombats on the island of Rottnest.")[0]["score"] < 0.1
    assert match(desk, "In Victoria, numbats are extinct.")[0]["claim"]["id"] == claim["id"]
    assert desk.post(f"{path}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    assert match(desk, "Numbats are extinct in Victoria.") == []


# ── The API ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_matching_is_a_read(seeded: Desk) -> None:
    log = seeded.changes()
    said = {"text": CLAIMS[0]}
    first = seeded.post("/v1/claims/match", said, by="reader", headers={"Idempotency-Key": "again"})
    second = seeded.post("/v1/claims/match", {"text": CLAIMS[1]}, by="reader", headers={"Idempotency-Key": "again"})
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json["items"][0]["claim"]["text"] == CLAIMS[0]
    assert second.json["items"][0]["claim"]["text"] == CLAIMS[1]
    assert seeded.post("/v1/claims/match", said, by="reader", headers={"Idempotency-Key": ""}).status_code == 400
    assert seeded.post("/v1/claims/match", said, by=None).status_code == 401
    whole = seeded.get(first.json["items"][0]["claim"]["links"]["self"]).json
    assert first.json["items"][0]["claim"] == whole
    assert seeded.changes() == log


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": ""}, {"text": "   "}, {"text": 5}, {"text": "x" * 5001}, {"text": "a\0b"},
        {"text": "a", "limit": 0}, {"text": "a", "limit": 51}, {"text": "a", "limit": "5"}, {"text": "a", "more": 1},
    ],
)  # fmt: skip
def test_what_cannot_be_asked(desk: Desk, body: dict[str, Any]) -> None:
    response = desk.post("/v1/claims/match", body)
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")


def test_limits_are_kept(seeded: Desk) -> None:
    assert len(match(seeded, "Niger and ECOWAS", limit=1)) == 1
    assert len(match(seeded, "Niger and ECOWAS", limit=50)) > 10
    assert len(match(seeded, "Niger and ECOWAS")) == 10


def test_naughty_texts_are_answered(seeded: Desk) -> None:
    naughty = json.loads((DATA / "naughty.json").read_text(encoding="utf-8"))
    for said in [
        *naughty,
        "🙂",
        "ß" * 5000,
        "1" * 5000,
        "1,000" * 1000,
        "a" * 5000,
        "'\"*-:()",
        "\u202e" * 9,
        "百万人が集まった",
    ]:
        response = seeded.post("/v1/claims/match", {"text": said})
        assert response.status_code in (200, 422), said


def test_scripts_without_spaces_are_found_by_their_letters(desk: Desk) -> None:
    claim = desk.claim(text="ニアメの集会には百万人の人々が集まったと主催者は述べた。")
    found = match(desk, "主催者は、ニアメの集会には百万人の人々が集まったと述べた")
    assert found[0]["claim"]["id"] == claim["id"]


def test_a_strict_entry_is_refused_when_it_was_checked_before(desk: Desk) -> None:
    first = desk.claim()
    body = {
        "article_id": first["article_id"], "text": "Up to one million people were present.", "kind": "factual",
        "quotes": [{"exact": "up to a million people were present"}],
    }  # fmt: skip
    strict = {"Prefer": "respond-async, handling=strict; foo"}
    log = desk.changes()
    refused = desk.post("/v1/claims", body, headers=strict)
    assert (refused.status_code, refused.mimetype) == (409, "application/problem+json")
    assert refused.json["type"] == "/problems/checked-before"
    assert refused.headers["Preference-Applied"] == "handling=strict"
    [similar] = refused.json["similar"]
    assert (similar["id"], similar["text"], similar["status"]) == (first["id"], first["text"], "unverified")
    assert similar["score"] >= THRESHOLD
    assert similar["links"] == {"self": first["links"]["self"]}
    assert desk.changes() == log

    new = {**body, "text": "Thousands of people gathered."}
    entered = desk.post("/v1/claims", new, headers={**strict, "Idempotency-Key": "k"})
    assert (entered.status_code, entered.headers["Preference-Applied"]) == (201, "handling=strict")
    again = desk.post("/v1/claims", new, headers={**strict, "Idempotency-Key": "k"})
    assert (again.status_code, again.data) == (201, entered.data)  # the same request, not the same claim again

    for lenient in ({}, {"Prefer": "handling=lenient"}, {"Prefer": "handling=lenient, handling=strict"}):
        response = desk.post("/v1/claims", body, headers=lenient)
        assert response.status_code == 201
        assert "Preference-Applied" not in response.headers
    desk.post(f"/v1/claims/{first['id']}/withdrawal", {"reason": "Entered twice."})


def test_a_withdrawn_claim_is_in_nobodys_way(desk: Desk) -> None:
    first = desk.claim()
    desk.post(f"/v1/claims/{first['id']}/withdrawal", {"reason": "A mistake."})
    body = {
        "article_id": first["article_id"], "text": first["text"], "kind": "factual",
        "quotes": [{"exact": "up to a million people were present"}],
    }  # fmt: skip
    assert desk.post("/v1/claims", body, headers={"Prefer": 'handling="strict"'}).status_code == 201


def test_a_hidden_verdict_is_hidden_here_too(desk: Desk) -> None:
    claim = desk.claim()
    path = f"/v1/claims/{claim['id']}"
    reason = "The stadium holds 30,000 people."
    assert desk.review(claim["id"], by="admin", status="unverifiable", reason=reason).status_code == 201
    assert desk.post(f"{path}/second-opinion", {}, by="admin").status_code == 201
    shown = {by: match(desk, claim["text"], by=by)[0]["claim"] for by in ("analyst", "admin", "reader")}
    assert {by: each["status"] for by, each in shown.items()} == {
        "analyst": "in_review", "admin": "unverifiable", "reader": "unverifiable",
    }  # fmt: skip
    assert shown["analyst"] == desk.get(path, by="analyst").json
    assert reason not in json.dumps(shown["analyst"])
    body = {
        "article_id": claim["article_id"], "text": claim["text"], "kind": "factual",
        "quotes": [{"exact": "up to a million people were present"}],
    }  # fmt: skip
    refused = desk.post("/v1/claims", body, by="analyst", headers={"Prefer": "handling=strict"})
    assert [each["status"] for each in refused.json["similar"]] == ["in_review"]


def test_what_has_no_words_matches_nothing(seeded: Desk) -> None:
    with seeded.database.writing() as session:
        session.execute(update(Claim).where(Claim.text == CLAIMS[0]).values(text="🙂"))
    assert match(seeded, "🙂") == []


# ── The pages ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_form_of_a_claim_says_that_it_was_checked_before(desk: Desk) -> None:
    first = desk.claim(tags=["rally"])
    page = f"/articles/{first['article_id']}"
    sent = {
        "text": "Up to one million people were present.",
        "kind": "factual",
        "quotes.0.exact": "thousands of people",
    }
    visitor = Visitor(desk)
    log = desk.changes()
    answer = visitor.send(f"{page}/claims", sent, on=page)
    html = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert desk.changes() == log
    notice = html[html.index("Similar claims already on this desk") :]
    assert f'href="/claims/{first["id"]}"' in notice
    assert "unverified" in notice
    assert 'name="anyway"' in notice
    assert "Up to one million people were present." in html  # what was written is still there

    again = visitor.send(f"{page}/claims", {**sent, "anyway": "on"}, on=page)
    assert (again.status_code, len(desk.changes())) == (303, len(log) + 1)
    new = {**sent, "text": "The organizers left before it was over."}
    assert visitor.send(f"{page}/claims", new, on=page).status_code == 303


def test_the_notice_comes_while_one_types(desk: Desk) -> None:
    claim = desk.claim()
    reason = "The stadium holds 30,000 people."
    desk.review(claim["id"], by="admin", status="unverifiable", reason=reason)
    desk.post(f"/v1/claims/{claim['id']}/second-opinion", {}, by="admin")

    def typed(visitor: Visitor, said: str) -> TestResponse:
        token = visitor.fields(f"/articles/{claim['article_id']}", f"/articles/{claim['article_id']}/claims")[
            "csrf_token"
        ]
        return visitor.client.post("/similar", data={"csrf_token": token, "text": said}, headers={"HX-Request": "true"})

    visitor = Visitor(desk)
    assert 'hx-post="/similar"' in visitor.get(f"/articles/{claim['article_id']}").get_data(as_text=True)
    found = typed(visitor, "up to one million people were present")
    assert found.status_code == 200
    assert f'href="/claims/{claim["id"]}"' in found.get_data(as_text=True)
    assert "in review" in found.get_data(as_text=True)  # the analyst is to give a second opinion
    assert "unverifiable" not in found.get_data(as_text=True)
    assert "unverifiable" in typed(Visitor(desk, by="admin"), claim["text"]).get_data(as_text=True)
    for said in ("", "   ", "It rained all day.", "🙂", "x" * 20_000, "<script>", "a\x00b"):
        answer = typed(visitor, said)
        assert (answer.status_code, answer.get_data(as_text=True).strip()) == (200, "")
    assert visitor.get("/similar").status_code == 303
    forged = visitor.client.post("/similar", data={"text": claim["text"]})
    assert forged.status_code == 403


def test_a_pasted_post_shows_what_is_known_with_the_verdict_in_front(desk: Desk) -> None:
    claim = desk.claim()
    desk.review(claim["id"], by="admin", status="unverifiable", reason="The stadium holds 30,000 people.")
    desk.claim(text="The stadium was full of people.", article_id=claim["article_id"])

    def html(visitor: Visitor, said: str) -> str:
        answer = visitor.client.get("/find", query_string={"find": said})
        assert answer.status_code == 200
        return str(answer.get_data(as_text=True)).partition("<main")[2].partition("</main>")[0]

    reader = Visitor(desk, by="reader")
    page = html(reader, "OMG!! up to a MILLION people were present https://example.org/x #niamey")
    same = page[page.index("Claims that say the same") :]
    known = same[: same.index("Claims with some of the same words")]
    assert known.index("unverifiable") < known.index(claim["text"])
    assert "The stadium was full" not in known
    assert "The stadium was full" in same

    desk.post(f"/v1/claims/{claim['id']}/second-opinion", {}, by="admin")
    assert "unverifiable" not in html(Visitor(desk), claim["text"])  # the analyst is to give a second opinion
    contradicting = html(reader, "Up to 2 million people were present.")
    assert "differs in figures" in contradicting
    for said in ("🙂", "It rained all day long yesterday, zebra!", "a\x00b", "<script>alert(1)</script>"):
        page = html(reader, said)
        assert ("No claim on this desk is like this text." in page, "<script>alert" in page) == (True, False)
        assert "Add the article" not in page  # a reader cannot
    assert "Add the article" in html(Visitor(desk), "zebra")
    assert claim["text"] in html(reader, claim["text"] + " x" * 4000)
    assert "No claim" not in html(reader, " ")
