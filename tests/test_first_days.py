"""What helps somebody at the desk: the tour, marks at what is new for them, evidence used again."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import update

from factcheck.log.clock import now
from factcheck.storage.tables.people import Person
from tests.desk import TEXT, Desk
from tests.everything import captured_page
from tests.forms import Visitor

PIECE = {"stance": "supports", "url": "https://news.example/report", "title": "A report", "excerpt": "It was so."}


# ── The tour ────────────────────────────────────────────────────────────────────────────────────────────────────────


def page(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def test_the_tour_has_six_steps_and_is_offered_until_it_ends(desk: Desk) -> None:
    analyst = Visitor(desk, "analyst")
    for place in ("/", "/work"):
        assert "Take the tour" in page(analyst, place)
    assert "Take the tour" not in page(analyst, "/?status=verified")
    for step in range(1, 7):
        shown = page(analyst, f"/tour/{step}")
        assert f"Step {step} of 6" in shown
        assert (f'href="/tour/{step + 1}"' in shown, f'href="/tour/{step - 1}"' in shown) == (step < 6, step > 1)
    for beyond in ("/tour", "/tour/0", "/tour/7"):
        assert analyst.get(beyond).headers["Location"] == "/tour/1"
    ended = analyst.send("/tour", {"next": "/work"}, on="/tour/6")
    assert (ended.status_code, ended.headers["Location"]) == (303, "/work")
    assert "Take the tour" not in page(analyst, "/") + page(analyst, "/work")
    mine = f"/v1/people/{desk.people['analyst']}"
    assert desk.get(mine).json["toured"]
    admin = Visitor(desk, "admin")
    assert "Take the tour" in page(admin, "/")
    with desk.database.writing() as session:
        session.execute(update(Person).values(created_at=now() - timedelta(days=31)))
    assert "Take the tour" not in page(admin, "/")
    assert not desk.patch(mine, {"toured": False}, etag="*").json["toured"]


def test_the_tour_leads_nowhere_else(desk: Desk) -> None:
    ended = Visitor(desk, "analyst").send("/tour", {"next": "https://evil.example/"}, on="/tour/6")
    assert ended.headers["Location"] == "/"


# ── Marks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_new_for_somebody_is_marked_until_they_saw_it(desk: Desk) -> None:
    claim, other = (desk.claim(text=f"Claim {each}.")["id"] for each in ("one", "two"))
    asked = {"text": "@Test admin, is it so?", "mentions": [desk.people["admin"]]}
    comment = desk.made(f"/v1/claims/{claim}/comments", asked)
    article = desk.get(f"/v1/claims/{claim}").json["article"]["id"]
    desk.made(f"/v1/articles/{article}/comments", asked)
    assigned = {"person_id": desk.people["admin"]}
    assert desk.request("PUT", f"/v1/claims/{other}/assignment", json=assigned).status_code == 201
    last = desk.get("/v1/me/notifications", by="admin").json["items"][0]["log_index"]
    admin, analyst = Visitor(desk, "admin"), Visitor(desk, "analyst")
    counts = {"/?kind=factual": 2, "/work": 1, f"/claims/{claim}": 2, f"/claims/{other}": 1, f"/articles/{article}": 1}
    for place, number in counts.items():
        assert page(admin, place).count("new for you") == number, place
        assert "new for you" not in page(analyst, place)
    shown = page(admin, f"/claims/{claim}")
    assert "new for you" in shown.partition(f'id="comment-{comment["id"]}"')[2].partition("</li>")[0]
    assert desk.patch("/v1/me/notifications", {"seen_index": last}, by="admin").status_code == 200
    for place in counts:
        assert "new for you" not in page(admin, place)


# ── Evidence used again ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def claims(desk: Desk) -> tuple[str, str, str]:
    """Two claims from one article, and one from another article."""
    article = desk.article()["id"]
    one, two = (desk.claim(article_id=article, text=f"Claim {each}.")["id"] for each in ("one", "two"))
    elsewhere = desk.article(title="Another", text=f"{TEXT} Later.", url="https://news.example/later")["id"]
    return one, two, desk.claim(article_id=elsewhere, text="A zebra was seen.")["id"]


def test_evidence_of_another_claim_fills_in_the_form(desk: Desk, claims: tuple[str, str, str]) -> None:
    one, two, _ = claims
    publisher = desk.source(name="The Gazette", kind="outlet")["id"]
    piece = desk.made(f"/v1/claims/{two}/evidence", PIECE | {"source_id": publisher, "note": "Of claim two."})
    visitor, here = Visitor(desk, "contributor"), f"/claims/{one}/evidence/elsewhere"
    found = page(visitor, here)
    assert "It supports that claim." in found
    link = f"/claims/{one}?evidence_of={two}&amp;piece={piece['id']}#evidence"
    assert link in found
    filled = visitor.fields(link.replace("&amp;", "&").partition("#")[0], f"/claims/{one}/evidence")
    for name in ("url", "title", "excerpt"):
        assert filled[name] == PIECE[name]
    assert (filled["source"], filled["source_id"]) == ("The Gazette", publisher)
    assert "Of claim two." not in filled.values()
    sent = visitor.send(f"/claims/{one}/evidence", filled | {"stance": "context"}, on=f"/claims/{one}")
    assert sent.status_code == 303, sent.get_data(as_text=True)
    [used] = desk.get(f"/v1/claims/{one}").json["evidence"]
    assert (used["title"], used["stance"], used["source"]["id"]) == ("A report", "context", publisher)
    assert "No other claim from the same article" in page(visitor, here)


def test_the_copy_of_a_page_is_used_again(desk: Desk, claims: tuple[str, str, str]) -> None:
    one, two, _ = claims
    copy = captured_page(desk)
    cited = {"stance": "context", "url": "https://news.invalid/rally", "capture_id": copy}
    piece = desk.made(f"/v1/claims/{two}/evidence", cited)
    visitor, here = Visitor(desk, "contributor"), f"/claims/{one}?evidence_of={two}&piece={piece['id']}"
    ticked = f'name="capture_id" value="{copy}" checked'
    assert ticked in page(visitor, here)
    filled = visitor.fields(here, f"/claims/{one}/evidence") | {"stance": "supports", "capture_id": copy}
    other = visitor.send(f"/claims/{one}/evidence", filled | {"url": "https://news.invalid/other"}, on=here)
    assert (other.status_code, "of another page" in other.get_data(as_text=True)) == (422, True)
    assert ticked not in other.get_data(as_text=True)
    sent = visitor.send(f"/claims/{one}/evidence", filled, on=here)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    [used] = desk.get(f"/v1/claims/{one}").json["evidence"]
    assert used["capture"]["id"] == copy


def test_other_claims_are_found_by_words_and_by_their_url(desk: Desk, claims: tuple[str, str, str]) -> None:
    one, _, far = claims
    desk.made(f"/v1/claims/{far}/evidence", PIECE)
    visitor = Visitor(desk, "contributor")
    here = f"/claims/{one}/evidence/elsewhere"
    assert "A report" not in page(visitor, here)
    there = quote(f"https://desk.example/claims/{far.upper()}/?said=evidence#evidence")
    for typed in ("zebra", "ZEBRA seen", far, there):
        assert "A report" in page(visitor, f"{here}?find={typed}"), typed
    for typed, told in (
        ("giraffe", "with these words"), ("???", "from the same article"), (one, "this claim itself"),
        (desk.people["admin"], "not on this desk"),
    ):  # fmt: skip
        found = page(visitor, f"{here}?find={quote(typed)}")
        assert told in found, typed
        assert "A report" not in found
    assert Visitor(desk, "reader").get(here).status_code == 403


def test_claims_with_evidence_are_found_among_many_without(desk: Desk, claims: tuple[str, str, str]) -> None:
    one, two, _ = claims
    article = desk.get(f"/v1/claims/{one}").json["article"]["id"]
    desk.made(f"/v1/claims/{two}/evidence", PIECE)
    for number in range(25):
        desk.claim(article_id=article, text=f"Later claim {number}.")
    visitor, here = Visitor(desk, "contributor"), f"/claims/{one}/evidence/elsewhere"
    assert "A report" in page(visitor, here)
    assert "A report" in page(visitor, f"{here}?find=claim")


def test_nothing_is_filled_in_that_is_gone(desk: Desk, claims: tuple[str, str, str]) -> None:
    one, two, far = claims
    gone, kept = (desk.made(f"/v1/claims/{each}/evidence", PIECE)["id"] for each in (two, far))
    assert desk.post(f"/v1/claims/{two}/evidence/{gone}/withdrawal", {"reason": "A mistake."}).status_code == 200
    visitor, form = Visitor(desk, "contributor"), f"/claims/{one}/evidence"
    assert visitor.fields(f"/claims/{one}?evidence_of={far}&piece={kept}", form)["title"] == "A report"
    for other, piece in ((two, gone), (two, kept), (far, one), (far, "x")):
        assert visitor.fields(f"/claims/{one}?evidence_of={other}&piece={piece}", form)["title"] == ""
    assert desk.post(f"/v1/claims/{far}/withdrawal", {"reason": "Twice."}, by="admin").status_code == 204
    assert visitor.fields(f"/claims/{one}?evidence_of={far}&piece={kept}", form)["title"] == ""
