"""The review desk as analysts use it: with keys, with the mouse, without scripts, and against each other."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import OVERFLOWING, PHONE, WIDTHS, Site, Window, demand_accessible, pages

pytestmark = pytest.mark.browser
RALLY = "niger-2023-11-06/C15"
REASON = "The stadium holds 30,000; nobody counted those outside."
Visit = Callable[..., Window]


class Api:
    """The API as the first person: to set scenes, and to look at what pages did."""

    def __init__(self, site: Site, window: Window) -> None:
        token = site.run("people", "token", "Analyst").strip()
        self.request = window.context.request
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> Any:
        return self.request.get(path, headers=self.headers).json()

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        headers = {**self.headers, "If-Match": "*", "Prefer": "handling=lenient"}  # the same article again is fine
        answer = self.request.post(path, data=body, headers=headers)
        assert answer.status == status, answer.text()
        return answer.json()

    def claim(self, external_id: str) -> Any:
        return self.get(f"/v1/claims?external_id={external_id}")["items"][0]

    def fresh(self, text: str, **fields: Any) -> Any:
        """Enter a claim of a new article that says just this."""
        article = self.post("/v1/articles", {"title": text, "text": f"{text} Nobody else said so."})
        quotes = [{"exact": text}]
        return self.post(
            "/v1/claims", {"article_id": article["id"], "text": text, "kind": "factual", "quotes": quotes, **fields}
        )


@pytest.fixture
def window(site: Site, visit: Visit) -> Window:
    opened = visit(viewport={"width": 1280, "height": 900})
    opened.log_in(site.new_login())
    return opened


@pytest.fixture
def api(site: Site, window: Window) -> Api:
    return Api(site, window)


def test_the_rally_is_disputed_with_a_dozen_keys(window: Window, api: Api) -> None:
    """From the queue, with the keyboard alone, with reason and evidence, of whose page the desk gets no copy."""
    rally = api.claim(RALLY)
    if rally["status"] == "disputed":
        api.post(f"/v1/claims/{rally['id']}/reviews", {"status": "in_review", "reason": "Looked at once more."})
    page, presses = window.page, 0

    def press(keys: str) -> None:
        nonlocal presses
        presses += len(keys.split("+"))
        page.keyboard.press(keys)

    window.open("/")
    press("/")
    page.keyboard.type("million niamey")
    press("Enter")
    expect(page.get_by_role("heading", name="Claims", exact=True)).to_be_visible()
    press("j")
    press("d")
    expect(page.get_by_role("textbox", name="Reason").first).to_be_focused()
    page.keyboard.type(REASON)
    press("Tab")
    press("Tab")
    press("Tab")
    page.keyboard.type("https://example.org/stadium")
    press("Tab")
    page.keyboard.type("How many the stadium holds")
    press("Control+Enter")
    expect(page.get_by_label("Keep a copy of the page").first).not_to_be_checked()
    press("Control+Enter")
    expect(page.get_by_text("You marked it disputed.")).to_be_visible()
    assert presses <= 12

    after = api.claim(RALLY)
    assert (after["status"], after["reason"]) == ("disputed", REASON)
    assert (after["evidence"][-1]["title"], after["evidence"][-1]["stance"]) == (
        "How many the stadium holds",
        "context",
    )


def test_selected_words_become_a_quote_in_code_points(window: Window, api: Api) -> None:
    """With emoji, combining marks and a line break of two characters before them."""
    before = "👩‍🚀😀 Caf\u0065\u0301 says:\r\n"
    words = "nine thousand 🎈 people came"
    article = api.post("/v1/articles", {"title": "A count", "text": f"{before}{words}, it was said."})
    page = window.page
    window.open(f"/articles/{article['id']}")
    drag(page, words)
    page.get_by_role("button", name="New claim from the selection").click()
    expect(page.get_by_label("The article's own words")).to_have_value(words)
    page.keyboard.type("Nine thousand people came.")
    page.get_by_role("button", name="Add who says it").click()
    page.get_by_label("Source", exact=True).fill("A witness of the balloon")
    page.get_by_label("If it is new, create it as").select_option("person")
    page.get_by_label("Source", exact=True).press("Control+Enter")
    expect(page.get_by_text("The claim was added.")).to_be_visible()
    assert page.url.startswith(f"{window.site.address}/articles/{article['id']}")

    claim = api.get(f"/v1/claims?article={article['id']}")["items"][0]
    quote = claim["quotes"][0]
    assert (quote["exact"], quote["start"], quote["end"]) == (words, len(before), len(before) + len(words))
    assert claim["attribution"]["origin"]["name"] == "A witness of the balloon"
    card = page.locator(".card").first
    card.get_by_role("link", name="Nine thousand").focus()
    expect(page.locator(".quote").first).to_have_class(re.compile("shown"))
    expect(page.locator("#text")).to_have_text(re.compile("it was said"))


def drag(page: Page, words: str) -> None:
    """Select words in the article with the mouse."""
    box = page.evaluate(
        """words => {
            const walk = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const at = walk.currentNode.data.indexOf(words);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walk.currentNode, at);
                range.setEnd(walk.currentNode, at + words.length);
                const { left, right, top, bottom } = range.getBoundingClientRect();
                return { left, right, middle: (top + bottom) / 2 };
            }
        }""",
        words,
    )
    page.mouse.move(box["left"] + 1, box["middle"])
    page.mouse.down()
    page.mouse.move(box["right"] - 20, box["middle"], steps=4)
    page.mouse.move(box["right"], box["middle"], steps=4)
    page.mouse.up()


def test_a_second_selection_becomes_a_second_quote(window: Window, api: Api) -> None:
    article = api.post("/v1/articles", {"title": "Parted", "text": "“We came,” said X, “and we left,” at noon."})
    page = window.page
    window.open(f"/articles/{article['id']}")
    drag(page, "We came")
    page.get_by_role("button", name="New claim from the selection").click()
    drag(page, "and we left")
    page.get_by_role("button", name="Add the selection as a quote").click()
    expect(page.get_by_label("The article's own words (2)")).to_have_value("and we left")
    page.get_by_label("The claim, in your words").fill("They came and left.")
    page.get_by_label("The claim, in your words").press("Control+Enter")
    expect(page.get_by_text("The claim was added.")).to_be_visible()
    claim = api.get(f"/v1/claims?article={article['id']}")["items"][0]
    assert [quote["exact"] for quote in claim["quotes"]] == ["We came", "and we left"]


def test_who_loses_a_race_loses_nothing(site: Site, window: Window, api: Api, visit: Visit) -> None:
    claim = api.fresh("A bridge of glass was opened.")
    other = visit()
    other.log_in(site.new_login())
    for each in (window, other):
        each.open(f"/claims/{claim['id']}?decide=unverifiable")
    other.page.get_by_role("textbox", name="Reason").first.fill("Nobody has seen this bridge of glass.")
    other.page.keyboard.press("Control+Enter")
    expect(other.page.get_by_text("You marked it unverifiable.")).to_be_visible()

    page = window.page
    page.get_by_role("textbox", name="Reason").first.fill(REASON)
    page.get_by_label("Title").first.fill("A photograph of it")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Somebody was faster")).to_be_visible()
    expect(page.locator(".conflict")).to_contain_text("Nobody has seen this bridge of glass.")
    expect(page.get_by_role("textbox", name="Reason").first).to_have_value(REASON)
    expect(page.get_by_label("Title").first).to_have_value("A photograph of it")
    assert api.get(f"/v1/claims/{claim['id']}")["reason"] == "Nobody has seen this bridge of glass."

    page.locator("input[name=status][value=disputed]").first.check()
    page.get_by_role("button", name="Decide", exact=True).first.click()
    expect(page.get_by_text("You marked it disputed.")).to_be_visible()
    after = api.get(f"/v1/claims/{claim['id']}")
    assert (after["status"], after["reason"]) == ("disputed", REASON)


def test_the_same_decision_without_scripts(site: Site, visit: Visit, api: Api) -> None:
    claim = api.fresh("A tower was painted blue.")
    window = visit(java_script_enabled=False, viewport=PHONE)
    window.log_in(site.new_login())
    page = window.page
    window.open("/?q=tower+painted")
    page.get_by_role("link", name="A tower was painted blue.").first.click()
    form = page.locator("form[data-deciding]").first
    form.locator("input[value=disputed]").check()
    form.get_by_role("textbox", name="Reason").fill("Two people see two colours.")
    form.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("This verdict needs active evidence of any stance.").first).to_be_visible()
    expect(form.get_by_role("textbox", name="Reason")).to_have_value("Two people see two colours.")
    form.get_by_label("Title").fill("A photograph")
    form.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("You marked it disputed.")).to_be_visible()
    after = api.get(f"/v1/claims/{claim['id']}")
    assert (after["status"], after["evidence"][0]["title"]) == ("disputed", "A photograph")


def test_what_was_checked_before_is_said_while_one_types(visit: Visit, site: Site, window: Window, api: Api) -> None:
    before = api.fresh("A comet was seen above the lighthouse of Orin.")
    article = api.post("/v1/articles", {"title": "Comets", "text": "Above Orin's lighthouse, a comet was seen."})
    said = "Above the lighthouse of Orin a comet was seen."
    page = window.page
    window.open(f"/articles/{article['id']}")
    page.get_by_text("New claim", exact=True).click()
    page.get_by_label("The claim, in your words").press_sequentially(said)
    notice = page.locator("#similar")
    expect(notice.get_by_text("Similar claims already on this desk:")).to_be_visible()
    expect(notice.get_by_role("link", name=before["text"])).to_have_attribute("href", f"/claims/{before['id']}")
    expect(page.get_by_label("The claim, in your words")).to_have_value(said)
    demand_accessible(page, "the notice")
    page.get_by_label("The claim, in your words").fill("It rained.")
    expect(notice).to_be_empty()

    plain = visit(java_script_enabled=False)
    plain.log_in(site.new_login())
    page = plain.page
    plain.open(f"/articles/{article['id']}")
    page.get_by_text("New claim", exact=True).click()
    page.get_by_label("The article's own words").fill("a comet was seen")
    page.get_by_label("The claim, in your words").fill(said)
    page.get_by_role("button", name="Add the claim").last.click()
    expect(page.get_by_role("link", name=before["text"])).to_be_visible()
    page.get_by_role("button", name="Add it anyway").click()
    expect(page.get_by_text("The claim was added.")).to_be_visible()


def test_a_claim_is_entered_without_scripts(site: Site, visit: Visit, api: Api) -> None:
    """With two hops asked for one by one, and a quote that has two places."""
    article = api.post("/v1/articles", {"title": "Echo", "text": "It rained. The mayor said: It rained."})
    window = visit(java_script_enabled=False)
    window.log_in(site.new_login())
    page = window.page
    window.open(f"/articles/{article['id']}")
    page.get_by_text("New claim", exact=True).click()
    page.get_by_label("The article's own words").fill("It rained")
    page.get_by_label("The claim, in your words").fill("It rained that day.")
    page.get_by_role("button", name="Add who says it").click()
    page.get_by_label("Source", exact=True).fill("Mayor of Echo")
    page.get_by_role("button", name="Add another step").click()
    page.get_by_label("Described as").nth(1).fill("a clerk")
    page.get_by_role("button", name="Add the claim").last.click()
    expect(page.locator(".flaw").get_by_text("No source has the name “Mayor of Echo”")).to_be_visible()
    page.get_by_label("If it is new, create it as").first.select_option("person")
    page.get_by_role("button", name="Add the claim").last.click()
    expect(page.get_by_role("radio", name="It rained")).to_have_count(2)
    page.locator("input[type=radio][value='27']").check()
    page.get_by_role("button", name="Add the claim").last.click()
    expect(page.get_by_text("The claim was added.")).to_be_visible()
    claim = api.get(f"/v1/claims?article={article['id']}")["items"][0]
    assert claim["quotes"][0]["start"] == 27
    chain = claim["attribution"]["chain"]
    assert [hop["source"] and hop["source"]["name"] for hop in chain] == ["Mayor of Echo", None]
    assert chain[1]["described_as"] == "a clerk"


def test_a_decision_is_taken_back_within_ten_seconds(window: Window, api: Api) -> None:
    claim = api.fresh("A river ran backwards.")
    page = window.page
    window.open(f"/claims/{claim['id']}")
    page.keyboard.press("u")
    page.keyboard.type("There is nobody left to ask about it.")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The decision was undone.")).to_be_visible()
    actions = [(item["before"], item["status"]) for item in api.get(f"/v1/claims/{claim['id']}/reviews")["items"]]
    assert actions == [("unverified", "unverifiable"), ("unverifiable", "unverified")]

    page.keyboard.press("u")
    page.keyboard.type("There is nobody left to ask about it.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    put_forward = "milliseconds => document.getAnimations().forEach(each => each.currentTime = milliseconds)"
    page.evaluate(put_forward, 9_000)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.evaluate(put_forward, 10_000)
    expect(page.get_by_role("button", name="Undo")).to_be_hidden(timeout=1_000)


def test_two_people_do_not_take_the_same(site: Site, window: Window, api: Api, visit: Visit) -> None:
    claim = api.fresh("A market was moved at night.")
    other = visit()
    other.log_in(site.new_login())
    for each in (window, other):
        each.open("/?q=market+moved")
    window.page.keyboard.press("j")
    window.page.keyboard.press("i")
    expect(window.page.get_by_role("button", name="Release")).to_be_visible()
    assert api.get(f"/v1/claims/{claim['id']}")["status"] == "in_review"

    row = other.page.locator(f"#claim-{claim['id']}")
    expect(row).not_to_contain_text("in review")
    other.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # looks at once instead of soon
    expect(row).to_contain_text("in review")
    expect(row).to_contain_text("by Analyst")

    other.page.get_by_role("button", name="Release").click()
    expect(other.page.get_by_role("button", name="Assign to me")).to_be_visible()
    window.page.get_by_role("button", name="Release").click()  # too late: somebody else did
    expect(window.page.get_by_role("heading", name="Somebody was faster")).to_be_visible()


def test_the_keys(window: Window) -> None:
    page = window.page
    window.open("/?need=checkable")
    rows = page.locator("li[data-row]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1).get_by_role("link").first).to_be_focused()
    page.keyboard.press("k")
    expect(rows.nth(0).get_by_role("link").first).to_be_focused()
    there = rows.nth(0).get_attribute("data-row")
    page.keyboard.press("o")
    page.wait_for_url(f"**{there}")
    page.keyboard.press("e")
    expect(page.locator("select[name='evidence.0.stance']").first).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("v")
    expect(page.get_by_role("textbox", name="Reason").first).to_be_focused()
    expect(page.locator("input[value=verified]").first).to_be_checked()
    expect(page.locator("[data-lacking]").first).to_contain_text("a reason of at least 10 characters")
    expect(page.locator("[data-lacking]").first).to_contain_text("active evidence that supports the claim")
    page.keyboard.type("vdrujk are letters here")
    expect(page.get_by_role("textbox", name="Reason").first).to_have_value("vdrujk are letters here")
    page.get_by_label("Title").first.fill("Something")
    expect(page.locator("[data-lacking]").first).to_have_text("")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("**/")


def test_single_keys_can_be_switched_off(window: Window) -> None:
    page = window.page
    page.keyboard.press("?")
    page.get_by_role("switch", name="Use shortcuts of a single key").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).not_to_be_focused()
    page.keyboard.press("?")
    page.get_by_role("switch", name="Use shortcuts of a single key").check()


def test_after_logging_out_the_old_cookie_is_dead(window: Window, api: Api) -> None:
    claim = api.fresh("A clock was stopped.")
    cookies = window.context.cookies()
    window.open(f"/claims/{claim['id']}")
    token = window.page.locator("[name=csrf_token]").first.get_attribute("value")
    window.page.get_by_role("button", name="Log out").click()
    expect(window.page.get_by_text("You are not logged in.")).to_be_visible()
    window.context.add_cookies(cookies)
    window.open(f"/claims/{claim['id']}")
    expect(window.page.get_by_text("You are not logged in.")).to_be_visible()
    expect(window.page.locator("form[data-deciding]")).to_have_count(0)
    answer = window.context.request.post(
        f"/claims/{claim['id']}/reviews",
        form={"csrf_token": token or "", "key": "12345678", "status": "in_review", "version": "*"},
        headers={"Accept": "text/html"},
    )
    assert answer.status == 401


def test_a_page_follows_the_one_before_without_jumping(window: Window) -> None:
    page = window.page
    window.open("/?sort=created_at&limit=10")
    first = page.locator("li[data-row]").first.get_attribute("id")
    page.get_by_role("button", name="More").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    page.get_by_role("button", name="More").click()
    expect(page.locator("#rows > li[data-row]")).to_have_count(20)
    assert page.locator("li[data-row]").first.get_attribute("id") == first
    assert page.evaluate("scrollY") == before
    ids = [row.get_attribute("id") for row in page.locator("li[data-row]").all()]
    assert len(set(ids)) == 20


def test_a_source_is_completed_while_it_is_typed(window: Window, api: Api) -> None:
    article = api.post("/v1/articles", {"title": "Completion", "text": "ECOWAS said so."})
    page = window.page
    window.open(f"/articles/{article['id']}")
    page.get_by_text("New claim", exact=True).click()
    page.get_by_role("button", name="Add who says it").click()
    page.get_by_label("Source", exact=True).press_sequentially("economic comm")
    expect(page.locator("datalist option[value='ECOWAS']")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(site: Site, visit: Visit, scheme: str) -> None:
    window = visit(color_scheme=scheme)
    window.log_in(site.new_login())
    for path in pages(window).values():
        window.open(path)
        demand_accessible(window.page, path)
    window.page.keyboard.press("?")
    demand_accessible(window.page, "the help")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_fits(site: Site, visit: Visit, width: int) -> None:
    window = visit(viewport={"width": width, "height": 800}, has_touch=width < 500, is_mobile=width < 500)
    window.log_in(site.new_login())
    for path in pages(window).values():
        window.open(path)
        found = window.page.evaluate("document.documentElement.scrollWidth")
        assert found <= width, (path, found, window.page.evaluate(OVERFLOWING))
