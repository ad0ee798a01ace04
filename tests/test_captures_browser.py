"""An analyst pastes a URL, compares the text that the desk found, and saves the article."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site as DeskSite
from tests.browsing import Window
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, serving
from tests.test_snapshots_browser import look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
STORY = OUTLETS[0]
PATIENCE = 90_000  # milliseconds: a process is started to read the page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_url_to_an_article(site: DeskSite, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    with serving({"/story": Page(STORY.body), "/none": Page(b"", status=404)}) as outlet:
        window.open("/articles/new")
        if scripts:
            look(window, "new-article")
        page.locator(".fetch").get_by_label("URL").fill(outlet.url("/none"))
        page.get_by_role("button", name="Fetch the page").click()
        expect(page.locator(".notice.bad")).to_contain_text("The page was not captured")
        page.locator(".fetch").get_by_label("URL").fill(outlet.url(f"/story?{scripts}"))
        outlet.pages = {f"/story?{scripts}": Page(STORY.body)}
        page.get_by_role("button", name="Fetch the page").click(timeout=PATIENCE)
        expect(page.get_by_role("region", name="Extracted text")).to_contain_text("The river authority said")
        if scripts:
            look(window, "extracted")
        page.get_by_label("Outlet").fill("")
        page.get_by_label("Title").fill(f"Flood barrier, {scripts}")
        if page.locator("#known").count():
            page.get_by_role("button", name="Add it anyway").click()
        else:
            page.get_by_role("button", name="Add the article").click()
        expect(page.get_by_role("heading", name=f"Flood barrier, {scripts}")).to_be_visible()
        window.open("/articles/new")
        page.locator(".fetch").get_by_label("URL").fill(outlet.url("/none"))
        page.get_by_role("button", name="Fetch the page").click()
        page.get_by_role("link", name="Details").click()
        expect(page.get_by_role("heading", name="Capture of 127.0.0.1")).to_be_visible()
        if scripts:
            look(window, "capture")
    assert window.troubles == []
