"""An outlet corrects its text: an analyst pastes the newer one, sees what changed, and confirms the new words."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browsing import OVERFLOWING, WIDTHS, Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
WORDS = "Up to a million people stood on the stadium's lawn."
SUMMARY = "Confirm the new words"
NEWER = "Up to ten thousand people stood on the stadium's lawn."


def look(window: Window, name: str) -> None:
    """Show the page at both widths, light and dark: nothing sticks out, and tools for accessibility find nothing."""
    for width in WIDTHS:
        window.page.set_viewport_size({"width": width, "height": 900})
        assert window.page.evaluate(OVERFLOWING) == [], (name, width)
        if folder := os.environ.get("FACTCHECK_TEST_SCREENSHOTS"):
            window.page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
        for scheme in ("light", "dark"):
            window.page.emulate_media(color_scheme=scheme)
            window.page.reload()  # colours change at once, and not over a moment
            if opened := window.page.locator("summary", has_text=SUMMARY).all():
                opened[0].click()
            demand_accessible(window.page, f"{name}, {width}, {scheme}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_correction_from_the_newer_text_to_the_confirmed_words(site: Site, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page, api = window.page, Api(site, window)
    claim = api.fresh(WORDS)
    api.post(f"/v1/claims/{claim['id']}/reviews", {"status": "unverifiable", "reason": "Nobody counted them."})
    window.open(f"/articles/{claim['article_id']}")
    page.get_by_role("link", name="Add a newer text").click()
    page.get_by_label("Text").fill(f"{NEWER} Nobody else said so.")
    page.get_by_role("button", name="Add the newer text").click()
    expect(page.get_by_role("heading", name="Snapshots 1 and 2")).to_be_visible()
    expect(page.locator(".compared del")).to_have_text("a million")
    expect(page.locator(".compared ins")).to_have_text("ten thousand")
    if scripts:
        look(window, "compare")
    page.locator(".cards a").first.click()
    expect(page.locator(".quotes .now")).to_have_text(NEWER)
    expect(page.locator("#findings-title + *")).to_contain_text("other words in the article's newest snapshot")
    if scripts:
        look(window, "changed")
    else:
        page.locator("summary", has_text=SUMMARY).click()
    page.locator(".quotes").get_by_label("Reason").fill("It says the same of fewer people.")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The new words are the claim's quotes now.")
    expect(page.locator(".quotes mark")).to_have_text(NEWER)
    expect(page.locator("article.claim")).to_contain_text("Nobody counted them.")
    window.open(f"/articles/{claim['article_id']}/snapshots/new")
    if scripts:
        look(window, "newer")
    page.get_by_label("Text").fill(f"{NEWER} Nobody else said so.")
    page.get_by_role("button", name="Add the newer text").click()
    expect(page.get_by_role("status")).to_contain_text("This is the newest text already.")
    assert window.troubles == []
