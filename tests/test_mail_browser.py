"""In a browser: an address is given, what is mailed is chosen, and both pages are easy to read and to use."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window
from tests.test_snapshots_browser import look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_address_and_choices(site: Site, visit: Visit, scripts: bool) -> None:
    name = f"Mailed {scripts}"
    site.run("people", "add", name, "--role", "analyst")
    window = visit(java_script_enabled=scripts)
    window.log_in(site.new_login(name), f"{name}, analyst")
    page = window.page
    window.open("/notifications")
    page.get_by_role("link", name="Choose what is mailed to you").click()
    expect(page.get_by_text("You have no e-mail address here, so nothing is mailed.")).to_be_visible()
    page.get_by_role("link", name="Change the address").click()
    page.get_by_text("Change the address", exact=True).click()
    page.get_by_label("E-mail address").fill("ama@example.org")
    page.locator("form[action$='/mail']").get_by_role("button", name="Save").click()
    expect(page.get_by_text("The changes were saved.")).to_be_visible()
    expect(page.get_by_text("ama@example.org").first).to_be_visible()
    if scripts:
        look(window, "mail-address")
    page.get_by_role("link", name="Choose what is mailed to you").click()
    page.get_by_label("A comment mentions you").select_option("at_once")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The changes were saved.")).to_be_visible()
    expect(page.get_by_label("A comment mentions you")).to_have_value("at_once")
    expect(page.get_by_label("A claim was assigned to you")).to_have_value("daily")
    if scripts:
        look(window, "mail-choices")
