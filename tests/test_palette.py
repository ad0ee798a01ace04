"""Go to something by some letters: pages that one may see, claims, sources and articles."""

import re

import pytest

from tests.desk import Desk
from tests.forms import Visitor


def targets(desk: Desk, typed: str, by: str | None = "analyst") -> list[tuple[str, str]]:
    """Return the addresses that the page lists, each with what it is."""
    visitor = Visitor(desk.with_settings(public_read=True) if by is None else desk, by)
    answer = visitor.client.get("/go", query_string={"find": typed}, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    shown = answer.get_data(as_text=True).partition('id="targets"')[2].partition("</main>")[0]
    return re.findall(r'href="([^"]+)".*?<small class="quiet">(\w+)</small>', shown)


def test_some_letters_lead_to_things_of_every_kind(desk: Desk) -> None:
    outlet = desk.source(name="Millport Gazette", kind="outlet")
    article = desk.article(title="A mill burnt down", outlet_id=outlet["id"])
    claim = desk.claim(article_id=article["id"], text="Two million people saw the mill.")
    assert targets(desk, "mil") == [
        (f"/claims/{claim['id']}", "claim"),
        (f"/sources/{outlet['id']}", "source"),
        (f"/articles/{article['id']}", "article"),
    ]
    assert targets(desk, "mill burnt") == [(f"/articles/{article['id']}", "article")]
    assert targets(desk, "nothing of it") == []
    desk.post(f"/v1/claims/{claim['id']}/withdrawal", {"reason": "Entered twice."})
    assert "claim" not in dict(map(reversed, targets(desk, "mil")))


@pytest.mark.parametrize(
    ("by", "listed"),
    [
        (None, {"/articles"}),
        ("reader", {"/articles"}),
        ("contributor", {"/articles", "/articles/new"}),
    ],
)
def test_pages_are_those_that_one_may_see(desk: Desk, by: str | None, listed: set[str]) -> None:
    assert {path for path, _ in targets(desk, "article", by)} == listed
    every = {path for path, kind in targets(desk, "", by) if kind == "page"}
    assert listed <= every
    assert ("/work" in every) == (by is not None)
    assert "/settings" not in every
    assert {"/settings", "/people", "/webhooks"} <= {path for path, _ in targets(desk, "", "admin")}
    for path in every:
        assert Visitor(desk, by or "reader").get(path).status_code == 200, path


@pytest.mark.parametrize("typed", ['"', "-", "*", "a" * 5000, "\u202e", "%", "' OR 1=1", "\u0000"])
def test_whatever_is_typed_is_looked_for(desk: Desk, typed: str) -> None:
    desk.claim()
    targets(desk, typed)
