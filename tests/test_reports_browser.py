"""A report on the rally claim is written, approved by another person, published, corrected and retracted."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browsing import Site, Window, look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]
WORDS = "up to a million"


def colleague(site: Site, visit: Visit, name: str, *, scripts: bool) -> Window:
    site.run("people", "add", name, "--role", "analyst")
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login(name), f"{name}, analyst")
    return window


def press(page: Page, name: str) -> None:
    """Press a button of the page, after opening what hides it."""
    summary = page.locator("summary", has_text=name)
    if summary.count() and not page.get_by_role("button", name=name, exact=True).is_visible():
        summary.first.click()
    page.get_by_role("button", name=name, exact=True).click()


def verified(site: Site, reader: Window, folder: Path) -> str:
    """Verify the list of corrections as docs/site.md says, once the newest changes are signed; return what is wrong."""
    key, size = folder / "key", "document.body.innerText.split('\\n')[1]"
    key.write_bytes(reader.context.request.get("/log/key").body())
    newest = reader.context.request.get("/v1/corrections").json()["items"][0]["log_index"]
    reader.page.goto("/log/checkpoint")
    ends = time.monotonic() + 30
    while int(reader.page.evaluate(size)) <= newest:
        assert time.monotonic() < ends, "the newest changes are not signed"
        reader.page.reload()
    program = ["docs/verify/corrections.py", site.address, "--key", str(key)]
    done = subprocess.run([sys.executable, *program], capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_a_draft_to_a_retraction(site: Site, visit: Visit, scripts: bool, tmp_path: Path) -> None:
    suffix = "with" if scripts else "without"
    author = colleague(site, visit, f"Author {suffix}", scripts=scripts)
    editor = colleague(site, visit, f"Editor {suffix}", scripts=scripts)
    page, other = author.page, editor.page
    title = f"How many came, {suffix} scripts"

    author.open("/reports/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Language").fill("en")
    page.get_by_label("Text").fill("# What we know\n\nThe article says *thousands*.\n")
    page.get_by_label("Words of the claim").fill(WORDS)
    if scripts:
        page.get_by_role("button", name="Insert: Claim").first.click()
        page.get_by_role("button", name="Insert: Evidence").first.click()
    else:
        page.get_by_role("button", name="Search", exact=True).click()
        line = page.locator("#report-claims code").first.inner_text()
        page.get_by_label("Text").fill(f"# What we know\n\nThe article says *thousands*.\n{line}\n")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#report-preview")).to_contain_text("What we know")
        expect(page.locator("#report-preview .report-claim")).to_have_count(1)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("The report was added.")
    expect(page.locator(".report h2").first).to_have_text("What we know")
    expect(page.locator(".report-claim").first).to_contain_text("million")
    here = page.url.partition("?")[0]
    if scripts:
        look(author, "report")

    page.locator(".report-claim a").first.click()
    expect(page.locator("[aria-labelledby=reports-title]")).to_contain_text(title)
    author.open(here)

    # What is typed is kept, and colleagues see that somebody writes.
    page.get_by_role("link", name="Edit").click()
    if scripts:
        page.get_by_label("Text").press("End")
        page.get_by_label("Summary").fill("Nobody counted.")
        expect(page.locator("#report-preview")).to_contain_text("Stored for you")
        expect(page.locator("#report-preview")).to_contain_text("Nobody counted.")
        editor.open(f"{here}/edit")
        expect(other.locator("#report-preview")).to_contain_text(f"Author {suffix} is writing too")
        author.open(f"{here}/edit")
        expect(page.get_by_label("Summary")).to_have_value("Nobody counted.")
        look(author, "report-edit")
    else:
        editor.open(f"{here}/edit")
        page.get_by_label("Summary").fill("Nobody counted.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("The report was saved.")

    # The other one was slower: nothing of theirs is lost.
    other.get_by_label("Title").fill(f"{title}?")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".conflict")).to_contain_text("Somebody was faster")
    expect(other.get_by_label("Title")).to_have_value(f"{title}?")
    editor.open(here)

    press(page, "Submit it")
    expect(page.locator(".notice[role=status]")).to_contain_text("The report was submitted.")
    editor.open(here)
    press(other, "Approve it")
    expect(other.locator(".notice[role=status]")).to_contain_text("The report was approved.")
    press(other, "Publish it")
    expect(other.locator(".notice[role=status]")).to_contain_text("The report was published.")

    # Readers who are not logged in see it, in Arabic too.
    reader = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts, locale="ar")
    reader.open(f"/r/{here.rpartition('/')[2]}")
    expect(reader.page.locator("html")).to_have_attribute("lang", "ar")
    expect(reader.page.locator("h1")).to_contain_text(title)
    assert '"NewsArticle"' in reader.page.content()
    if scripts:
        look(reader, "site-report")

    # A correction says what it corrects.
    author.open(f"{here}/edit")
    page.get_by_label("Title").fill(f"{title}, corrected")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Readers see version 2 until this one is published.")).to_be_visible()
    press(page, "Submit it")
    press(page, "Approve it")
    page.locator("summary", has_text="Publish it").click()
    page.get_by_label("Correction").fill("Short")
    page.get_by_role("button", name="Publish it").click()
    expect(page.get_by_role("alert").first).to_contain_text("Say what was corrected and why")
    page.get_by_label("Correction").fill("The title asked what nobody can answer.")
    page.get_by_role("button", name="Publish it").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("The report was published.")
    expect(page.locator("[aria-labelledby=publications-title]")).to_contain_text("The title asked")
    page.get_by_role("link", name="What the newest version changed").click()
    expect(page.locator("dl.change")).to_contain_text("corrected")
    if scripts:
        look(author, "report-compare")

    # The list of corrections has it, and somebody who trusts nobody verifies the list.
    assert verified(site, reader, tmp_path) == ""
    reader.open("/corrections?lang=ar")
    expect(reader.page.locator(".corrections li").first).to_contain_text("The title asked what nobody can answer.")
    reader.page.locator(".corrections li").first.get_by_role("link").last.click()
    expect(reader.page.locator("body")).to_contain_text("c2sp.org/tlog-proof@v1")

    author.open(here)
    page.locator("summary", has_text="Retract it").click()
    page.locator("form", has=page.get_by_role("button", name="Retract it")).get_by_label("Reason").fill(
        "It was about another rally."
    )
    page.get_by_role("button", name="Retract it").click()
    expect(page.locator(".notice[role=status]")).to_contain_text("The report was retracted.")
    expect(page.locator(".report header")).to_contain_text("It was about another rally.")
    reader = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts, locale="ar")
    reader.page.goto(f"/r/{here.rpartition('/')[2]}")
    expect(reader.page.locator("main")).to_contain_text("It was about another rally.")
    for path in (f"/r/{here.rpartition('/')[2]}", f"/v1/published/{here.rpartition('/')[2]}"):
        assert reader.context.request.get(path).status == 410, path
    assert verified(site, reader, tmp_path) == ""
    assert author.troubles == editor.troubles == []
