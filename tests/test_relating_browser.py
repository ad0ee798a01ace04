"""Relating two sources on the page of one, and withdrawing the relation; a claim's page names it as a reason."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
TEXT = "It rained in the capital for three days, and nobody was surprised by that."


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [1600, 360])
def test_a_relation_is_added_named_and_withdrawn(site: Site, visit: Visit, scripts: bool, width: int) -> None:
    api = Api(site, visit())
    name = f"{width} {scripts}".lower()
    spokesman = api.post("/v1/sources", {"name": f"Spokesman {name}", "kind": "person"})
    ministry = api.post("/v1/sources", {"name": f"Ministry {name}", "kind": "organization"})
    article = api.post(
        "/v1/articles", {"title": f"Rain {name}", "text": f"{TEXT} {name}", "published_on": "2023-11-06"}
    )
    claim = api.post(
        "/v1/claims",
        {"article_id": article["id"], "text": "It rained.", "kind": "factual", "quotes": [{"exact": "It rained"}]},
    )
    for source in (spokesman, ministry):
        page_of = {"stance": "supports", "title": f"Page of {source['name']}", "source_id": source["id"]}
        api.post(f"/v1/claims/{claim['id']}/evidence", page_of)
    window = visit(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    window.open(f"/sources/{spokesman['id']}")
    expect(page.get_by_text("No relations to other sources yet.")).to_be_visible()
    page.get_by_text("Add a relation", exact=True).click()
    form = page.locator("form", has=page.get_by_role("button", name="Add relation"))
    form.get_by_label("This source").select_option("speaks_for")
    form.get_by_label("The other source").fill(f"Ministry {name}")
    form.get_by_label("Since").fill("2019")
    form.get_by_label("Note").fill("By the ministry's page.")
    form.get_by_role("button", name="Add relation").click()
    expect(page.get_by_text("The relations were saved.")).to_be_visible()
    expect(page.locator("section[aria-labelledby=related] li")).to_contain_text(
        f"Spokesman {name} speaks for Ministry {name} (since 2019) one original source"
    )
    if scripts:
        demand_accessible(page, f"a related source, {width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    window.open(f"/claims/{claim['id']}")
    told = f"Spokesman {name} speaks for Ministry {name} (since 2019): one original source, not two."
    expect(page.locator("p.note", has_text=told)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width if scripts else True
    page.get_by_role("link", name=f"Spokesman {name}: relation").click()
    page.get_by_text("Withdraw this relation", exact=True).click()
    ending = page.locator("form", has=page.get_by_role("button", name="Withdraw"))
    ending.get_by_label("Reason").fill("He left.")
    ending.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("The relations were saved.")).to_be_visible()
    [relation] = api.get(f"/v1/sources/{ministry['id']}/relations")["items"]
    assert relation["withdrawn_reason"] == "He left."
    assert api.get(f"/v1/claims/{claim['id']}/provenance")["independent_origins"] == 2
