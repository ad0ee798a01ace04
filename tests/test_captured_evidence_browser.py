"""An analyst decides with evidence, and the desk keeps a copy of its page, with scripts and without."""

import hashlib
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
KEEP = "Keep a copy of the page"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_evidence_with_a_copy_of_its_page(site: DeskSite, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.context.set_default_timeout(PATIENCE)
    window.log_in(site.new_login())
    page = window.page
    with serving({"/story": Page(STORY.body)}) as outlet:
        window.open("/")
        window.open(page.locator(".row-text").first.get_attribute("href") or "")
        page.get_by_text("Add evidence without deciding").click()
        form = page.locator("form[action$='/evidence']")
        expect(form.get_by_label(KEEP)).to_be_checked()
        form.get_by_label("URL").fill(outlet.url("/gone"))
        form.get_by_label("Title").fill(f"A story, {scripts}")
        form.get_by_role("button", name="Add evidence").click()
        expect(page.locator(".notice.bad")).to_contain_text("The page was not captured", timeout=PATIENCE)
        form = page.locator("form[action$='/evidence']")
        expect(form.get_by_label("Title")).to_have_value(f"A story, {scripts}")
        expect(form.get_by_label(KEEP)).not_to_be_checked()
        form.get_by_label("URL").fill(outlet.url("/story"))
        form.get_by_label(KEEP).check()
        form.get_by_role("button", name="Add evidence").click()
        item = page.locator("#evidence .pieces > li", has_text=f"A story, {scripts}")
        expect(item.locator("code")).to_have_text(hashlib.sha256(STORY.body).hexdigest(), timeout=PATIENCE)
        if scripts:
            look(window, "captured-evidence")
    # The site is gone, and the copy is still there.
    item.get_by_role("link", name="Copy of").click()
    expect(page.get_by_role("heading", name="Capture of 127.0.0.1")).to_be_visible()
    expect(page.locator(".extracted")).to_contain_text("The river authority said")
    expect(page.get_by_role("heading", name="Claims")).to_be_visible()
    window.forget_refused()  # without scripts, Chromium loads a frame that is lazy at once
    assert window.troubles == []
