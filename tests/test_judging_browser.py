"""Judging two sources on the page of one: joined, shown, and separated again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [1600, 360])
def test_two_sources_are_joined_and_separated_again(site: Site, visit: Visit, scripts: bool, width: int) -> None:
    api = Api(site, visit())
    name = f"{width} {scripts}".lower()
    one = api.post("/v1/sources", {"name": f"Harbour master {name}", "kind": "person", "aliases": [f"H. M. {name}"]})
    other = api.post("/v1/sources", {"name": f"Hafenmeister {name}", "kind": "person"})
    window = visit(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    window.open(f"/sources/{other['id']}")
    page.get_by_text("Compare with another source", exact=True).click()
    form = page.locator("form[action$='/judgments']")
    form.get_by_label("The other source").fill(f"Harbour master {name}")
    form.get_by_label("They are").select_option("same")
    form.get_by_label("Show them as").select_option("other")
    form.get_by_label("Reason").fill("Two languages.")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The judgment was saved.")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Harbour master {name}")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text(f"Hafenmeister {name}")
    if scripts:
        demand_accessible(page, f"a joined source, {width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width if scripts else True
    page.get_by_text("Separate these two", exact=True).click()
    page.locator("form", has=page.get_by_role("button", name="Separate")).get_by_label("Reason").fill("Two people.")
    page.get_by_role("button", name="Separate").click()
    expect(page.get_by_text("The judgment was saved.")).to_be_visible()
    expect(page.get_by_text("a newer judgment counts")).to_be_visible()
    assert api.get(f"/v1/sources/{one['id']}")["aliases"] == [f"H. M. {name}"]
    assert api.get(f"/v1/sources/{other['id']}")["name"] == f"Hafenmeister {name}"
