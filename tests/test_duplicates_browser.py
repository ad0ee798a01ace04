"""The page of likely duplicates in a real browser: accessible, with and without scripts, by the keyboard alone."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import OVERFLOWING, WIDTHS, Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
DEADLINE = 60  # seconds at most


@pytest.fixture
def api(site: Site, visit: Visit) -> Api:
    return Api(site, visit())


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", WIDTHS)
def test_two_pairs_are_settled_by_the_keyboard(site: Site, visit: Visit, api: Api, scripts: bool, width: int) -> None:
    name = f"Orin {scripts} {width}"
    claims = [
        api.fresh(f"The port of {name} was closed {how} the storm.")["id"] for how in ("after", "during", "during")
    ]
    ends = time.monotonic() + DEADLINE
    while "behind" in api.get(f"/v1/duplicates?claim={claims[2]}"):
        assert time.monotonic() < ends
    window = visit(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    window.open(f"/duplicates?claim={claims[2]}")
    pairs = page.locator(".conflict-group")
    expect(pairs.filter(has_text=name)).to_have_count(2)
    if scripts:
        demand_accessible(page, "likely duplicates")
        found = page.evaluate("document.documentElement.scrollWidth")
        assert found <= width, (found, page.evaluate(OVERFLOWING))
    same = page.get_by_role("group", name="closed during the storm.” and").get_by_role(
        "button", name="Says the same (restates)"
    )
    same.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="restates the first")).to_be_visible()
    expect(pairs).to_have_count(1)
    page.get_by_role("button", name="Says something different").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="say different things")).to_be_visible()
    if scripts:
        expect(page.locator(".notice.good")).to_be_focused()
        demand_accessible(page, "a settled pair")
    expect(pairs).to_have_count(0)
    kinds = {each["kind"] for each in api.get(f"/v1/claims/{claims[2]}/relations")["items"]}
    assert kinds == {"restates", "distinct_from"}
