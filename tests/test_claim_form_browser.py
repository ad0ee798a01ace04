"""The form of a claim on a long article: the reader's place is kept, with the mouse, the keyboard, and no scripts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Site, Window, demand_accessible
from tests.hand import Hand, can_be_seen, focused, passage
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
SIZES = {"wide": {"width": 1440, "height": 900}, "narrow": {"width": 390, "height": 844}}
FILLER = "The council met on a grey morning and talked about the state of the roads at length, as it does each year."
# What each test enters, so that no claim is like another one: the words in the article, and the claim.
STORIES = {
    "bridge": ("nine thousand people had crossed the bridge by noon", "Nine thousand walkers used the bridge."),
    "geese": ("seven hundred geese were counted above the marsh", "Geese: seven hundred over one marsh."),
    "salt": ("the salt works closed for eleven days in spring", "Salt production stood still in spring."),
    "organ": ("its organ was tuned by a blind man from Ghent", "A tuner from Ghent repaired the organ."),
    "wolves": ("two wolves slept beneath the railway arches", "Wolves spent a night under the arches."),
    "letters": ("forty letters arrived without a single stamp", "Unstamped mail reached them forty times."),
    "clocks": ("every clock in the tower ran six minutes fast", "The tower's clocks were ahead by six minutes."),
    "barley": ("the barley was sown before the thaw that year", "Sowing of barley preceded the thaw."),
    "lanterns": ("a hundred lanterns were lost in the gale at once", "The gale blew out a hundred lanterns."),
    "mills": ("three mills burned down in a single fortnight", "Fire took three mills within two weeks."),
}


def long_article(api: Api, story: str) -> Any:
    """Enter an article of 900 words and more with the words of a story in its middle."""
    filler = [f"{FILLER} {FILLER}" for _ in range(24)]
    text = "\n\n".join([*filler[:12], middle(story), *filler[12:]])
    assert len(text.split()) > 900
    return api.post("/v1/articles", {"title": story, "text": text})


def middle(story: str) -> str:
    return f"The ferrymen, quoted by a clerk, say that {STORIES[story][0]}, which nobody could check."


def read_to(page: Page, words: str) -> None:
    """Scroll as a reader does, until the words are in the middle of the window."""
    page.evaluate("top => scrollBy(0, top - innerHeight / 2)", passage(page, words)["from"][1])
    assert can_be_seen(page, words)
    assert page.evaluate("scrollY") > 500


@pytest.fixture
def api(site: Site, visit: Visit) -> Api:
    return Api(site, visit())


def opened(site: Site, visit: Visit, size: str, **options: Any) -> Window:
    window = visit(viewport=SIZES[size], **options)
    window.log_in(site.new_login())
    return window


def demand_two_steps(api: Api, article: Any, story: str) -> None:
    words, text = STORIES[story]
    claims = api.get(f"/v1/claims?article={article['id']}&sort=-created_at")["items"]
    claim = next(claim for claim in claims if claim["text"] == text)
    assert [quote["exact"] for quote in claim["quotes"]] == [words]
    chain = claim["attribution"]["chain"]
    assert [(step["source"] or {}).get("name") or step["described_as"] for step in chain] == [
        f"A clerk of {story}",
        "the ferrymen",
    ]


@pytest.mark.parametrize(
    ("story", "size", "inside"),
    [("bridge", "wide", False), ("geese", "wide", True), ("salt", "narrow", False), ("organ", "narrow", True)],
)
def test_two_steps_take_seven_presses_and_no_scrolling(
    site: Site, visit: Visit, api: Api, story: str, size: str, inside: bool
) -> None:
    """With the mouse, from the middle of a long article; also where the words are a part of a quote already."""
    article, (words, text) = long_article(api, story), STORIES[story]
    if inside:
        quotes = [{"exact": middle(story)}]
        api.post("/v1/claims", {"article_id": article["id"], "text": f"{story}!", "kind": "factual", "quotes": quotes})
    window = opened(site, visit, size)
    page, hand = window.page, Hand(window.page)
    window.open(f"/articles/{article['id']}")
    read_to(page, words)
    before = page.evaluate("scrollY")

    hand.select(words)
    assert page.evaluate("String(getSelection())") == words
    hand.press(page.get_by_role("button", name="New claim from the selection"))
    assert focused(page) == "text"
    assert can_be_seen(page, words)
    stays = page.evaluate("scrollY")
    assert stays == before or size == "narrow"  # there the words move up, above the form
    page.keyboard.type(text)
    hand.press(page.get_by_role("button", name="Add who says it"))
    assert focused(page) == "attribution.0.source"
    page.keyboard.type(f"A clerk of {story}")
    page.keyboard.press("Tab")
    page.keyboard.type("person")
    hand.press(page.get_by_role("button", name="Add another step"))
    assert focused(page) == "attribution.1.source"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("the ferrymen")
    assert can_be_seen(page, words)
    demand_accessible(page, "the form with two steps")
    hand.press(page.locator(".actions").get_by_role("button", name="Add the claim"))

    expect(page.get_by_text("The claim was added.")).to_be_visible()
    expect(page.locator(".added")).to_be_focused()
    assert can_be_seen(page, words)
    assert page.evaluate("scrollY") == stays
    assert hand.actions <= 7
    demand_two_steps(api, article, story)


@pytest.mark.parametrize(("story", "size"), [("wolves", "wide"), ("letters", "narrow")])
def test_two_steps_with_the_keyboard_alone(site: Site, visit: Visit, api: Api, story: str, size: str) -> None:
    """The words are typed, as whoever has no mouse must; they are marked in the text and stay in view."""
    article, (words, text) = long_article(api, story), STORIES[story]
    window = opened(site, visit, size)
    page = window.page
    window.open(f"/articles/{article['id']}")
    read_to(page, words)
    page.keyboard.press("n")
    assert focused(page) == "quotes.0.exact"
    page.keyboard.type(words)
    page.keyboard.press("Tab")
    assert can_be_seen(page, words)
    stays = page.evaluate("scrollY")
    page.keyboard.press("Tab")
    assert focused(page) == "text"
    page.keyboard.type(text)
    for name in ("Add who says it", "Add another step"):
        button = page.get_by_role("button", name=name)
        for _ in range(30):
            page.keyboard.press("Tab")
            if button.evaluate("each => each === document.activeElement"):
                break
        page.keyboard.press("Enter")
        if name == "Add who says it":
            assert focused(page) == "attribution.0.source"
            page.keyboard.type(f"A clerk of {story}")
            page.keyboard.press("Tab")
            page.keyboard.type("person")
    assert focused(page) == "attribution.1.source"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("the ferrymen")
    assert can_be_seen(page, words)
    assert page.evaluate("scrollY") == stays
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The claim was added.")).to_be_visible()
    demand_two_steps(api, article, story)


@pytest.mark.parametrize(("story", "size"), [("clocks", "wide"), ("barley", "narrow")])
def test_two_steps_without_scripts(site: Site, visit: Visit, api: Api, story: str, size: str) -> None:
    """The form is sent, and comes back with the new step, the cursor in it, and the passage in view."""
    article, (words, text) = long_article(api, story), STORIES[story]
    window = opened(site, visit, size, java_script_enabled=False)
    page, hand = window.page, Hand(window.page)
    window.open(f"/articles/{article['id']}")
    read_to(page, words)
    hand.press(page.get_by_text("New claim", exact=True))
    page.get_by_label("The article's own words").fill(words)
    page.get_by_label("The claim, in your words").fill(text)
    for at, name in enumerate(("Add who says it", "Add another step")):
        hand.press(page.get_by_role("button", name=name))
        expect(page.locator(f"[name='attribution.{at}.source']")).to_be_focused()
        assert can_be_seen(page, words)
        if at == 0:
            page.keyboard.type(f"A clerk of {story}")
            page.get_by_label("If it is new, create it as").select_option("person")
    page.get_by_label("Described as").nth(1).fill("the ferrymen")
    hand.press(page.locator(".actions").get_by_role("button", name="Add the claim"))
    expect(page.get_by_text("The claim was added.")).to_be_visible()
    assert can_be_seen(page, words)
    demand_two_steps(api, article, story)


def test_a_refused_form_keeps_the_place_and_what_was_typed(site: Site, visit: Visit, api: Api) -> None:
    article, (words, _) = long_article(api, "mills"), STORIES["mills"]
    window = opened(site, visit, "wide")
    page, hand = window.page, Hand(window.page)
    window.open(f"/articles/{article['id']}")
    read_to(page, words)
    stays = page.evaluate("scrollY")
    hand.select(words)
    hand.press(page.get_by_role("button", name="New claim from the selection"))
    page.get_by_role("button", name="Add who says it").click()
    page.keyboard.type("Nobody of this name")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".notice.bad")).to_be_focused()
    for label in ("The claim, in your words", "Step 1, Source"):
        expect(page.locator(".notice.bad").get_by_role("link", name=label)).to_be_visible()
    assert page.evaluate("scrollY") == stays
    assert can_be_seen(page, words)
    expect(page.locator("[name='attribution.0.source']")).to_have_value("Nobody of this name")
    expect(page.locator("[name='quotes.0.exact']")).to_have_value(words)
    demand_accessible(page, "a refused form")


def expect_steps(page: Page, *described_as: str) -> None:
    """Wait until the steps are described so, in this order, and their fields are numbered in it."""
    fields = page.locator("form[data-claim] .step [name$='.described_as']")
    expect(fields).to_have_count(len(described_as))
    for at, each in enumerate(described_as):
        expect(fields.nth(at)).to_have_value(each)
        expect(fields.nth(at)).to_have_attribute("name", f"attribution.{at}.described_as")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_steps_and_quotes_are_moved_and_removed(site: Site, visit: Visit, api: Api, scripts: bool) -> None:
    claim = api.fresh(
        f"Five said so, {scripts}.",
        attribution=[{"described_as": each, "directness": "direct", "interested": each == "two"}
                     for each in ("one", "two", "three")],
    )  # fmt: skip
    window = opened(site, visit, "wide", java_script_enabled=scripts)
    page = window.page
    window.open(f"/claims/{claim['id']}/edit")

    def do(label: str, at: int) -> None:
        page.locator(".step").nth(at).get_by_role("button", name=label).click()

    expect_steps(page, "one", "two", "three")
    do("Move this step up", 1)
    expect_steps(page, "two", "one", "three")
    expect(page.locator("[name='attribution.0.source']")).to_be_focused()
    do("Move this step down", 1)
    expect_steps(page, "two", "three", "one")
    do("Remove this step", 1)
    expect_steps(page, "two", "one")
    expect(page.locator("[name='attribution.1.source']")).to_be_focused()
    expect(page.locator(".step legend")).to_have_text(["Step 1", "Step 2"])
    page.get_by_role("button", name="Add another step").click()
    page.locator("[name='attribution.2.described_as']").fill("four")
    page.get_by_role("button", name="Add a quote").click()
    expect(page.locator("[name='quotes.1.exact']")).to_be_focused()
    page.keyboard.type("Nobody else said so.")
    page.get_by_role("button", name="Add a quote").click()
    expect(page.locator("[name='quotes.2.exact']")).to_be_focused()
    page.keyboard.type("Nobody else")
    page.get_by_role("button", name="Remove this quote").first.click()
    expect(page.locator("[name='quotes.1.exact']")).to_have_value("Nobody else")
    expect(page.locator("[name='quotes.1.exact']")).to_be_focused()
    page.locator(".actions").get_by_role("button", name="Save").click()
    expect(page.get_by_text("The claim was saved.")).to_be_visible()
    after = api.get(f"/v1/claims/{claim['id']}")
    chain = after["attribution"]["chain"]
    assert [(step["described_as"], step["interested"]) for step in chain] == [
        ("two", True), ("one", False), ("four", None)
    ]  # fmt: skip
    assert [quote["exact"] for quote in after["quotes"]] == [claim["text"], "Nobody else"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_the_kind_quantity_opens_its_fields(site: Site, visit: Visit, api: Api, scripts: bool) -> None:
    text = "Some 1500 boats came." if scripts else "Of the 1500 boats built at Orin, none sails today."
    article = api.post("/v1/articles", {"title": text, "text": text})
    window = opened(site, visit, "narrow", java_script_enabled=scripts)
    page = window.page
    window.open(f"/articles/{article['id']}")
    page.get_by_text("New claim", exact=True).click()
    least = page.get_by_label("At least")
    expect(least).to_be_hidden()
    page.get_by_label("Kind", exact=True).select_option("quantity")
    expect(least).to_be_visible()
    page.get_by_label("The article's own words").fill("1500 boats")
    page.get_by_label("The claim, in your words").fill(text)
    send = page.locator(".actions").get_by_role("button", name="Add the claim")
    send.click()
    told = page.locator(".notice.bad").filter(has_text="Fill in “At least”, “At most” or “Wording”")
    expect(told).to_be_visible()
    expect(told.get_by_role("link", name="Quantity")).to_have_attribute("href", "#claim-quantity")
    least.fill("many")
    send.click()
    expect(page.locator(".notice.bad")).to_contain_text("At least: Write a number in figures")
    least.fill("1500")
    page.get_by_label("Kind", exact=True).select_option("factual")
    expect(least).to_be_visible()  # what stands in it would be sent
    page.get_by_label("Kind", exact=True).select_option("quantity")
    send.click()
    expect(page.get_by_text("The claim was added.")).to_be_visible()
    quantity = api.get(f"/v1/claims?article={article['id']}")["items"][0]["quantity"]
    assert (quantity["low"], quantity["high"]) == (1500, None)


def test_a_click_on_a_quote_shows_its_claim_and_selecting_in_it_leaves_the_page(
    site: Site, visit: Visit, api: Api
) -> None:
    """Words inside a quote are selected like all others; a link in front of it leads to the claim."""
    claim = api.fresh("Seven geese flew over the tower.")
    window = opened(site, visit, "wide")
    page = window.page
    window.open(f"/articles/{claim['article']['id']}")
    address = page.url
    quote = page.locator("mark.quote")
    quote.dblclick(position={"x": 20, "y": 10})
    expect(page.get_by_role("button", name="New claim from the selection")).to_be_visible()
    assert re.fullmatch(r"\w+", page.evaluate("String(getSelection()).trim()"))
    assert page.url == address
    link = page.get_by_role("link", name="Claim 1: Seven geese flew over the tower.")
    link.focus()
    expect(quote).to_have_class(re.compile("shown"))
    link.press("Enter")
    page.wait_for_url(f"**#c-{claim['id']}")
    assert page.locator("#text").inner_text() == "Seven geese flew over the tower. Nobody else said so."
