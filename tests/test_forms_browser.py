"""Forms as people fill them in: new outlets, namesakes, related claims, corrected reasons, unsent work, times."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browsing import Site, Window, demand_accessible
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# What no page shows to people: pointers, ids, names of fields, types of JSON.
CODE = re.compile(r"UUID|/[a-z_]+/[0-9]|\b[a-z]+_(id|at|on|by|kind|review)\b|\bnull\b|JSON|[0-9a-f]{8}-[0-9a-f]{4}-")


@pytest.fixture
def api(site: Site, visit: Visit) -> Api:
    return Api(site, visit())


def opened(site: Site, visit: Visit, *, scripts: bool = True, narrow: bool = False, **options: Any) -> Window:
    window = visit(viewport=NARROW if narrow else WIDE, java_script_enabled=scripts, **options)
    window.log_in(site.new_login())
    return window


def demand_plain_words(page: Page) -> None:
    """Demand that what is wrong is told without code words; the number of a request is not looked at."""
    for told in page.locator(".notice, .flaw, main > section > p, main > section li").all_inner_texts():
        assert not CODE.search(told), told


@SCRIPTS
@pytest.mark.parametrize("narrow", [False, True], ids=["1440", "390"])
def test_an_outlet_that_is_not_there_is_made_on_the_spot(
    site: Site, visit: Visit, api: Api, scripts: bool, narrow: bool
) -> None:
    window = opened(site, visit, scripts=scripts, narrow=narrow)
    name = f"The {'Scripted' if scripts else 'Plain'} Orin {'Phone' if narrow else 'Courier'}"
    page = window.page
    window.open("/articles/new")
    page.get_by_label("Title").fill("A storm")
    page.locator("#article-text").fill(f"There was a storm, says {name}.")
    page.get_by_label("Outlet").fill(name)
    page.get_by_role("button", name="Add the article").click()
    expect(page.locator(".flaw")).to_have_text(f"No source has the name “{name}”. To create it, choose what it is.")
    expect(page.locator(".notice.bad").get_by_role("link", name="Outlet")).to_be_visible()
    demand_plain_words(page)
    if scripts:
        demand_accessible(page, "an outlet that is not there")
    expect(page.get_by_label("Create it as")).to_have_value("outlet")
    page.get_by_role("button", name="Add the article").click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    found = api.get(f"/v1/sources?q=%22{name}%22")["items"]
    assert [(source["name"], source["kind"]) for source in found] == [(name, "outlet")]


def namesakes(api: Api) -> tuple[Any, Any]:
    """Enter two people of one name, once, and a claim of the first."""
    found = api.get("/v1/sources?q=%22Amina%20Orin%22&limit=10")["items"]
    if not found:
        for description in ("Mayor of the northern district", "Harbour pilot"):
            api.post("/v1/sources", {"name": "Amina Orin", "kind": "person", "description": description})
        found = api.get("/v1/sources?q=%22Amina%20Orin%22&limit=10")["items"]
        mayor = next(each for each in found if each["description"].startswith("Mayor"))
        chain = [{"source_id": mayor["id"], "directness": "direct"}]
        api.fresh("The northern district has no debts.", attribution=chain)
    pilot, mayor = sorted(found, key=lambda each: each["description"])
    return mayor, pilot


@SCRIPTS
def test_two_people_of_one_name_are_told_apart(site: Site, visit: Visit, api: Api, scripts: bool) -> None:
    """While a name is typed, in the choice that the form offers, and in the list of sources."""
    mayor, pilot = namesakes(api)
    said = "Two tugs ran aground." if scripts else "A lightship was towed away at dusk."
    article = api.post("/v1/articles", {"title": said, "text": said})
    window = opened(site, visit, scripts=scripts)
    page = window.page
    window.open(f"/articles/{article['id']}")
    page.get_by_text("New claim", exact=True).click()
    page.get_by_label("The article's own words").fill(said)
    page.get_by_label("The claim, in your words").fill(said)
    page.get_by_role("button", name="Add who says it").click()
    source = page.get_by_label("Source", exact=True)
    send = page.locator(".actions").get_by_role("button", name="Add the claim")
    if scripts:
        source.press_sequentially("amina orin")
        options = page.locator("#claim-attribution-0-source-options option")
        expect(options).to_have_count(2)
        values = {option.get_attribute("value"): option.text_content() or "" for option in options.all()}
        assert set(values) == {
            "Amina Orin (person; Mayor of the northern district)", "Amina Orin (person; Harbour pilot)"
        }  # fmt: skip
        told = values["Amina Orin (person; Mayor of the northern district)"]
        assert "latest claim: “The northern district has no debts.”" in told
        source.fill("Amina Orin (person; Harbour pilot)")
    else:
        source.fill("Amina Orin")
        send.click()
        expect(page.locator(".flaw")).to_have_text("Several sources have this name. Choose the one that you mean.")
        choice = page.get_by_role("radio", name="Harbour pilot")
        expect(page.get_by_role("radio", name=re.compile("latest claim: “The northern district"))).to_be_visible()
        expect(page.get_by_role("radio", name="None of these: create a new source with this name")).to_be_visible()
        demand_plain_words(page)
        choice.check()
    send.click()
    expect(page.get_by_text("The claim was added.")).to_be_visible()
    claim = api.get(f"/v1/claims?article={article['id']}")["items"][0]
    assert claim["attribution"]["origin"]["id"] == pilot["id"]

    window.open("/sources?q=%22amina+orin%22")
    rows = page.locator("li[data-row]")
    expect(rows.filter(has_text="Mayor of the northern district")).to_contain_text("The northern district has no debts")
    expect(rows.filter(has_text="Harbour pilot")).to_have_count(1)
    assert mayor["id"] != pilot["id"]


def test_names_that_come_after_their_form_is_gone_are_dropped(site: Site, visit: Visit) -> None:
    """The form is sent while its names are still on their way: what comes then has no place on the next page."""
    window = opened(site, visit, scripts=True)
    page = window.page
    window.open("/articles/new")
    late: list[Route] = []
    page.route("**/sources/names?*", lambda route: late.append(route))
    with page.expect_request("**/sources/names?*"):
        page.get_by_label("Outlet").fill("EFE")
    page.get_by_label("Title").fill("Late names")
    page.locator("#article-text").fill("Names came late.")
    page.get_by_role("button", name="Add the article").click()
    expect(page.locator("#article-outlet")).to_have_count(0)
    with page.expect_response("**/sources/names?*"):
        for route in late:
            route.continue_()
    expect(page.locator(".htmx-request")).to_have_count(0)


@SCRIPTS
@pytest.mark.parametrize("narrow", [False, True], ids=["1440", "390"])
def test_the_other_claim_of_a_relation_is_searched_for(
    site: Site, visit: Visit, api: Api, scripts: bool, narrow: bool
) -> None:
    mark = f"{scripts}{narrow}".lower()
    claim = api.fresh(f"The lighthouse of {mark} was dark all night.")
    other = api.fresh(f"The lighthouse of {mark} shone until dawn.")
    window = opened(site, visit, scripts=scripts, narrow=narrow)
    page = window.page
    window.open(f"/claims/{claim['id']}")
    page.get_by_text("Relate it to another claim").click()
    search = page.get_by_label("Search for the other claim")
    page.get_by_label("This claim").select_option("contradicts")
    page.get_by_label("Note").last.fill("It cannot have been both.")
    if scripts:
        search.press_sequentially(f"lighthouse {mark} sho")
    else:
        search.fill(f"lighthouse {mark} sho")
        page.get_by_role("button", name="Search", exact=True).click()
        expect(search).to_be_focused()
        expect(search).to_be_in_viewport()
    found = page.locator(".found-claims").get_by_role("radio", name=other["text"])
    expect(found).to_be_visible()
    expect(page.locator(".found-claims").get_by_role("radio")).to_have_count(1)
    found.check()
    page.get_by_role("button", name="Relate", exact=True).click()
    expect(page.get_by_text("The relation was added.")).to_be_visible()
    related = api.get(f"/v1/claims/{claim['id']}/relations")["items"][0]
    assert (related["claim_id"], related["kind"], related["note"]) == (
        other["id"], "contradicts", "It cannot have been both."
    )  # fmt: skip


def test_a_relation_finds_by_a_url_or_a_sentence_and_says_when_nothing_is_chosen(
    site: Site, visit: Visit, api: Api
) -> None:
    claim, other = api.fresh("A kite was flown over the square."), api.fresh("The square was closed to all kites.")
    window = opened(site, visit)
    page = window.page
    window.open(f"/claims/{claim['id']}")
    page.get_by_text("Relate it to another claim").click()
    search, found = page.get_by_label("Search for the other claim"), page.locator(".found-claims")
    relate = page.get_by_role("button", name="Relate", exact=True)
    expect(found).to_contain_text("No other claims from this article.")
    relate.click()
    expect(page.locator(".flaw")).to_have_text("Search for the claim, then choose it from the list.")
    demand_plain_words(page)
    search.fill("Kites were not allowed: the square was closed to all kites of any kind")
    expect(found.get_by_role("radio", name=other["text"])).to_be_visible()
    search.fill("xylophone")
    expect(found).to_contain_text("No matching claims.")
    search.fill(f"{window.site.address}/claims/{other['id']}?said=x#history")
    expect(found.get_by_role("radio", name=other["text"])).to_be_checked()
    expect(found.get_by_role("radio")).to_have_count(1)
    demand_accessible(page, "the claims that were found")
    relate.click()
    expect(page.get_by_text("The relation was added.")).to_be_visible()
    assert [each["claim_id"] for each in api.get(f"/v1/claims/{claim['id']}/relations")["items"]] == [other["id"]]


@SCRIPTS
@pytest.mark.parametrize("question", ["content", "attribution"])
def test_a_wrong_reason_is_corrected_on_the_page(
    site: Site, visit: Visit, api: Api, scripts: bool, question: str
) -> None:
    claim = api.fresh(f"A well ran dry, {scripts} {question}.")
    days = {"review_by": "2031-02-03"} if question == "content" else {}
    decision = {"question": question, "status": "unverifiable", "reason": "Nobody is left to ask about it."}
    api.post(f"/v1/claims/{claim['id']}/reviews", {**decision, **days})
    window = opened(site, visit, scripts=scripts)
    page = window.page
    window.open(f"/claims/{claim['id']}")
    page.get_by_role("link", name="Correct the reason").click()
    form = page.locator("form[data-deciding]").nth(0 if question == "content" else 1)
    reason = form.get_by_role("textbox", name="Reason")
    expect(reason).to_be_focused()
    expect(reason).to_have_value("Nobody is left to ask about it.")
    expect(form.locator("input[value=unverifiable]")).to_be_checked()
    form.get_by_role("button", name="Decide").click()
    expect(page.locator(".notice.bad")).to_contain_text("The verdict is already unverifiable, with this reason.")
    reason.fill("The last person who could be asked has died.")
    form.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("You marked it unverifiable.")).to_be_visible()
    after = api.get(f"/v1/claims/{claim['id']}")
    shown = after if question == "content" else after["attribution"]
    assert (shown["status"], shown["reason"]) == ("unverifiable", "The last person who could be asked has died.")
    assert after["review_by"] == days.get("review_by")
    expect(page.locator(".timeline li").first).to_contain_text("with another reason")


def test_a_first_verdict_is_undone_without_scripts(site: Site, visit: Visit, api: Api) -> None:
    claim = api.fresh("A bell rang by itself.")
    window = opened(site, visit, scripts=False, narrow=True)
    page = window.page
    window.open(f"/claims/{claim['id']}")
    form = page.locator("form[data-deciding]").first
    form.locator("input[value=unverifiable]").check()
    form.get_by_role("textbox", name="Reason").fill("There was no witness of it.")
    form.get_by_role("button", name="Decide").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The decision was undone. The log has both entries.")).to_be_visible()
    after = api.get(f"/v1/claims/{claim['id']}")
    assert (after["status"], after["reason"], after["reviewed_by"]) == ("unverified", None, None)
    expect(page.locator("#content-title")).to_contain_text("unverified")
    expect(page.locator(".timeline li").first).to_contain_text("undid the decision")
    for told in page.locator(".timeline li").all_inner_texts():
        assert not CODE.search(told), told


# ── Work that was not sent ────────────────────────────────────────────────────────────────────────────────────────


def test_typed_work_is_not_left_without_a_warning(site: Site, visit: Visit, api: Api) -> None:
    claim = api.fresh("A cart stood across the road.")
    window = opened(site, visit)
    page = window.page
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    window.open(f"/claims/{claim['id']}")
    page.get_by_role("link", name="Sources").click()
    page.wait_for_url("**/sources")
    window.open(f"/claims/{claim['id']}")
    assert asked == []  # nothing was typed

    reason = page.get_by_role("textbox", name="Reason").first
    reason.fill("Two carters saw it there.")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Sources").click(no_wait_after=True)
    assert asked == ["beforeunload"]
    expect(reason).to_have_value("Two carters saw it there.")
    assert page.url.endswith(claim["id"])
    # Another form of the page would take the reason with it.
    page.get_by_role("button", name="Assign to me").click()
    assert asked == ["beforeunload", "confirm"]
    expect(reason).to_have_value("Two carters saw it there.")
    assert api.get(f"/v1/claims/{claim['id']}")["status"] == "unverified"

    # Refused, it is still not sent; once sent, nothing is asked.
    page.locator("input[name=status][value=verified]").first.check()
    page.get_by_role("button", name="Decide", exact=True).first.click()
    expect(page.locator(".notice.bad")).to_be_visible()
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Sources").click(no_wait_after=True)
    assert asked == ["beforeunload", "confirm", "beforeunload"]
    page.locator("input[name=status][value=unverifiable]").first.check()
    page.get_by_role("button", name="Decide", exact=True).first.click()
    expect(page.get_by_text("You marked it unverifiable.")).to_be_visible()
    page.get_by_role("link", name="Sources").click()
    page.wait_for_url("**/sources")
    assert asked == ["beforeunload", "confirm", "beforeunload"]


# ── Times and directions ──────────────────────────────────────────────────────────────────────────────────────────


def test_times_are_in_the_readers_zone_and_say_so(site: Site, visit: Visit, api: Api) -> None:
    claim = api.fresh("A comet was late.")
    review = {"status": "unverifiable", "reason": "Nobody looked up that night."}
    at = api.post(f"/v1/claims/{claim['id']}/reviews", review)["reviewed_at"]
    for scripts, zone, shown in (
        (True, "Asia/Kathmandu", "GMT+5:45"),
        (True, "UTC", "UTC"),
        (False, "Asia/Tokyo", "UTC"),
    ):
        window = opened(site, visit, scripts=scripts, timezone_id=zone)
        window.open(f"/claims/{claim['id']}")
        times = window.page.locator("time[datetime*=T]")
        for time in times.all():
            assert re.fullmatch(rf"\d+ \w+ \d{{4}}, \d\d:\d\d {re.escape(shown)}", time.inner_text()), time.inner_text()
        first = window.page.locator(f"time[datetime='{at}']").first
        expect(first).to_have_attribute("title", re.compile(r"\d\d:\d\d UTC$"))
        hours, minutes = int(at[11:13]), int(at[14:16])
        if zone == "Asia/Kathmandu":
            hours, minutes = (hours + 5 + (minutes + 45) // 60) % 24, (minutes + 45) % 60
        assert f", {hours:02}:{minutes:02} " in first.inner_text()
    # What comes later is in the same zone: a row that another person changed, and the next page of a list.
    window = opened(site, visit, timezone_id="Asia/Kathmandu")
    window.open("/articles?limit=1")
    window.page.get_by_role("button", name="More").click()
    expect(window.page.locator("li[data-row]")).to_have_count(2)
    for time in window.page.locator("li[data-row] time[datetime*=T]").all():
        expect(time).to_have_text(re.compile("GMT\\+5:45"))


ARABIC = "قال العمدة إن الجسر أغلق في الصباح، ثم فتح في المساء أمام الجميع."
QUOTE = "الجسر أغلق في الصباح"


@pytest.mark.parametrize("narrow", [False, True], ids=["1440", "390"])
def test_a_quotation_runs_in_the_direction_of_its_words(site: Site, visit: Visit, api: Api, narrow: bool) -> None:
    """What stands before the words of an Arabic quotation is on their right, and what follows on their left."""
    article = api.post(
        "/v1/articles", {"title": ARABIC, "text": f"{ARABIC}\n\nThe bridge was closed.", "language": "ar"}
    )
    claim = api.post("/v1/claims", {"article_id": article["id"], "text": ARABIC, "kind": "factual",
                                    "quotes": [{"exact": QUOTE}]})  # fmt: skip
    api.post(f"/v1/claims/{claim['id']}/reviews", {"status": "unverifiable", "reason": f"{ARABIC} (2023)"})
    window = opened(site, visit, narrow=narrow)
    page = window.page
    window.open(f"/claims/{claim['id']}")
    places = page.locator(".quotes blockquote p").evaluate(
        """quotation => {
            const [before, words, after] = [...quotation.children].map(each => [...each.getClientRects()]);
            return [before[0].right, words[0].right, words.at(-1).left, after.at(-1).left,
                    getComputedStyle(quotation).direction, before[0].top, words[0].top];
        }"""
    )
    before, begins, ends, after, direction, first_line, words_line = places
    assert direction == "rtl"
    assert first_line == words_line
    assert before > begins
    if not narrow:  # all in one line
        assert ends > after
    for selector in ("h1", "p.reason"):
        style = page.locator(selector).first.evaluate("each => getComputedStyle(each).direction")
        assert style == "rtl", selector
    reason = page.get_by_role("textbox", name="Reason").first
    assert reason.evaluate("each => getComputedStyle(each).direction") == "ltr"
    reason.fill(ARABIC)
    assert reason.evaluate("each => getComputedStyle(each).direction") == "rtl"
    title = page.get_by_label("Title").first
    title.fill(QUOTE)
    assert title.evaluate("each => getComputedStyle(each).direction") == "rtl"
    window.page.evaluate("document.querySelectorAll('form').forEach(each => each.reset())")

    # The article: each paragraph in its own direction.
    window.open(f"/articles/{article['id']}")
    edges = page.evaluate(
        """() => {
            const text = document.getElementById("text"), box = text.getBoundingClientRect();
            const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT), found = [];
            while (walk.nextNode()) {
                const node = walk.currentNode, at = node.data.indexOf("The bridge");
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, node.length);
                found.push(range.getBoundingClientRect().left - box.left);
            }
            const arabic = document.createRange();
            arabic.selectNodeContents(text.firstChild);
            return [found[0], box.right - arabic.getBoundingClientRect().right];
        }"""
    )
    assert edges[0] < 5
    assert edges[1] < 25
