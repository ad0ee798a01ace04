"""A post that says the same as a claim is added on the claim's page and withdrawn, with scripts and without."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look, pages

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_post_is_added_and_withdrawn(site: Site, visit: Visit, scripts: bool) -> None:
    name = f"Analyst {'with' if scripts else 'without'} scripts"
    site.run("people", "add", name, "--role", "analyst")
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login(name), f"{name}, analyst")
    page = window.page
    window.open(pages(window)["claim"])
    part = page.locator("#occurrences")
    part.locator("summary", has_text="Add an occurrence").click()
    part.get_by_label("Kind").select_option("video")
    part.get_by_label("Account").fill("@somebody")
    part.get_by_label("Timecode").fill("12:34")
    part.get_by_role("button", name="Add the occurrence").click()
    # What was typed is still there, beside what is wrong with it.
    flaw = part.locator(".flaw")
    expect(flaw).to_have_text("Must be hours, minutes and seconds with two digits each, such as 00:12:34.")
    expect(part.get_by_label("Account")).to_have_value("@somebody")
    expect(part.get_by_label("Timecode")).to_have_attribute("aria-invalid", "true")
    part.get_by_label("Timecode").fill("00:12:34")
    part.get_by_role("button", name="Add the occurrence").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("The occurrence was added.")
    item = part.locator("li", has_text="@somebody")
    expect(item).to_contain_text("video @somebody at 00:12:34")
    if scripts:
        look(window, "a claim with an occurrence")
    item.locator("summary", has_text="Withdraw").click()
    item.get_by_label("Reason").fill("It was somebody else.")
    item.get_by_role("button", name="Withdraw this occurrence").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("The occurrence was withdrawn.")
    expect(item).to_have_count(0)
