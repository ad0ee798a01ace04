"""The pages, in a real browser against a real server: `factcheck demo`, started as a person would start it."""

import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, expect, sync_playwright

from tests.conftest import IN_CI

pytestmark = pytest.mark.browser

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 360, "height": 740}
STARTS = 60  # seconds at most
OVERFLOWING = """() => [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > screen.width + 1)
    .map(each => `${each.tagName}.${each.className}`).slice(0, 5)"""


@dataclass(frozen=True)
class Site:
    """A running desk: where it is, its one-time link, and the folder that it was started in."""

    address: str
    login: str
    folder: Path
    environment: dict[str, str]

    def new_login(self) -> str:
        """Return the path of another one-time link for the first person."""
        made = subprocess.run(
            [sys.executable, "-m", "factcheck", "people", "login-link", "Analyst", "--json"],
            cwd=self.folder, env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return urlsplit(json.loads(made.stdout)["url"]).path


class Window:
    """A page of a browser, with what went wrong in it and whom it asked for anything."""

    def __init__(self, browser: Browser, site: Site, **options: Any) -> None:
        self.site = site
        self.context = browser.new_context(base_url=site.address, **options)
        self.context.set_default_timeout(15_000)
        self.troubles: list[str] = []
        self.elsewhere: list[str] = []
        self.context.on("request", lambda request: self._asks(request.url))
        self.context.add_init_script(
            "addEventListener('securitypolicyviolation', event => console.error('CSP: ' + event.violatedDirective))"
        )
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self._hears(message.type, message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("requestfailed", lambda request: self._loses(request.url, request.failure))

    def open(self, path: str) -> Response:
        response = self.page.goto(path, wait_until="load")
        assert response is not None
        return response

    def log_in(self, path: str) -> None:
        self.open(path)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_text("You are Analyst, analyst.")).to_be_visible()

    def _asks(self, url: str) -> None:
        if not url.startswith((f"{self.site.address}/", "data:")):
            self.elsewhere.append(url)

    def _loses(self, url: str, failure: str | None) -> None:
        # Going on to the next page aborts what the one before still loads.
        if failure != "net::ERR_ABORTED":
            self.troubles.append(f"{url}: {failure}")

    def _hears(self, kind: str, text: str) -> None:
        # A page that answers 401 or 404 is an "error" to Chromium's console even when it is the page that was wanted.
        if kind in ("error", "warning") and "the server responded with a status of 4" not in text:
            self.troubles.append(text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium: Playwright's own is not downloaded."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        message = f"No browser: install one of {', '.join(CHROMIUM)} (on Debian: apt install chromium)."
        pytest.fail(message) if IN_CI else pytest.skip(message)
    with sync_playwright() as playwright:
        sandbox = os.geteuid() != 0  # root may not have one
        made = playwright.chromium.launch(executable_path=found, args=FLAGS, chromium_sandbox=sandbox)
        yield made
        made.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`factcheck demo` in an empty folder, with its settings by default."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    errors = folder / "errors"
    with errors.open("wb") as stream:
        server = subprocess.Popen(
            [sys.executable, "-m", "factcheck", "demo", "--port", str(port)],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stream,
        )  # fmt: skip
    try:
        address, login = (line.split()[-1] for line in _first_lines(server, errors))
        yield Site(address, urlsplit(login).path, folder, environment)
    finally:
        server.terminate()
        try:
            server.wait(30)
        finally:
            server.kill()
            server.communicate()


def _first_lines(server: subprocess.Popen[bytes], errors: Path) -> list[str]:
    """Wait for the two lines that tell the address and the link; "(works once)" behind the link is left out."""
    assert server.stdout is not None
    told = b""
    ends = time.monotonic() + STARTS
    with selectors.DefaultSelector() as selector:
        selector.register(server.stdout, selectors.EVENT_READ)
        while told.count(b"\n") < 2:
            ready = selector.select(ends - time.monotonic())
            more = os.read(server.stdout.fileno(), 4096) if ready else b""
            assert more, f"The desk did not start: {told.decode()} {errors.read_text()}"
            told += more
    return [line.partition("  (")[0] for line in told.decode().splitlines()[:2]]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Window]]:
    """Open windows, each with its own cookies; at the end none has had trouble or asked another server."""
    windows: list[Window] = []

    def opened(**options: Any) -> Window:
        windows.append(Window(browser, site, **options))
        return windows[-1]

    yield opened
    for window in windows:
        window.context.close()
    assert [trouble for window in windows for trouble in window.troubles] == []
    assert [url for window in windows for url in window.elsewhere] == []


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}, {"viewport": PHONE}], ids=str)
def test_a_link_logs_in_once(site: Site, visit: Callable[..., Window], options: dict[str, Any]) -> None:
    """The second use says so on a page. It all works without scripts and on a telephone."""
    path = site.new_login()
    window = visit(**options)
    window.log_in(path)
    assert window.page.url == f"{site.address}/"

    other = visit(**options)
    assert other.open(path).status == 200  # looking at a link, as programs do ahead of people, does not use it up
    with other.page.expect_navigation() as navigation:
        other.page.get_by_role("button", name="Log in").click()
    assert navigation.value.status == 401
    assert navigation.value.headers["content-type"].startswith("text/html")
    expect(
        other.page.get_by_text("This login link was used already, or is too old. Ask for a new one.")
    ).to_be_visible()
    other.page.get_by_role("link", name="To the first page").click()
    expect(other.page.get_by_text("You are not logged in.")).to_be_visible()


def test_the_link_that_demo_prints_logs_in(site: Site, visit: Callable[..., Window]) -> None:
    visit().log_in(site.login)


def test_the_first_page_says_who_one_is_and_logs_out(site: Site, visit: Callable[..., Window]) -> None:
    window = visit()
    window.open("/")
    expect(window.page.get_by_text("You are not logged in.")).to_be_visible()
    window.log_in(site.new_login())
    assert window.context.request.get("/v1/me").json()["name"] == "Analyst"
    window.page.reload()
    expect(window.page.get_by_text("You are Analyst, analyst.")).to_be_visible()
    window.page.get_by_role("button", name="Log out").click()
    expect(window.page.get_by_text("You are not logged in.")).to_be_visible()
    assert window.context.request.get("/v1/me").status == 401


def test_every_link_of_the_first_page_leads_somewhere(site: Site, visit: Callable[..., Window]) -> None:
    window = visit()
    window.log_in(site.new_login())
    paths = [link.get_attribute("href") for link in window.page.get_by_role("main").get_by_role("link").all()]
    assert "/docs" in paths
    for path in paths:
        assert path is not None
        assert window.open(path).ok, path


def test_the_documentation_renders_and_tries_out_without_leaving_the_server(visit: Callable[..., Window]) -> None:
    """The fixture demands that there was no violation of the CSP, no error and no request elsewhere."""
    window = visit()
    assert window.open("/docs").headers["content-security-policy"].startswith("default-src 'self'")
    paths = window.context.request.get("/openapi.json").json()["paths"]
    operations = [(path, method) for path, item in paths.items() for method in item if method != "parameters"]
    expect(window.page.locator(".opblock")).to_have_count(len(operations))

    reading = window.page.locator("#operations-claims-get_claims")
    reading.get_by_role("button", name="/v1/claims").first.click()
    expect(reading.get_by_text("A source anywhere in the chain.")).to_be_visible()
    reading.get_by_role("button", name="Try it out").click()
    reading.get_by_role("button", name="Execute").click()
    expect(reading.locator(".live-responses-table .response-col_status").last).to_have_text("200")
    expect(reading.locator(".live-responses-table")).to_contain_text('"items"')


def test_the_documentation_says_where_to_look_without_scripts(visit: Callable[..., Window]) -> None:
    window = visit(java_script_enabled=False)
    window.open("/docs")
    window.page.get_by_role("link", name="/openapi.json").click()
    expect(window.page.get_by_text('"openapi":"3.1.0"')).to_be_visible()


def test_an_error_is_a_page_for_people_and_a_problem_for_tools(visit: Callable[..., Window]) -> None:
    window = visit()
    shown = window.open("/nothing")
    assert (shown.status, shown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    expect(window.page.get_by_role("heading", name="There is no such thing")).to_be_visible()
    request_id = shown.headers["x-request-id"]
    expect(window.page.get_by_text(request_id)).to_be_visible()
    window.page.get_by_role("link", name="What this means").click()
    expect(window.page.get_by_role("heading", name="There is no such thing")).to_be_visible()

    told = window.context.request.get("/nothing", headers={"Accept": "application/json"})
    _is_problem(told, 404, "/problems/not-found")
    _is_problem(window.context.request.get("/nothing", headers={"Accept": "*/*"}), 404, "/problems/not-found")

    window.open("/login/used-already")
    token = window.page.locator("[name=csrf_token]").get_attribute("value")
    assert token
    told = window.context.request.post(
        "/login/used-already", form={"csrf_token": token}, headers={"Accept": "application/json"}
    )
    _is_problem(told, 401, "/problems/unauthenticated")
    forged = window.context.request.post("/login/used-already", form={}, headers={"Accept": "application/json"})
    _is_problem(forged, 403, "/problems/forbidden")


def test_a_telephone_needs_no_scrolling_sideways(site: Site, visit: Callable[..., Window]) -> None:
    window = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    for path in ("/", "/login/a-link", "/nothing", "/problems/not-found", "/docs"):
        window.open(path)
        if path == "/docs":
            expect(window.page.locator(".opblock").first).to_be_visible()
            window.page.locator("#operations-claims-post_claims .opblock-summary-control").click()
            expect(window.page.locator("#operations-claims-post_claims .responses-wrapper")).to_be_visible()
        width = window.page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], (path, width, window.page.evaluate(OVERFLOWING))
    window.log_in(site.new_login())
    assert window.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(site: Site, visit: Callable[..., Window], scheme: str) -> None:
    window = visit(color_scheme=scheme)
    for path in ("/", "/login/a-link", "/nothing", "/problems/not-found"):
        window.open(path)
        _is_accessible(window.page, path)
    window.log_in(site.new_login())
    _is_accessible(window.page, "/, logged in")
    background = window.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    light = sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(","))) > 3 * 128
    assert light == (scheme == "light"), background  # the scheme was used at all


def _is_accessible(page: Page, path: str) -> None:
    found = Axe().run(page).response
    assert found["passes"], path  # it looked at something
    told = [
        f"{flaw['id']}: {flaw['help']} {[node['target'] for node in flaw['nodes']]}" for flaw in found["violations"]
    ]
    assert told == [], path


def _is_problem(answer: Any, status: int, kind: str) -> None:
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, kind)
