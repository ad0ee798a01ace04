"""What helps somebody at the desk: the tour, marks at what is new for them, evidence used again."""

import pytest

from tests.desk import TEXT, Desk
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
    assert "Take the tour" in page(Visitor(desk, "admin"), "/")
    assert not desk.patch(mine, {"toured": False}, etag="*").json["toured"]
    assert "Take the tour" in page(analyst, "/")


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
    counts = {"/?kind=factual": 2, "/work": 1, f"/claims/{claim}": 1, f"/claims/{other}": 0, f"/articles/{article}": 1}
    for place, number in counts.items():
        assert page(admin, place).count("new for you") == number, place
        assert "new for you" not in page(analyst, place)
    assert f'id="comment-{comment["id"]}"' in page(admin, f"/claims/{claim}")
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
    visitor = Visitor(desk, "contributor")
    found = page(visitor, f"/claims/{one}/evidence/elsewhere")
    assert "supports the claim" in found
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
    assert "No other claim from the same article" in page(visitor, f"/claims/{one}/evidence/elsewhere")


def test_other_claims_are_found_by_words_and_by_their_url(desk: Desk, claims: tuple[str, str, str]) -> None:
    one, _, far = claims
    desk.made(f"/v1/claims/{far}/evidence", PIECE)
    visitor = Visitor(desk, "contributor")
    here = f"/claims/{one}/evidence/elsewhere"
    assert "A report" not in page(visitor, here)
    for typed in ("zebra", "ZEBRA seen", far, f"https://desk.example/claims/{far.upper()}"):
        assert "A report" in page(visitor, f"{here}?find={typed}"), typed
    assert "A report" not in page(visitor, f"{here}?find=giraffe")
    assert visitor.get(f"/claims/{one}?evidence_of={far}&piece={one}").status_code == 200
    assert Visitor(desk, "reader").get(here).status_code == 403
