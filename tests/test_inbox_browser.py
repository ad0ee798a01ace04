"""An analyst adds a feed, makes an article of one of its items by the keyboard, and dismisses another."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look
from tests.outlets import Page, serving
from tests.test_feeds import RSS, rss, story

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_feed_to_an_article(site: Site, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    names = [f"{'with' if scripts else 'without'}-{number}" for number in (1, 2)]
    pages = {f"/{names[0]}": story(names[0])}
    with serving(pages) as outlet:
        pages["/feed"] = Page(rss(outlet, names), RSS)
        window.open("/")
        page.get_by_role("link", name="Inbox").click()
        page.get_by_role("button", name="Feeds", exact=True).click()
        if not page.locator("details.adding[open]").count():
            page.locator("details.adding > summary").click()
        page.get_by_label("URL").fill(outlet.url("/feed"))
        page.get_by_label("Name").fill(f"News {scripts}")
        page.get_by_label("Fetch").select_option("every day")
        page.get_by_role("button", name="Add the feed").click()
        expect(page.get_by_role("status")).to_contain_text("The feed was added.")
        if scripts:
            look(window, "feeds")
        site.run("watch", "run", "--once")
    window.open("/feeds")
    page.get_by_role("link", name=f"News {scripts}").click()
    expect(page.locator("#rows > .row")).to_have_count(2)
    expect(page.locator("#rows")).to_contain_text("the server responded with the status 404")
    if scripts:
        look(window, "inbox")
    page.get_by_role("button", name=f"Dismiss Story {names[1]}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The item was dismissed.")
    expect(page.get_by_text(f"Story {names[1]}")).to_have_count(0)
    page.get_by_role("button", name=f"Make an article of Story {names[0]}").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_have_value(f"Story {names[0]}")
    page.get_by_label("Outlet").fill("")
    page.get_by_role("button", name="Add the article").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Story {names[0]}")
    window.open("/inbox")
    expect(page.get_by_text(f"Story {names[0]}")).to_have_count(0)
    assert window.troubles == []
