"""An admin adds somebody, who logs in by the link, makes a token, and is disabled: with and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_new_person_to_the_end_of_their_access(site: Site, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    name = f"Ama Mensah {'with' if scripts else 'without'}"
    admin = f"Admin {'with' if scripts else 'without'}"
    site.run("people", "add", admin, "--role", "admin")
    window.log_in(site.new_login(admin), f"{admin}, admin")
    page = window.page
    page.get_by_role("link", name="People", exact=True).click()
    if scripts:
        look(window, "people")
        page.get_by_role("link", name="Settings", exact=True).click()
        look(window, "settings")
        page.get_by_role("link", name="People", exact=True).click()
    page.get_by_text("New person").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Role").select_option("analyst")
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_role("status")).to_contain_text("The person was added.")
    here = page.url.partition("?")[0]
    if scripts:
        look(window, "a new person")
    page.get_by_role("button", name="Make a login link").click()
    link = page.locator("[role=status] code").inner_text()

    own = visit(viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
    own.page.goto(re.sub(r"^https?://[^/]+", site.address, link))
    own.page.get_by_role("button", name="Log in").click()
    own.page.get_by_role("link", name=name).click()
    expect(own.page.get_by_role("heading", level=1)).to_contain_text(f"{name} (you)")
    own.page.get_by_text("New token").click()
    own.page.get_by_label("Name of the token").fill("A script")
    own.page.get_by_role("button", name="Make the token").click()
    expect(own.page.get_by_role("status")).to_contain_text("fck_")
    own.page.goto(here)
    expect(own.page.locator("#tokens")).to_contain_text("A script")
    if scripts:
        look(own, "one's own page")
    own.page.get_by_role("button", name="Revoke A script").click()
    expect(own.page.locator("#tokens")).to_contain_text("revoked")

    page.goto(here)
    page.locator("summary", has_text="Disable").click()
    page.locator("form", has=page.get_by_role("button", name="Disable this person")).get_by_label("Reason").fill(
        "Left."
    )
    page.get_by_role("button", name="Disable this person").click()
    expect(page.get_by_role("status")).to_contain_text("The changes were saved.")
    own.page.goto(here)
    expect(own.page).to_have_url(re.compile("/login"))
