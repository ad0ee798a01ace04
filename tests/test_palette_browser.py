"""Ctrl+K leads to a claim by the keyboard alone; without scripts the page does."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, demand_accessible
from tests.test_snapshots_browser import look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


def test_the_keyboard_leads_anywhere(site: Site, visit: Visit) -> None:
    window = visit()
    window.log_in(site.new_login())
    page = window.page
    window.open("/audit")
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Go to")
    expect(dialog.get_by_role("link", name="My work")).to_be_visible()
    page.keyboard.type("million people")
    claim = dialog.get_by_role("link", name=re.compile("a million people"))
    expect(claim.first).to_be_visible()
    demand_accessible(page, "the window of Ctrl+K")
    page.keyboard.press("ArrowDown")
    expect(claim.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/claims/[0-9a-f-]{36}$"))
    page.keyboard.press("Control+k")
    expect(dialog).to_be_visible()
    page.keyboard.press("Control+k")
    expect(dialog).not_to_be_visible()
    # Enter goes to what was typed, and not to what was listed a moment before.
    page.keyboard.press("Control+k")
    page.keyboard.type("keyboard short")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/keys$"))
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_without_scripts_it_is_a_page(site: Site, visit: Visit) -> None:
    window = visit(java_script_enabled=False)
    window.log_in(site.new_login())
    window.page.get_by_role("link", name="Go to", exact=True).click()
    window.page.get_by_label("Letters of a claim").fill("million people")
    window.page.get_by_role("button", name="Show", exact=True).click()
    window.page.get_by_role("link", name=re.compile("a million people")).first.click()
    expect(window.page).to_have_url(re.compile("/claims/[0-9a-f-]{36}$"))


def test_the_page_at_every_width(site: Site, visit: Visit) -> None:
    window = visit()
    window.log_in(site.new_login())
    window.open("/go?find=niger")
    look(window, "go")
