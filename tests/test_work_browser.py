"""Somebody is given a claim on its page, finds it among their work, and gives their verdict."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [1600, 360])
def test_a_claim_is_assigned_and_done(site: Site, visit: Visit, scripts: bool, width: int) -> None:
    api = Api(site, visit())
    said = f"The bridge number {width} {scripts} was closed."
    claim = api.fresh(said)
    window = visit(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    window.open(f"/claims/{claim['id']}")
    page.get_by_text("Assign this claim", exact=True).click()
    page.get_by_label("Due on").fill("2099-01-02")
    page.get_by_label("Priority").select_option("high")
    form = page.locator("form[action$='/assignment']")
    form.get_by_label("Note").fill("Ask the harbour.")
    form.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("The claim was assigned.")).to_be_visible()
    expect(page.locator("#assignment")).to_contain_text("Assigned to you, due on 2 Jan 2099, high priority.")
    page.get_by_role("link", name="My work").click()
    row = page.locator("#due > .row").filter(has_text=said)
    expect(row).to_contain_text("Ask the harbour.")
    if scripts:
        look(window, f"work-{width}")
    row.get_by_role("button", name="Release").click()
    expect(page.get_by_text("The claim was released.")).to_be_visible()
    expect(page.locator(".row").filter(has_text=said)).to_have_count(0)
