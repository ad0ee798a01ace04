"""A bookmarklet on another site hands its page over: the form of the desk is filled in, and a person sends it."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests.browsing import OVERFLOWING, WIDTHS, Window, demand_accessible
from tests.browsing import Site as DeskSite
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, Site, serving
from tests.test_snapshots_browser import look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
STORY = OUTLETS[0]
HERE = "/captures/handover"
PATIENCE = 90_000  # milliseconds: a process is started to read the page
# What only a person who is logged in at the outlet sees, with what must not leave their browser.
BEHIND = STORY.html.replace(
    "</body>",
    "<form><input type=hidden name=csrf value=s3cret></form><script>var token = 's3cret'</script></body>",
)
POLICY = (("Content-Security-Policy", "default-src 'none'; form-action 'none'"),)


def run_bookmarklet(window: Window, outlet: Tab) -> Tab:
    """Click the bookmarklet on the page of an outlet, and return the tab that it opens."""
    window.open(HERE)
    code = window.page.locator("#bookmarklet").get_attribute("href")
    assert code is not None
    assert code.startswith("javascript:")
    with outlet.context.expect_page() as opened:
        # Browsers run a bookmark whatever the page's own policy says of scripts; so does this.
        outlet.evaluate(unquote(code.removeprefix("javascript:")))
    return opened.value


def demand_only(window: Window, outlet: Site) -> None:
    """Demand that nobody but the outlet was asked for anything, which is what `visit` demands of no one else."""
    assert window.elsewhere
    assert [url for url in window.elsewhere if not url.startswith(outlet.url("/"))] == []
    window.elsewhere.clear()


@pytest.fixture
def outlet() -> Iterator[Site]:
    with serving({"/story": Page(BEHIND.encode(), headers=POLICY), "/favicon.ico": Page()}) as found:
        yield found


def test_a_page_behind_a_login_becomes_an_article(site: DeskSite, visit: Visit, outlet: Site) -> None:
    window = visit(viewport={"width": 1280, "height": 900})
    window.log_in(site.new_login())
    there = window.context.new_page()
    there.goto(outlet.url("/story"))
    form = run_bookmarklet(window, there)
    expect(form.locator("#handed-over")).to_contain_text("is filled in")
    assert form.url == f"{site.address}{HERE}"
    assert form.locator("#handover-url").input_value() == outlet.url("/story")
    html = form.locator("#handover-html").input_value()
    assert "The river authority said on Tuesday" in html
    assert "s3cret" not in html
    before = window.context.request.get("/v1/captures").json()["items"]
    assert all(each["url"] != outlet.url("/story") for each in before)  # nothing is stored before the button
    form.get_by_role("button", name="Hand it over").click(timeout=PATIENCE)
    expect(form.get_by_role("region", name="Extracted text")).to_contain_text(
        "The river authority said", timeout=PATIENCE
    )
    form.get_by_label("Outlet").fill("")
    form.get_by_label("Title").fill("Flood barrier, from behind the wall")
    form.get_by_role("button", name=re.compile("^Add (it anyway|the article)$")).last.click()
    expect(form.get_by_role("heading", name="Flood barrier, from behind the wall")).to_be_visible()
    [capture] = [
        each
        for each in window.context.request.get("/v1/captures").json()["items"]
        if each["url"] == outlet.url("/story")
    ]
    assert (capture["origin"], capture["http_status"]) == ("browser", None)
    assert [path for path, _ in outlet.requests if path != "/favicon.ico"] == ["/story"]  # the desk fetched nothing
    demand_only(window, outlet)


def test_a_site_cannot_pass_for_another(site: DeskSite, visit: Visit, outlet: Site) -> None:
    """A page that opens the form by itself sends the URL of another site; then one that is no URL at all."""
    window = visit()
    window.log_in(site.new_login())
    there = window.context.new_page()
    there.goto(outlet.url("/story"))
    with window.context.expect_page() as opened:
        there.evaluate(
            """desk => { const form = open(desk + "/captures/handover"); addEventListener("message", () => {
                form.postMessage({ url: 5, html: "<p>x" }, desk); form.postMessage("x", desk);
                form.postMessage({ url: "https://paper.example/", html: "<p>Forged.</p>" }, desk); }) }""",
            site.address,
        )
    form = opened.value
    expect(form.locator("#handed-over")).to_contain_text("another site than its URL says")
    assert form.locator("#handover-html").input_value() == ""
    with window.context.expect_page() as opened:
        there.evaluate(
            """desk => { const form = open(desk + "/captures/handover"); addEventListener("message", () => {
                form.postMessage({ url: location.href, html: "x".repeat(3000000) }, desk); }) }""",
            site.address,
        )
    expect(opened.value.locator("#handed-over")).to_contain_text("too large")
    assert opened.value.locator("#handover-html").input_value() == ""
    demand_only(window, outlet)


def test_the_page_of_the_bookmarklet(site: DeskSite, visit: Visit) -> None:
    window = visit()
    window.log_in(site.new_login())
    window.open(HERE)
    look(window, "handover")
    for width in WIDTHS:
        window.page.set_viewport_size({"width": width, "height": 900})
        window.open(HERE)
        window.page.get_by_text("If you cannot drag it").click()
        assert window.page.evaluate(OVERFLOWING) == [], width
        demand_accessible(window.page, f"the bookmarklet's text, {width}")


def test_without_scripts_a_page_is_pasted(site: DeskSite, visit: Visit) -> None:
    window = visit(java_script_enabled=False)
    window.log_in(site.new_login())
    window.open(HERE)
    window.page.get_by_label("URL", exact=True).fill("https://paper.example/pasted")
    window.page.get_by_label("HTML of the page").fill(STORY.html)
    window.page.get_by_role("button", name="Hand it over").click(timeout=PATIENCE)
    expect(window.page.get_by_role("region", name="Extracted text")).to_contain_text("The river authority said")
