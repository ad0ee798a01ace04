"""A contributor adds an image to an article, and sees that the desk has seen it before."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look
from tests.pictures import saved, scene

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_image_is_added_and_known_again(site: Site, visit: Visit, tmp_path: Path, scripts: bool) -> None:
    window = visit(viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    name = f"Contributor {'with' if scripts else 'without'} scripts"
    site.run("people", "add", name, "--role", "contributor")
    window.log_in(site.new_login(name), f"{name}, contributor")
    page = window.page
    kind = "image" if scripts else "post"
    window.open("/articles/new")
    page.locator("#article-title").fill(f"A picture, {kind}")
    page.locator("#article-text").fill(f"A crowd in front of the stadium, {kind}.")
    page.locator("#article-kind").select_option(kind)
    page.get_by_role("button", name="Add the article").click()
    expect(page.locator(".facts .kind")).to_have_text(kind)
    article = page.url
    wide = tmp_path / "wide.png"
    seed = 3 if scripts else 11
    wide.write_bytes(saved(scene(seed, (1900, 1200)), "PNG"))
    narrow = tmp_path / "narrow.jpg"
    narrow.write_bytes(saved(scene(seed, (1900, 1200)).resize((300, 190)), "JPEG"))
    for file, told in ((wide, "Not seen before on this desk."), (narrow, "Seen before: 1 image looks like it")):
        page.goto(article)
        page.get_by_role("link", name="Add an image").click()
        if scripts and file == wide:
            look(window, "image-new")
        page.get_by_label("Or a file").set_input_files(file)
        page.get_by_label("What it shows").fill(f"A crowd, {file.stem}")
        page.get_by_role("button", name="Add the image").click()
        expect(page.get_by_role("img", name=f"A crowd, {file.stem}")).to_be_visible()
        expect(page.locator("figure", has=page.get_by_role("img", name=f"A crowd, {file.stem}"))).to_contain_text(told)
    if scripts:
        look(window, "article-with-images")
    page.get_by_role("link", name="A crowd, narrow").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Image")
    if scripts:
        look(window, "image")
    page.get_by_text("Seen before").click()
    page.get_by_role("link", name="A crowd, wide").click()
    expect(page.get_by_role("img", name="A crowd, wide")).to_be_visible()
