"""An editor looks at the week: charts, the tables behind them, filters and files, with and without scripts."""

import csv
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browsing import Site, Window, look
from tests.test_desk_browser import Api

pytestmark = pytest.mark.browser
Visit = Callable[..., Window]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("width", [1600, 360])
def test_a_week_of_a_tag(site: Site, visit: Visit, scripts: bool, width: int) -> None:
    api, tag = Api(site, visit()), f"week-{width}-{scripts}".lower()
    claims = [api.fresh(f"Bridge {n} of {tag} was closed.", tags=[tag]) for n in range(3)]
    given = {"status": "unverifiable", "reason": "Nobody was there to see it."}
    api.post(f"/v1/claims/{claims[0]['id']}/reviews", given)
    window = visit(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    window.log_in(site.new_login())
    page = window.page
    page.get_by_role("navigation").get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("heading", name="Statistics", exact=True)).to_be_visible()
    page.get_by_label("Tag").fill(tag)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("3 added, 1 verdict given.")).to_be_visible()
    expect(page.get_by_text("2 claims without a verdict")).to_be_visible()
    expect(page.get_by_role("img", name="Claims added, and verdicts given, by week.")).to_be_visible()
    page.get_by_text("Table: added, decided").click()
    row = page.get_by_role("region", name="Claims added and decided").get_by_role("row").nth(1)
    expect(row.get_by_role("cell")).to_have_text(["3", "1"])
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download all weeks as CSV").click()
    with loading.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), rows[-1]["added"], rows[-1]["decided"]) == (12, "3", "1")
    if scripts:
        look(window, f"statistics-{width}")
