"""The way in, the documentation and the pages of errors, in a real browser against a real server."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browsing import OVERFLOWING, PHONE, Site, Window, demand_accessible

pytestmark = pytest.mark.browser


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
        other.page.get_by_text("This login link was already used or has expired. Ask for a new one.")
    ).to_be_visible()
    other.page.get_by_role("link", name="Go to the queue").click()
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


def test_the_page_of_a_decided_claim_carries_its_review_as_data(site: Site, visit: Callable[..., Window]) -> None:
    """The browser keeps it and does not run it, and the page's policy has nothing against it."""
    window = visit()
    claim = window.context.request.get("/v1/claims?status=disputed").json()["items"][0]
    window.open(f"/claims/{claim['id']}")
    block = window.page.locator('script[type="application/ld+json"]')
    review = json.loads(block.text_content() or "")
    assert review == window.context.request.get(f"/v1/claims/{claim['id']}/claimreview").json()
    assert review["claimReviewed"] == claim["text"]
    demand_accessible(window.page, "a decided claim")
    undecided = window.context.request.get("/v1/claims?status=unverified").json()["items"][0]
    window.open(f"/claims/{undecided['id']}")
    expect(window.page.locator('script[type="application/ld+json"]')).to_have_count(0)


def test_every_link_of_the_first_page_leads_somewhere(site: Site, visit: Callable[..., Window]) -> None:
    window = visit()
    window.log_in(site.new_login())
    paths = {link.get_attribute("href") for link in window.page.get_by_role("link").all()}
    assert {"/docs", "/articles", "/sources", "/keys", "/log/checkpoint"} <= paths
    for path in sorted(filter(None, paths)):
        assert window.context.request.get(path).ok, path


def test_the_documentation_renders_and_tries_out_without_leaving_the_server(visit: Callable[..., Window]) -> None:
    """The fixture demands that there was no violation of the CSP, no error and no request elsewhere."""
    window = visit()
    assert window.open("/docs").headers["content-security-policy"].startswith("default-src 'self'")
    document = window.context.request.get("/openapi.json").json()
    items = document["paths"].values()
    operations = [item[method] for item in items for method in item if method != "parameters"]
    tags = Counter(tag for operation in operations for tag in operation["tags"])
    assert len(tags) > 20
    groups = window.page.locator(".opblock-tag-section")
    expect(groups).to_have_count(len(tags))
    for tag, number in tags.items():
        group = window.page.locator(".opblock-tag-section", has=window.page.locator(f"#operations-tag-{tag}"))
        group.locator(".opblock-tag").click()
        expect(group.locator(".opblock")).to_have_count(number)
        if tag != "claims":
            group.locator(".opblock-tag").click()

    reading = window.page.locator("#operations-claims-get_claims")
    reading.get_by_role("button", name="/v1/claims").first.click()
    expect(reading.get_by_text("A source in any attribution step.")).to_be_visible()
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
    expect(window.page.get_by_role("heading", name="The resource does not exist")).to_be_visible()
    request_id = shown.headers["x-request-id"]
    expect(window.page.get_by_text(request_id)).to_be_visible()
    window.page.get_by_role("link", name="About this error").click()
    expect(window.page.get_by_role("heading", name="The resource does not exist")).to_be_visible()

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
            window.page.locator("#operations-tag-claims").click()
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
        demand_accessible(window.page, path)
    window.log_in(site.new_login())
    demand_accessible(window.page, "/, logged in")
    background = window.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    light = sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(","))) > 3 * 128
    assert light == (scheme == "light"), background  # the scheme was used at all


def _is_problem(answer: Any, status: int, kind: str) -> None:
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, kind)
