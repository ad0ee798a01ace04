"""An analyst pastes a URL, compares the text that the desk found, and saves the article."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import OVERFLOWING, WIDTHS, Window
from tests.browsing import Site as DeskSite
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, serving
from tests.test_snapshots_browser import look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
STORY = OUTLETS[0]
PATIENCE = 90_000  # milliseconds: a process is started to read the page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_url_to_an_article(site: DeskSite, visit: Visit, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    with serving({"/story": Page(STORY.body), "/none": Page(b"", status=404)}) as outlet:
        window.open("/articles/new")
        if scripts:
            look(window, "new-article")
        page.locator(".fetch").get_by_label("URL").fill(outlet.url("/none"))
        page.get_by_role("button", name="Fetch the page").click()
        expect(page.locator(".notice.bad")).to_contain_text("The page was not captured")
        page.locator(".fetch").get_by_label("URL").fill(outlet.url(f"/story?{scripts}"))
        outlet.pages = {f"/story?{scripts}": Page(STORY.body)}
        page.get_by_role("button", name="Fetch the page").click(timeout=PATIENCE)
        expect(page.get_by_role("region", name="Extracted text")).to_contain_text("The river authority said")
        if scripts:
            look(window, "extracted")
        page.get_by_label("Outlet").fill("")
        page.get_by_label("Title").fill(f"Flood barrier, {scripts}")
        if page.locator("#known").count():
            page.get_by_role("button", name="Add it anyway").click()
        else:
            page.get_by_role("button", name="Add the article").click()
        expect(page.get_by_role("heading", name=f"Flood barrier, {scripts}")).to_be_visible()
        window.open("/articles/new")
        page.locator(".fetch").get_by_label("URL").fill(outlet.url("/none"))
        page.get_by_role("button", name="Fetch the page").click()
        page.get_by_role("link", name="Details").click()
        expect(page.get_by_role("heading", name="Capture of 127.0.0.1")).to_be_visible()
        if scripts:
            look(window, "capture")
    assert window.troubles == []


# What a page may try: to run, to send, to lead on, to take the desk's window, and to tell its outlet who reads it.
HOSTILE = """<script>document.title = "ran"; top.location = "/away"; fetch("/told")</script>
<meta http-equiv=refresh content="0;url=/refreshed"><link rel=stylesheet href="/style.css">
<link rel=prefetch href="/next">
<style>h1 { color: rgb(1, 2, 3) } body { background: url(/background.png) }</style><base href="/elsewhere/">
<img src="/pixel.png" onerror="fetch('/failed')"><iframe src="/inner"></iframe><object data="/object"></object>
<form action="/sent"><button id=send>Send</button></form><a id=on href="/on">On</a>
<a id=login href="/claims" target=_top>Claims</a>"""


def test_the_page_itself_is_shown_and_does_nothing(site: DeskSite, visit: Visit) -> None:
    window = visit(viewport={"width": 1280, "height": 900})
    window.log_in(site.new_login())
    page = window.page
    with serving({"/story": Page(STORY.html.replace("<body>", f"<body>{HOSTILE}").encode())}) as outlet:
        window.open("/articles/new")
        page.locator(".fetch").get_by_label("URL").fill(outlet.url("/story"))
        page.get_by_role("button", name="Fetch the page").click(timeout=PATIENCE)
        page.get_by_role("region", name="Extracted text").wait_for(timeout=PATIENCE)
        there = f"/captures/{page.url.rpartition('=')[2]}"
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            window.open(there)
            page.get_by_text("The page as it was captured").click()
            shown = page.frame_locator("iframe.original")
            expect(shown.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
            expect(shown.locator("body")).to_contain_text("The river authority said")
            assert page.evaluate(OVERFLOWING) == []
            for each in ("#send", "#login", "#on"):
                shown.locator(each).click()
            assert page.url == f"{site.address}{there}"
        window.open(f"{there}/original")
        expect(page.locator("h1").first).to_contain_text(STORY.title)
        assert page.evaluate("origin") == "null"
        assert page.title() != "ran"
        assert [path for path, _ in outlet.requests if path != "/story"] == []
    assert window.troubles
    window.forget_refused()
