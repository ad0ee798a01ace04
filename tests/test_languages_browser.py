"""Every page in every language, for people who look and for tools of accessibility; and a day's work in Arabic.

Each page is shown in one of the four looks (narrow or wide, light or dark) for each language; in all four with
FACTCHECK_TEST_LOOKS=all, which takes some minutes.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from factcheck import catalogues
from factcheck.messages import Message, message
from factcheck.rules.team.notifying import NotificationKind, sentence
from tests.browsing import WIDTHS, Site, Window, demand_accessible, pages
from tests.catalogues import LANGUAGES
from tests.mail_server import taking_mail, text_of
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
LOOKS = [(width, scheme) for width in WIDTHS for scheme in ("light", "dark")]
# What is wider than the screen scrolls by itself (tables), and the page does not.
SCROLLS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.slow
@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_page_is_accessible_in_each_language(site: Site, visit: Visit, tag: str) -> None:
    window = visit()
    window.log_in(site.new_login())
    paths = pages(window)
    spoken = visit(locale=tag)
    spoken.open(site.new_login())
    spoken.page.locator("main button").click()
    for number, (name, path) in enumerate(paths.items()):
        all_looks = os.environ.get("FACTCHECK_TEST_LOOKS") == "all"
        for width, scheme in LOOKS if all_looks else [LOOKS[(number + LANGUAGES.index(tag)) % len(LOOKS)]]:
            where = f"{name}, {tag}, {width}, {scheme}"
            spoken.page.set_viewport_size({"width": width, "height": 900})
            spoken.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            spoken.open(path)
            expect(spoken.page.locator("html")).to_have_attribute("lang", tag)
            expect(spoken.page.locator("html")).to_have_attribute("dir", "rtl" if tag == "ar" else "ltr")
            assert spoken.page.evaluate(SCROLLS) == 0, where
            demand_accessible(spoken.page, where)


def test_a_day_s_work_in_arabic(site: Site, visit: Visit) -> None:
    """An admin adds somebody, who chooses Arabic, takes an assigned claim, asks in a comment, is answered by mail, and
    gives a verdict by keyboard; the admin sees it in the statistics.
    """

    def arabic(text: Message | str) -> str:
        said = catalogues.said(text if isinstance(text, Message) else message(text), catalogues.speech("ar"))
        assert said != text
        return str(said)

    claim = Api(site, visit()).fresh("The bridge was closed for a year.")
    site.run("people", "add", "Chief of languages", "--role", "admin")
    admin = visit()
    admin.log_in(site.new_login("Chief of languages"), "Chief of languages, admin")
    admin.page.get_by_role("link", name="People", exact=True).click()
    admin.page.get_by_text("New person").click()
    admin.page.get_by_label("Name", exact=True).fill("Layla Haddad")
    admin.page.get_by_label("Role").select_option("analyst")
    admin.page.get_by_role("button", name="Add the person").click()
    admin.page.get_by_role("button", name="Make a login link").click()
    link = admin.page.locator("[role=status] code").inner_text()
    admin.open(f"/claims/{claim['id']}")
    admin.page.get_by_text("Assign this claim", exact=True).click()
    admin.page.get_by_label("Person", exact=True).select_option(label="Layla Haddad")
    admin.page.locator("form[action$='/assignment']").get_by_role("button", name="Assign").click()
    expect(admin.page.get_by_text("The claim was assigned.")).to_be_visible()

    own = visit(viewport={"width": 360, "height": 740})
    page = own.page
    own.open(re.sub(r"^https?://[^/]+", "", link))
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Layla Haddad").click()
    page.get_by_text("Change the address").click()
    page.get_by_label("E-mail address").fill("layla@example.org")
    page.locator("form[action$='/mail'] button").click()
    page.get_by_label("Language", exact=True).select_option("ar")
    page.get_by_label("Time zone", exact=False).last.fill("Africa/Niamey")
    page.locator("form[action$='/preferences'] button").click()
    expect(page.get_by_role("status")).to_have_text(arabic("The changes were saved."))
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    own.open("/notifications/choices")  # mail that does not wait for a morning
    for choice in page.locator("main select").all():
        choice.select_option("at_once")
    page.locator("main form button").click()
    expect(page.get_by_role("status")).to_have_text(arabic("The changes were saved."))
    page.get_by_role("link", name=arabic("My work")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(arabic("My work"))
    page.get_by_role("link", name="The bridge was closed for a year.").click()
    page.get_by_text(arabic("Add a comment"), exact=True).click()
    form = page.locator("form[action$='/comments']").last
    form.locator("textarea").fill("هل هذا صحيح، @Chief of languages?")
    form.locator("button").last.click()
    expect(page.get_by_text(arabic("Your comment was added."))).to_be_visible()

    admin.open("/notifications")
    expect(admin.page.locator("#rows")).to_contain_text("Layla Haddad mentioned you in a comment")
    admin.page.locator("#rows a.row-text").first.click()
    admin.page.locator("summary", has_text="Reply").first.click()
    reply = admin.page.locator("form[action$='/comments']").first
    reply.locator("textarea").fill("Nobody knows.")
    reply.get_by_role("button").last.click()
    expect(admin.page.locator(".comment.reply")).to_contain_text("Nobody knows.")
    with taking_mail() as server:
        mail = {"FACTCHECK_SMTP_URL": server.url, "FACTCHECK_MAIL_FROM": "desk@example.org",
                "FACTCHECK_BASE_URL": site.address}  # fmt: skip
        replace(site, environment=site.environment | mail).run("mail", "run", "--once")
        [letter] = server.letters
    assert (letter["To"], letter["Content-Language"]) == ("layla@example.org", "ar")
    told = text_of(letter)
    assert arabic(sentence(NotificationKind.ANSWERED, "Chief of languages")) in told
    [there] = re.findall(rf"{re.escape(site.address)}(/comments/\S+)", told)

    own.open(there)
    expect(page.locator(".comment.reply")).to_contain_text("Nobody knows.")
    page.locator("main").focus()
    page.keyboard.press("u")
    reason = page.locator("#content-reason")
    expect(reason).to_be_focused()
    page.keyboard.type("لا أحد يعرف ذلك، ولا توجد وثيقة.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".undo")).to_contain_text(arabic("unverifiable"))

    admin.open("/statistics")
    expect(admin.page.locator("main")).to_contain_text("Layla Haddad")
