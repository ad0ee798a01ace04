"""An admin adds a scale and words in another language; an analyst names one of its ratings in a decision."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
REASON = "Nobody counted the people at the rally."


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_scale_to_a_rated_verdict(site: Site, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    chief = f"Chief of ratings {'with' if scripts else 'without'}"
    site.run("people", "add", chief, "--role", "admin")
    window.log_in(site.new_login(chief), f"{chief}, admin")
    page = window.page
    name = f"House {'with' if scripts else 'without'} scripts"
    window.open("/rating-scales")
    if scripts:
        page.get_by_role("button", name="Add Four plain words").click()
        expect(page.get_by_role("status")).to_contain_text("The scale was added.")
        look(window, "rating-scale")
        window.open("/rating-scales")
        expect(page.get_by_role("button", name="Add Four plain words")).to_have_count(0)
        look(window, "rating-scales")
    page.get_by_text("New scale", exact=True).click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Language").fill("en")
    for at, (word, verdict) in enumerate((("Murky", "unverifiable"), ("Murky", "refuted"))):
        row = page.get_by_role("group", name=f"Rating {at + 1}")
        row.get_by_label("Word").fill(word)
        row.get_by_label("Verdict").select_option(verdict)
    page.get_by_role("group", name="Rating 2").get_by_label("Number").fill("many")
    page.get_by_role("button", name="Add the scale").click()
    expect(page.get_by_role("alert").first).to_contain_text("Number: Write a number in figures")
    page.get_by_role("group", name="Rating 2").get_by_label("Number").fill("1")
    page.get_by_role("button", name="Add the scale").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.get_by_text("Add a language", exact=True).click()
    page.get_by_label("Language").fill("fr")
    page.get_by_label("Murky").nth(0).fill("Trouble")
    page.get_by_label("Murky").nth(1).fill("Faux")
    page.get_by_role("button", name="Add the words").click()
    expect(page.locator("#rating-murky")).to_contain_text("Trouble")

    claims = window.context.request.get("/v1/claims?status=unverified&limit=1").json()["items"]
    window.open(f"/claims/{claims[0]['id']}")
    form = page.locator("form[data-deciding]").first
    rating = form.get_by_label("Rating")
    if scripts:
        look(window, "deciding-with-rating")
        rating.focus()
        rating.select_option(label="Murky (unverifiable)")
        expect(form.get_by_role("radio", name="unverifiable")).to_be_checked()
        form.get_by_role("radio", name="in review").check()
        expect(rating).to_have_value("")
        rating.select_option(label="Murky (unverifiable)")
    else:
        rating.select_option(label="Murky (refuted)")
        form.get_by_role("radio", name="unverifiable").check()
        form.get_by_label("Reason").fill(REASON)
        form.get_by_role("button", name="Decide").click()
        expect(page.get_by_role("alert").first).to_contain_text("The rating Murky belongs to the verdict refuted")
        rating.select_option(label="Murky (unverifiable)")
    form.get_by_label("Reason").fill(REASON)
    form.get_by_role("button", name="Decide").click()
    expect(page.locator("#content-title")).to_contain_text("Murky")
    expect(page.locator("ol.timeline").first).to_contain_text("Murky")
    if scripts:
        look(window, "rated-claim")
        window.open("/?status=unverifiable")
        expect(page.locator("#rows")).to_contain_text("Murky")
    assert window.troubles == []
