"""The queue of pairs of sources in a real browser: judged by the keyboard, by the mouse, with and without scripts."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import OVERFLOWING, WIDTHS, Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
DEADLINE = 120  # seconds at most
PATIENCE = 60_000  # milliseconds that a page may take to come, at most
MANY = 50  # pairs
SYLLABLES = ("ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su")


@pytest.fixture
def api(site: Site, visit: Visit) -> Api:
    return Api(site, visit())


def entered(api: Api, kind: str, number: int, mark: str) -> None:
    """Add so many pairs of sources of a kind, each with a name of its own, and wait until they are found."""
    for at in range(number):
        tens, ones = divmod(at, 10)
        name = f"{SYLLABLES[tens]}{SYLLABLES[ones]}{SYLLABLES[tens]}{mark} {SYLLABLES[ones]}{SYLLABLES[tens]}{mark}ton"
        for each in (name.title(), name.upper()):
            api.post("/v1/sources", {"name": each, "kind": kind})
    ends = time.monotonic() + DEADLINE
    while "behind" in (answer := api.get(f"/v1/sources/pairs?kind={kind}&count=true")):
        assert time.monotonic() < ends
    assert answer["total"] >= number


def all_pairs(api: Api, kind: str) -> list[Any]:
    found: list[Any] = api.get(f"/v1/sources/pairs?kind={kind}&limit=200")["items"]
    return found


def pair_on(page: Page) -> str:
    return page.locator("#pair").get_attribute("data-pair") or ""


def test_fifty_pairs_are_judged_with_a_key_each(site: Site, visit: Visit, api: Api) -> None:
    entered(api, "group", MANY, "nor")
    window = visit(viewport={"width": 1600, "height": 900})
    window.log_in(site.new_login())
    page = window.page
    window.open("/sources/pairs?kind=group")
    keys, judged = 0, {}
    for at in range(MANY):
        pair = pair_on(page)
        key, judgment = (("s", "same"), ("d", "different"), ("u", "unsure"))[at % 3]
        page.keyboard.press(key)
        keys += 1
        judged[pair] = judgment
        expect(page.locator(f'#pair[data-pair="{pair}"]')).to_have_count(0, timeout=PATIENCE)
        expect(page.get_by_role("status").filter(has_text="Saved:")).to_be_visible(timeout=PATIENCE)
    assert keys <= 2 * len(judged)
    assert len(judged) == MANY
    for pair, judgment in judged.items():
        first, second = pair.split(" ")
        made = [each for each in api.get(f"/v1/sources/{first}/judgments")["items"] if each["other"]["id"] == second]
        assert [each["judgment"] for each in made] == [judgment]
        assert made[0]["reason"].startswith("Compared side by side.")
    left = {" ".join(source["id"] for source in item["sources"]) for item in all_pairs(api, "group")}
    assert not left & judged.keys()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pairs_are_judged_by_the_mouse(site: Site, visit: Visit, api: Api, scripts: bool, width: int) -> None:
    entered(api, "document", 3, f"wex{'ab'[scripts]}{'cd'[width > 1000]}")
    window = visit(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    window.open("/sources")
    page.locator("#to-judge a").click()
    page.get_by_label("Kind").select_option("document")
    page.get_by_role("button", name="Show").click()
    first = pair_on(page)
    if scripts:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.reload()
            demand_accessible(page, f"a pair of sources, {scheme}")
        found = page.evaluate("document.documentElement.scrollWidth")
        assert found <= width, (found, page.evaluate(OVERFLOWING))
    page.get_by_role("button", name="Skip this pair").click()
    expect(page.locator(f'#pair[data-pair="{first}"]')).to_have_count(0, timeout=PATIENCE)
    second = pair_on(page)
    page.get_by_label("Reason").fill("Two bulletins of one office.")
    page.get_by_role("button", name="Different").click()
    expect(page.get_by_role("status").filter(has_text="are different")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(f'#pair[data-pair="{second}"]')).to_have_count(0, timeout=PATIENCE)
    page.get_by_role("link", name="start again at the top").click()
    assert pair_on(page) == first
    one, other = second.split(" ")
    (made,) = [each for each in api.get(f"/v1/sources/{one}/judgments")["items"] if each["other"]["id"] == other]
    assert (made["judgment"], made["reason"]) == ("different", "Two bulletins of one office.")


def test_a_refused_judgment_shows_why_and_keeps_what_was_typed(site: Site, visit: Visit, api: Api) -> None:
    entered(api, "outlet", 1, "kol")
    window = visit(viewport={"width": 360, "height": 900})
    window.log_in(site.new_login())
    page = window.page
    window.open("/sources/pairs?kind=outlet")
    one, other = pair_on(page).split(" ")
    third = api.post("/v1/sources", {"name": "The third of them", "kind": "outlet"})["id"]
    for between, judgment in ((one, "same"), (other, "different")):
        fields = {"other_id": between, "judgment": judgment, "reason": "Looked up."}
        api.post(f"/v1/sources/{third}/judgments", fields)
    page.get_by_label("Reason").fill("One paper, two spellings.")
    page.keyboard.press("Control+Enter")  # sends nothing: no answer is chosen
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    told = page.get_by_role("alert").filter(has_text="This contradicts other judgments")
    expect(told).to_be_visible(timeout=PATIENCE)
    expect(told.get_by_role("link", name="The third of them").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("One paper, two spellings.")).to_be_visible(timeout=PATIENCE)
    demand_accessible(page, "a refused judgment")
    assert len(api.get(f"/v1/sources/{one}/judgments")["items"]) == 2
