"""Somebody asks a colleague on a claim's page, who finds the question among their work and answers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [1600, 360])
def test_a_question_is_asked_and_answered(site: Site, visit: Visit, scripts: bool, width: int) -> None:
    name = f"Kofi {'with' if scripts else 'without'} {width}"
    site.run("people", "add", name, "--role", "contributor")
    claim = Api(site, visit()).fresh(f"The harbour number {width} {scripts} was closed.")
    options = {"viewport": {"width": width, "height": 900}, "java_script_enabled": scripts}
    window = visit(**options)
    window.log_in(site.new_login())
    page = window.page
    window.open(f"/claims/{claim['id']}")
    page.get_by_text("Add a comment", exact=True).click()
    form = page.locator("form[action$='/comments']").last
    field = form.get_by_label("Comment")
    if scripts:
        field.press_sequentially(f"Is **this** so, @{name[:4].lower()}")
        chosen = page.get_by_role("option", name=name)
        expect(chosen).to_be_visible()
        while chosen.get_attribute("aria-selected") != "true":
            field.press("ArrowDown")
        field.press("Enter")
        expect(page.get_by_role("listbox")).to_have_count(0)
        expect(field).to_have_value(f"Is **this** so, @{name} ")
    else:
        field.fill(f"Is **this** so, @{name}")
    form.get_by_role("button", name="Comment").click()
    expect(page.get_by_text("Your comment was added.")).to_be_visible()
    expect(page.locator(".comment strong")).to_have_text("this")
    expect(page.locator(".comment .mention")).to_have_text(f"@{name}")

    own = visit(**options)
    own.log_in(site.new_login(name), f"{name}, contributor")
    own.page.get_by_role("link", name="My work").click()
    own.page.locator("#mentions").get_by_role("link").click()
    own.page.locator("summary", has_text="Reply").click()
    reply = own.page.locator("form", has=own.page.get_by_role("button", name="Reply"))
    reply.get_by_label("Comment").fill("It was, from 9 to 12.")
    reply.get_by_role("button", name="Reply").click()
    expect(own.page.locator(".comment.reply")).to_contain_text("It was, from 9 to 12.")
    expect(own.page.locator(".comment").first).to_contain_text("Is this so")
    if scripts:
        own.open(f"/claims/{claim['id']}")
        look(own, f"comments-{width}")
        own.open("/work")
        look(own, f"mentions-{width}")
    page.reload()
    expect(page.locator(".comment.reply")).to_have_count(1)
    page.locator("summary", has_text="Withdraw this comment").click()
    page.get_by_role("button", name="Withdraw the comment").click()
    expect(page.locator(".comment").first).to_contain_text("Withdrawn by you")
