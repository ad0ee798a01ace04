"""`make screenshots`: shoot every page of a seeded desk at both widths, light and dark, for people to look at."""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browsing import WIDTHS, Window, demo, launched, pages
from tests.needs import chromium

SCHEMES = ("light", "dark")
DOCS = Path(__file__).resolve().parent.parent / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("screenshots"), help="where the pictures go")
    parser.add_argument("--readme", action="store_true", help="renew the two pictures of the README as well")
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, demo(Path(place)) as site, sync_playwright() as playwright:
        browser = launched(playwright, chromium())
        for scheme in SCHEMES:
            for width in WIDTHS:
                window = Window(browser, site, color_scheme=scheme, viewport={"width": width, "height": 900})
                window.log_in(site.new_login())
                for name, path in pages(window).items():
                    window.open(path)
                    window.page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
                window.context.close()
        if arguments.readme:
            window = Window(browser, site, color_scheme="light", viewport={"width": 1180, "height": 620})
            window.log_in(site.new_login())
            paths = pages(window)
            for name, path in (("article", paths["article"]), ("claim", paths["claim"])):
                window.open(path)
                window.page.screenshot(path=DOCS / f"desk-{name}.png")
            window.context.close()
        browser.close()
    print(f"{len(list(folder.glob('*.png')))} pictures are in {folder}/")  # noqa: T201


if __name__ == "__main__":
    main()
