"""Several claims of a list are chosen and tagged, with and without scripts, at both widths."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window
from tests.test_snapshots_browser import look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_several_claims_get_a_tag(site: Site, visit: Visit, scripts: bool) -> None:
    window = visit(java_script_enabled=scripts)
    window.log_in(site.new_login())
    page, tag = window.page, f"several-{scripts}".lower()
    window.open("/?kind=factual&sort=created_at")
    boxes = page.get_by_role("checkbox", name="Choose")
    expect(boxes).to_have_count(0)
    page.get_by_text("Choose several claims").click()
    expect(boxes.first).to_be_visible()
    for at in (0, 2):
        boxes.nth(at).check()
    form = page.locator("#several")
    form.get_by_role("button", name="Add the tag").click()
    expect(page.locator(".notice.bad, .trouble").first).to_contain_text("Write a tag.")
    expect(boxes.nth(0)).to_be_checked()
    expect(boxes.nth(1)).not_to_be_checked()
    form.get_by_label("Tag").fill(tag)
    form.get_by_label("Tag").press("Enter")
    expect(page.get_by_text("Tagged: 2 claims.")).to_be_visible()
    window.open(f"/?tag={tag}")
    expect(page.locator("#rows > li")).to_have_count(2)
    if scripts:
        page.get_by_text("Choose several claims").click()
        look(window, "several")
