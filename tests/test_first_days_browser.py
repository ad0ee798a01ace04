"""Somebody's first day: the tour, a saved filter, and evidence that another claim has; with and without scripts."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, demand_accessible
from tests.test_desk_browser import Api
from tests.test_languages_browser import SCROLLS

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


def look(window: Window, name: str) -> None:
    """Demand that the page is as wide as its window, and accessible, in light and dark."""
    for scheme in ("light", "dark"):
        window.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        window.page.reload()  # colours change at once, and not over a moment
        assert window.page.evaluate(SCROLLS) == 0, name
        if folder := os.environ.get("FACTCHECK_TEST_SCREENSHOTS"):
            window.page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
        demand_accessible(window.page, f"{name}, {scheme}")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [1600, 360])
def test_a_first_day(site: Site, visit: Visit, scripts: bool, width: int) -> None:
    api, name = Api(site, visit()), f"New {width} {scripts}"
    claim, other = (api.fresh(f"The {each} of {width} {scripts} was closed.") for each in ("ferry", "tunnel"))
    piece = {"stance": "supports", "title": f"The notice of {width} {scripts}", "url": "https://harbour.example/notice"}
    api.post(f"/v1/claims/{other['id']}/evidence", piece)
    site.run("people", "add", name, "--role", "analyst")
    window = visit(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login(name), f"{name}, analyst")
    page = window.page

    offer = page.get_by_role("complementary")
    if scripts:
        look(window, f"tour-offer-{width}")
    offer.get_by_role("link", name="Take the tour in six steps").click()
    for step in range(1, 7):
        expect(page.get_by_text(f"Step {step} of 6")).to_be_visible()
        if step == 2 and scripts:
            look(window, f"tour-{width}")
        if step < 6:
            page.get_by_role("button", name="Next: ").click()
    page.get_by_role("button", name="End the tour").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What needs work")
    expect(offer).to_have_count(0)

    window.open("/?kind=factual")
    page.get_by_text("Save these filters").click()
    page.get_by_label("Name of the saved filter").fill("Facts")
    page.get_by_role("button", name="Save", exact=True).click()
    window.open("/work")
    page.get_by_role("navigation", name="Saved filters").get_by_role("link", name="Facts").click()
    if scripts:
        look(window, f"saved-{width}")
    page.get_by_role("button", name="Remove the saved filter Facts").click()
    expect(page.get_by_role("link", name="Facts", exact=True)).to_have_count(0)

    window.open(f"/claims/{claim['id']}")
    page.get_by_role("link", name="Use evidence of another claim").click()
    page.get_by_label("Words of the other claim, or its URL").fill(f"tunnel {width} {scripts}")
    page.get_by_role("button", name="Find").click()
    found = page.locator("section").filter(has_text=f"The tunnel of {width} {scripts} was closed.")
    if scripts:
        look(window, f"elsewhere-{width}")
    found.get_by_role("button", name="Use here: The notice").click()
    form = page.locator(f"form[action='/claims/{claim['id']}/evidence']")
    expect(form.get_by_label("Title")).to_have_value(piece["title"])
    form.get_by_role("checkbox", name="Keep a copy").uncheck()
    form.get_by_role("combobox").first.select_option("refutes")
    form.get_by_role("button", name="Add evidence").click()
    expect(page.get_by_text("The evidence was added.")).to_be_visible()
    expect(page.locator("#evidence")).to_contain_text(piece["title"])
