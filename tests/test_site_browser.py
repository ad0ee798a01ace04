"""The public site in a browser: for eyes, keyboards and screen readers, small and fast, and inside of other sites."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from micawber import Provider, ProviderRegistry
from playwright.sync_api import expect

from tests.browsing import OVERFLOWING, Site, Window, demand_accessible, look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
Json = dict[str, Any]
RALLY = "niger-2023-11-06/C15"
MOST_BYTES = 60_000  # of a page and its style sheet
BLOCKING = """() => performance.getEntriesByType("resource")
    .filter(each => each.renderBlockingStatus === "blocking").length"""
SHIFTS = """() => new Promise(done => {
    let moved = 0;
    new PerformanceObserver(list => { for (const each of list.getEntries()) moved += each.value; })
        .observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => done(moved)));
})"""


class Api:
    """The desk's API, for somebody with a token."""

    def __init__(self, site: Site, window: Window) -> None:
        self.token = site.run("people", "token", "Analyst").strip()
        self.request = window.context.request

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        headers = {"Authorization": f"Bearer {self.token}", "If-Match": "*", "Content-Type": "application/json"}
        if method == "POST" and not path.endswith(("/moves", "/reviews")):
            del headers["If-Match"]
        answer = self.request.fetch(path, method=method, headers=headers, data=json.dumps(body) if body else None)
        assert answer.ok, (path, answer.text())
        made: Json = answer.json()
        return made


@pytest.fixture
def published(site: Site, visit: Visit) -> Json:
    """A report on the rally claim that was corrected, and the claim's verdict, which changed after it was published."""
    api = Api(site, visit())
    [claim] = api.call("GET", f"/v1/claims?external_id={RALLY}")["items"]
    lines = [f"{{{{{part}:{claim['id']}}}}}" for part in ("claim", "quotes", "evidence", "attribution")]
    table = "| who | how many |\n|---|---|\n| organizers | a million |"
    text = "\n\n".join(["The article says *thousands*.", *lines, table])
    report = api.call("POST", "/v1/reports", {"title": "How many came", "language": "en", "text": text})

    def publish(**fields: Any) -> Json:
        for to in ("submitted", "approved"):
            api.call("POST", f"/v1/reports/{report['id']}/moves", {"to": to})
        return api.call("POST", f"/v1/reports/{report['id']}/moves", {"to": "published", **fields})

    publish()
    why = f"Nobody counted them, and the article itself says thousands: {report['id']}."
    evidence = [{"stance": "refutes", "title": "The article", "url": "https://news.example/rally"}]
    api.call("POST", f"/v1/claims/{claim['id']}/reviews", {"status": "refuted", "reason": why, "evidence": evidence})
    api.call("PATCH", f"/v1/reports/{report['id']}", {"title": "How many came, counted again"})
    seen = publish(correction="The title promised what nobody knows.")
    index, origin = seen["published"]["log_index"], claim["attribution"]["origin"]["id"]
    return {"report": report["id"], "claim": claim["id"], "index": index, "why": why, "origin": origin}


def paths_of(published: Json) -> list[str]:
    return [
        "/r", f"/r/{published['report']}", f"/r/{published['report']}/changes/{published['index']}",
        f"/c/{published['claim']}", f"/s/{published['origin']}", f"/r/{published['report']}/correction-request",
        "/corrections", "/search", "/search?q=a+million+people+came", "/r/none",
        f"/r/{published['report']}/card", f"/c/{published['claim']}/card",
    ]  # fmt: skip


@pytest.mark.parametrize(("tag", "scheme"), [("en", "light"), ("ar", "dark")])
def test_pages_are_accessible_and_fit(visit: Visit, published: Json, tag: str, scheme: str) -> None:
    for width in (320, 360, 1600):
        window = visit(viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=True)
        for path in paths_of(published):
            where = f"{path}{'&' if '?' in path else '?'}lang={tag}"
            window.open(where)
            if path != "/r/none":
                expect(window.page.locator("html")).to_have_attribute("lang", tag)
            demand_accessible(window.page, f"{where} at {width}")
            assert window.page.evaluate(OVERFLOWING) == [], (where, width)
    window.page.emulate_media(media="print")
    window.open(f"/r/{published['report']}")
    expect(window.page.locator("header.top nav")).to_be_hidden()
    expect(window.page.locator("article")).to_be_visible()


def test_pages_are_small_and_stand_still(visit: Visit, published: Json) -> None:
    for path in paths_of(published):
        if path == "/r/none":
            continue
        window = visit(viewport={"width": 360, "height": 800})
        sizes: dict[str, int] = {}
        window.page.on("response", lambda each, sizes=sizes: sizes.update({each.url: len(each.body())}))
        window.open(path)
        kinds = {each.rpartition(".")[2] for each in sizes if "/static/" in each}
        assert kinds <= {"css", "svg"}, sizes  # nothing else to wait for, and no script
        assert sum(sizes.values()) < MOST_BYTES, sizes
        assert window.page.evaluate(BLOCKING) == 1, path  # one round trip after the page's own
        assert window.page.evaluate(SHIFTS) == 0, path


def test_a_reader_finds_a_report_and_its_corrections_by_keyboard(visit: Visit, published: Json) -> None:
    window = visit(viewport={"width": 360, "height": 800}, java_script_enabled=False, locale="ar")
    page = window.page
    window.open("/r")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="How many came, counted again").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".correction")).to_contain_text("The title promised what nobody knows.")
    page.locator(".statement a").first.click()
    expect(page.locator("h1")).to_contain_text("million")
    expect(page.locator("header .reason")).to_contain_text(published["why"])
    expect(page.locator("#changes ~ .corrections li").first).to_contain_text(published["why"])
    page.get_by_role("navigation").first.get_by_role("link").nth(2).click()
    expect(page.locator(".corrections li").first).to_contain_text("The title promised what nobody knows.")
    expect(page.locator(".corrections")).to_contain_text(published["why"])


@pytest.fixture
def elsewhere(site: Site) -> Iterator[Callable[[str], str]]:
    """A server of another origin, whose one page has some HTML in it."""
    shown = {"page": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"<!doctype html><title>Elsewhere</title><link rel=icon href=data:,>{shown['page']}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def page(html: str) -> str:
        shown["page"] = html
        return f"http://localhost:{server.server_port}/"

    yield page
    server.shutdown()
    thread.join()
    server.server_close()


def test_other_sites_can_show_a_card_and_no_page(
    visit: Visit, published: Json, site: Site, elsewhere: Callable[[str], str]
) -> None:
    window = visit()
    registry = ProviderRegistry()
    registry.register(f"{re.escape(site.address)}/[rc]/.*", Provider(f"{site.address}/oembed"))
    told = registry.request(f"{site.address}/c/{published['claim']}", maxwidth=500)
    assert (told["type"], told["width"]) == ("rich", 500)
    window.page.goto(elsewhere(told["html"]))
    expect(window.page.frame_locator("iframe").locator("h1")).to_contain_text("million")
    expect(window.page.frame_locator("iframe").locator(".verdict")).to_be_visible()
    with window.page.expect_event("requestfailed") as refused:
        window.page.goto(elsewhere(f'<iframe src="{site.address}/c/{published["claim"]}"></iframe>'))
    assert refused.value.failure == "net::ERR_BLOCKED_BY_RESPONSE"
    blocked = ("frame-ancestors", "ERR_BLOCKED_BY_RESPONSE", "favicon")
    window.troubles[:] = [each for each in window.troubles if not any(words in each for words in blocked)]
    window.elsewhere[:] = [each for each in window.elsewhere if not each.startswith("http://localhost:")]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_reader_asks_for_a_correction_and_reads_the_answer(
    site: Site, visit: Visit, published: Json, scripts: bool
) -> None:
    reader = visit(viewport={"width": 360, "height": 800}, java_script_enabled=scripts, locale="ar")
    page = reader.page
    reader.open(f"/r/{published['report']}")
    page.locator(f"a[href^='/r/{published['report']}/correction-request']").click()
    page.get_by_role("textbox").first.fill("It was another year, as my calendar says.")
    page.get_by_role("textbox").last.fill("https://calendar.example/2022")
    page.locator("form.request button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main [role=status]")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("main")).not_to_contain_text("calendar")
    here = page.url
    if scripts:
        look(reader, "site-request")

    name = f"Answerer {'with' if scripts else 'without'}"
    site.run("people", "add", name, "--role", "analyst")
    desk = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    desk.log_in(site.new_login(name), f"{name}, analyst")
    desk.open("/reports")
    desk.page.get_by_role("link", name="of a reader waits").click()
    desk.page.locator(".row-text").first.click()
    expect(desk.page.locator("main")).to_contain_text("as my calendar says")
    desk.page.get_by_label("Answer").fill("The article has the date: November 2023.")
    desk.page.get_by_role("button", name="Publish the answer").click()
    expect(desk.page.locator(".notice[role=status]")).to_contain_text("The request was answered.")
    if scripts:
        look(desk, "correction-request")
    desk.open("/reports")
    expect(desk.page.locator("main")).not_to_contain_text("of a reader waits")

    late = visit(viewport={"width": 1600, "height": 800}, java_script_enabled=scripts)
    late.page.goto(here)
    expect(late.page.locator("main")).to_contain_text("The article has the date: November 2023.")
