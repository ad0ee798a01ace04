"""A real browser against a real server: `factcheck demo`."""

import json
import os
import re
import selectors
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, Response, expect

from tests import commands

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# How Chromium says that it did not do what a captured page tried.
REFUSED = re.compile(
    "Content Security Policy|sandboxed|Unsafe attempt to initiate|^CSP: |: csp$|ERR_BLOCKED_BY_RESPONSE$"
)
PHONE = {"width": 360, "height": 740}
WIDTHS = (360, 1600)
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

    def run(self, *words: str) -> str:
        """Run `factcheck …` beside the server, and return what it printed."""
        made = commands.run(*words, cwd=self.folder, env=self.environment)
        assert made.returncode == 0, made.stderr
        return made.stdout.decode()

    def new_login(self, name: str = "Analyst") -> str:
        """Return the path of another one-time link."""
        return urlsplit(json.loads(self.run("people", "login-link", name, "--json"))["url"]).path


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

    def log_in(self, path: str, who: str = "Analyst, analyst") -> None:
        self.open(path)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_text(f"You are {who}.")).to_be_visible()

    def forget_refused(self) -> None:
        """Forget what a captured page tried in vain."""
        self.page.wait_for_load_state("load")  # a frame may still be loading, and refuse more
        self.troubles[:] = [each for each in self.troubles if not REFUSED.search(each)]

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


def launched(playwright: Playwright, path: str | None) -> Browser:
    sandbox = os.geteuid() != 0  # root may not have one
    return playwright.chromium.launch(executable_path=path, args=FLAGS, chromium_sandbox=sandbox)


@contextmanager
def demo(folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Site]:
    """Run `factcheck demo` in an empty folder, with its settings by default, but for pages on this machine.

    In other `settings`, `{address}` is that of the desk.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")}
    environment["FACTCHECK_OUTBOUND_ALLOW"] = "127.0.0.1/32"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment |= {name: value.format(address=f"http://127.0.0.1:{port}") for name, value in settings.items()}
    errors = folder / "errors"
    with errors.open("wb") as stream:
        words = ("demo", "--port", str(port))
        server = commands.Command(words, cwd=folder, env=environment, stdout=commands.PIPE, stderr=stream)
    try:
        address, login = (line.split()[-1] for line in _first_lines(server, errors))
        yield Site(address, urlsplit(login).path, folder, environment)
    finally:
        server.terminate()
        try:
            server.wait(30)
        finally:
            server.kill()
            server.wait()
            assert server.stdout is not None
            server.stdout.close()


def _first_lines(server: commands.Command, errors: Path) -> list[str]:
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


def demand_accessible(page: Page, where: str) -> None:
    """Demand that axe finds nothing."""
    found = Axe().run(page).response
    assert found["passes"], where  # it looked at something
    told = [
        f"{flaw['id']}: {flaw['help']} {[node['target'] for node in flaw['nodes']]}" for flaw in found["violations"]
    ]
    assert told == [], f"{where}: {told}"


def pages(window: Window) -> dict[str, str]:
    """Return the path of one page of each kind, by a name for it."""
    claims = window.context.request.get("/v1/claims?external_id=niger-2023-11-06/C15").json()["items"]
    claim = claims[0]
    source = next(hop["source"]["id"] for hop in claim["attribution"]["chain"] if hop["source"])
    article = f"/articles/{claim['article']['id']}"
    return {
        "queue": "/",
        "claims": "/?status=unverified",
        "search": "/?q=million",
        "nothing-found": "/?q=xylophone",
        "claim": f"/claims/{claim['id']}",
        "claim-deciding": f"/claims/{claim['id']}?decide=in_review",
        "claim-edit": f"/claims/{claim['id']}/edit",
        "evidence-elsewhere": f"/claims/{claim['id']}/evidence/elsewhere",
        "history": f"/claims/{claim['id']}/history",
        "articles": "/articles",
        "article": article,
        "article-coverage": f"{article}?coverage=on",
        "article-new": "/articles/new",
        "image-new": f"{article}/images",
        "sources": "/sources",
        "source": f"/sources/{source}",
        "find": "/find",
        "find-known": "/find?find=A+million+people+were+at+the+rally+in+Niamey%2C+they+say",
        "find-nothing": "/find?find=xylophone",
        "audit": "/audit",
        "audit-findings": "/audit?kind=interested_only",
        "audit-conflicts": "/audit/conflicts",
        "statistics": "/statistics",
        "notifications": "/notifications",
        "mail-choices": "/notifications/choices",
        "go": "/go?find=niger",
        "duplicates": "/duplicates",
        "source-pairs": "/sources/pairs",
        "keys": "/keys",
        "tour": "/tour/3",
        "rating-scales": "/rating-scales",
        "reports": "/reports",
        "report-new": "/reports/new",
        "site-reports": "/r",
        "site-pages": "/site-pages",
        "correction-requests": "/correction-requests",
        "site-search": "/search?q=a+million+people",
        "site-corrections": "/corrections",
        "saved-filters": "/filters",
        "login": "/login",
        "login-link": "/login/a-link",
        "problem": "/nothing",
        "problem-help": "/problems/not-found",
    }


def look(window: Window, name: str) -> None:
    """Show the page at both widths, light and dark: nothing sticks out, and tools for accessibility find nothing."""
    for width in WIDTHS:
        window.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            window.page.emulate_media(color_scheme=scheme)
            window.page.reload()
            assert window.page.evaluate(OVERFLOWING) == [], (name, width)
            demand_accessible(window.page, f"{name}, {width}, {scheme}")
