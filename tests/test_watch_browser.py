"""An analyst watches an article, sees why a check failed, and stops watching."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import OVERFLOWING, WIDTHS, Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


def opened(page: Page) -> None:
    if not page.locator("#watch[open]").count():
        page.locator("#watch > summary").click()


def look(window: Window, name: str) -> None:
    """Show the page at both widths, light and dark: nothing sticks out, and tools for accessibility find nothing."""
    for width in WIDTHS:
        window.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            window.page.emulate_media(color_scheme=scheme)
            window.page.reload()
            opened(window.page)
            assert window.page.evaluate(OVERFLOWING) == [], (name, width)
            demand_accessible(window.page, f"{name}, {width}, {scheme}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_watching_to_a_failed_check_and_to_the_end(site: Site, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page, api = window.page, Api(site, window)
    article = api.post("/v1/articles", {
        "title": f"A rally, {scripts}", "text": f"Thousands came, {scripts}.", "url": f"http://127.0.0.1:9/{scripts}",
    })  # fmt: skip
    here = f"/articles/{article['id']}"
    window.open(here)
    opened(page)
    if scripts:
        look(window, "not watched")
    form = page.locator("form[action$='/watch']")
    form.get_by_label("Check").select_option("every day")
    form.get_by_label("Until").fill("yesterday")
    page.get_by_role("button", name="Watch the article").click()
    expect(page.locator(".notice.bad")).to_contain_text("Write a date that exists, as YYYY-MM-DD.")
    expect(form.get_by_label("Check")).to_have_value("P1D")
    form.get_by_label("Until").fill("")
    page.get_by_role("button", name="Watch the article").click()
    expect(page.get_by_role("status")).to_contain_text("The article is watched.")
    expect(page.locator("#watch > summary")).to_have_text("Watched every day")
    site.run("watch", "run", "--once")
    window.open(here)
    expect(page.locator("#watch > summary")).to_contain_text("the last check failed")
    opened(page)
    expect(page.locator("#watch .notice")).to_contain_text("the desk fetches pages from public addresses only.")
    if scripts:
        look(window, "failed")
    page.get_by_role("button", name="Stop watching").click()
    expect(page.get_by_role("status")).to_contain_text("The article is not watched any more.")
    expect(page.locator("#watch > summary")).to_have_text("Watch for changes")
    assert window.troubles == []
