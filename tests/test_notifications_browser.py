"""The number of new notifications is on every page, and goes when they were seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window
from tests.test_snapshots_browser import look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_mention_is_told_until_it_was_seen(site: Site, visit: Visit, scripts: bool) -> None:
    name = f"Told {scripts}"
    site.run("people", "add", name, "--role", "analyst")
    writer = visit()
    writer.log_in(site.new_login())
    window = visit(java_script_enabled=scripts)
    window.log_in(site.new_login(name), f"{name}, analyst")
    page, badge = window.page, window.page.locator("#unseen")
    window.open("/notifications")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    claim = writer.context.request.get("/v1/claims?limit=1").json()["items"][0]
    writer.open(f"/claims/{claim['id']}")
    writer.page.get_by_text("Add a comment", exact=True).click()
    form = writer.page.locator("form[action$='/comments']").last
    form.get_by_label("Comment").fill(f"Who counted, @{name}?")
    form.get_by_role("button", name="Comment").click()
    expect(writer.page.get_by_text("Your comment was added.")).to_be_visible()
    window.open("/notifications")  # which waits until the log's end is followed; other pages do not
    window.open("/")
    if scripts:
        expect(badge).to_contain_text("1")
    page.get_by_role("link", name="Notifications").click()
    told = page.get_by_role("link", name="Analyst mentioned you in a comment")
    expect(told).to_be_visible()
    if scripts:
        look(window, "notifications")
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.get_by_role("button", name="Mark all as seen")).to_have_count(0)
    if scripts:
        expect(badge).to_have_text("")
    told.click()
    expect(page.get_by_text("Who counted,").last).to_be_visible()
