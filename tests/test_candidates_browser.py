"""Names that are nearly typed, in a browser: offered while one types, and asked about without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("width", [360, 1600])
def test_a_name_that_is_nearly_typed_is_offered_and_taken(site: Site, visit: Visit, width: int) -> None:
    api = Api(site, visit())
    there = api.post("/v1/sources", {"name": f"Ottavio Brambilla{width}", "kind": "person", "description": "A pilot"})
    window = visit(viewport={"width": width, "height": 900})
    window.log_in(site.new_login())
    page = window.page
    window.open("/articles/new")
    page.get_by_label("Outlet").fill(f"Otavio Brambila{width}")
    offered = page.get_by_role("button", name=f"Ottavio Brambilla{width}")
    expect(offered).to_be_visible()
    demand_accessible(page, "names that are nearly typed")
    offered.click()
    expect(page.get_by_label("Outlet")).to_have_value(f"Ottavio Brambilla{width}")
    expect(offered).to_have_count(0)
    window.open(f"/sources/{there['id']}")
    expect(page.get_by_role("heading", name=f"Ottavio Brambilla{width}")).to_be_visible()


def test_without_scripts_the_form_asks(site: Site, visit: Visit) -> None:
    api = Api(site, visit())
    there = api.post("/v1/sources", {"name": "Katarzyna Wolska", "kind": "person"})
    api.post("/v1/sources", {"name": "Katarzyna Wolsky", "kind": "person"})
    window = visit(viewport={"width": 360, "height": 900}, java_script_enabled=False)
    window.log_in(site.new_login())
    page = window.page
    window.open("/articles/new")
    page.get_by_label("Title").fill("A storm in the north")
    page.locator("#article-text").fill("There was a storm in the north.")
    page.get_by_label("Outlet").fill("Katarzyna Wolskaa")
    page.get_by_role("button", name="Add the article").click()
    page.get_by_label("Create it as").select_option("person")
    page.get_by_role("button", name="Add the article").click()
    expect(page.locator(".flaw")).to_contain_text("This may be a source that is on the desk under another name.")
    page.locator(f'input[value="{there["id"]}"]').check()
    page.get_by_role("button", name="Add the article").click()
    page.get_by_role("link", name="Katarzyna Wolska").click()
    expect(page.get_by_role("heading", name="May be the same source")).to_be_visible()
    expect(page.get_by_role("link", name="Katarzyna Wolsky")).to_be_visible()
