"""The page of published data in a browser: for eyes, keyboards and screen readers, with whole downloads."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, demo, look

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`factcheck demo` with a licence."""
    settings = {"FACTCHECK_DATA_LICENCE": "CC-BY-4.0", "FACTCHECK_BASE_URL": "{address}"}
    with demo(tmp_path_factory.mktemp("data"), settings) as running:
        yield running


def test_readers_find_the_files_and_download_them(visit: Visit) -> None:
    window = visit()
    end = time.monotonic() + 30
    while window.context.request.get("/data/manifest.json").status == 404:  # the first dump is on its way
        assert time.monotonic() < end
    window.open("/r")
    window.page.get_by_role("contentinfo").get_by_role("link", name="Data").click()
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Data")
    expect(window.page.get_by_role("link", name="CC-BY-4.0")).to_have_attribute("rel", "license")
    manifest = json.loads(window.context.request.get("/data/manifest.json").text())
    for each in manifest["files"]:
        link = window.page.get_by_role("link", name=each["name"])
        with window.page.expect_download() as download:
            link.click()
        content = Path(download.value.path()).read_bytes()
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
        assert download.value.suggested_filename == each["name"]


@pytest.mark.parametrize("tag", ["en", "ar"])
def test_the_page_of_data_fits_and_can_be_read_by_everybody(visit: Visit, tag: str) -> None:
    window = visit()
    window.open(f"/data?lang={tag}")
    look(window, f"data in {tag}")
