"""Evidence that has no copy of its page gets one afterwards: fetched now, or a capture that is there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from tests.desk import SECRET, Desk
from tests.forms import Visitor
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, Site, serving
from tests.redacting import faults, rebuilt_faults
from tests.test_captured_evidence import REASON, added, files

Json = dict[str, Any]
STORY = OUTLETS[0]


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


@pytest.fixture
def capturing(migrated_url: str, archive: FolderArchive) -> Iterator[Desk]:
    """A desk that may fetch from loopback."""
    settings = Settings(
        database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32", archive=str(archive.folder)
    )
    with closing(Desk(settings)) as desk:
        yield desk


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"/story": Page(STORY.body, STORY.media_type)}) as found:
        yield found


def bare(desk: Desk, url: str) -> tuple[str, str]:
    """Add evidence without a copy, and return its claim's id and where it gets one."""
    claim = desk.claim()["id"]
    piece = added(desk, claim, url=url)
    return claim, f"/v1/claims/{claim}/evidence/{piece['id']}/capture"


def test_a_page_is_captured_for_evidence_that_is_there(
    capturing: Desk,
    archive: FolderArchive,
    site: Site,
    tmp_path: Path,
) -> None:
    claim, there = bare(capturing, site.url("/story"))
    decided = capturing.review(claim, status="verified", reason=REASON)
    assert decided.status_code == 201, decided.json
    before = capturing.get(f"/v1/claims/{claim}")
    answer = capturing.post(there, {}, by="contributor", headers={"Idempotency-Key": "once"})
    assert answer.status_code == 200, answer.json
    [capture] = capturing.get("/v1/captures").json["items"]
    shown = {name: capture[name] for name in ("id", "sha256", "fetched_at")}
    assert answer.json["capture"] == shown
    assert answer.headers["ETag"] == capturing.get(there.removesuffix("/capture")).headers["ETag"]
    assert files(archive) == [f"{capture['warc_sha256']}.warc.gz"]
    after = capturing.get(f"/v1/claims/{claim}")
    assert (after.json["evidence"][0]["capture"], after.json["status"]) == (shown, "verified")
    assert after.headers["ETag"] != before.headers["ETag"]
    entry = capturing.changes()[-1]
    assert (entry["action"], entry["changes"][0]["after"]["capture"]) == ("capture_evidence", shown)
    again = capturing.post(there, {}, by="contributor", headers={"Idempotency-Key": "once"})
    assert (again.data, len(site.requests)) == (answer.data, 1)
    twice = capturing.post(there, {}, by="contributor")
    assert (twice.status_code, "has a capture already" in twice.json["detail"]) == (409, True)
    assert len(site.requests) == 1  # nothing is fetched for what is refused
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_page_from_a_browser_becomes_the_copy(capturing: Desk, site: Site) -> None:
    claim, there = bare(capturing, site.url("/wall"))
    refused = capturing.post(there, {}, by="contributor")
    assert (refused.status_code, refused.json["reason"]) == (422, "http_404")
    assert "capture" not in capturing.get(there.removesuffix("/capture")).json
    handed = capturing.made("/v1/captures", {"url": site.url("/wall"), "html": STORY.html}, by="contributor")
    other = capturing.made("/v1/captures", {"url": site.url("/other"), "html": STORY.html}, by="contributor")
    wrong = capturing.post(there, {"capture_id": other["id"]}, by="contributor")
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/capture_id")
    answer = capturing.post(there, {"capture_id": handed["id"]}, by="contributor")
    assert answer.status_code == 200, answer.json
    assert answer.json["capture"] == {name: handed[name] for name in ("id", "sha256", "fetched_at", "origin")}
    assert capturing.get(f"/v1/claims/{claim}").json["evidence"][0]["capture"]["origin"] == "browser"
    assert faults(capturing.database) == []


@pytest.mark.parametrize("body", [{}, {"capture_id": "00000000-0000-7000-8000-000000000000"}], ids=["now", "known"])
def test_what_is_refused_fetches_and_changes_nothing(
    capturing: Desk,
    archive: FolderArchive,
    site: Site,
    body: Json,
) -> None:
    claim, there = bare(capturing, site.url("/story"))
    titled = added(capturing, claim, title="A plan")["id"]
    gone = added(capturing, claim, url=site.url("/story"))["id"]
    here = f"/v1/claims/{claim}/evidence"
    assert capturing.post(f"{here}/{gone}/withdrawal", {"reason": REASON}).status_code == 200
    nobody = "00000000-0000-7000-8000-000000000000"
    before = capturing.changes()
    for path, by, headers, status in (
        (there, "reader", {}, 403),
        (there, None, {}, 401),
        (there, "contributor", {"If-Match": '"another"'}, 412),
        (f"{here}/{titled}/capture", "contributor", {}, 409),
        (f"{here}/{gone}/capture", "contributor", {}, 409),
        (f"{here}/{nobody}/capture", "contributor", {}, 404),
        (f"/v1/claims/{nobody}/evidence/{gone}/capture", "contributor", {}, 404),
    ):  # fmt: skip
        answer = capturing.post(path, body, by=by, headers=headers)
        assert answer.status_code == status, (path, answer.json)
    assert capturing.post(there, {"url": "https://news.example/"}, by="contributor").status_code == 422
    assert (site.requests, files(archive), capturing.changes()) == ([], [], before)


def test_evidence_of_a_hidden_review_is_not_there(capturing: Desk, site: Site) -> None:
    """For whoever gives a second opinion, until it is given."""
    claim = capturing.claim()["id"]
    piece = {"stance": "supports", "url": site.url("/story")}
    assert capturing.review(claim, status="verified", reason=REASON, evidence=[piece]).status_code == 201
    [item] = capturing.get(f"/v1/claims/{claim}").json["evidence"]
    there = f"/v1/claims/{claim}/evidence/{item['id']}/capture"
    asked = capturing.post(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": capturing.people["admin"]})
    assert asked.status_code == 201, asked.json
    before = capturing.changes()
    assert capturing.get(there.removesuffix("/capture"), by="admin").status_code == 404
    for body in ({}, {"capture_id": item["id"]}):
        assert capturing.post(there, body, by="admin").status_code == 404
    assert (site.requests, capturing.changes()) == ([], before)


def test_the_page_of_the_claim_has_a_button(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim, there = bare(capturing, site.url("/none"))
    page, form = f"/claims/{claim}", there.removeprefix("/v1")
    visitor = Visitor(capturing, "contributor")
    failed = visitor.send(form, {}, on=page)
    assert failed.status_code == 303
    assert "The page was not captured" in visitor.get(failed.headers["Location"]).text
    for sent, status, words in (
        ({"capture_id": "no id"}, 422, "Capture"),
        ({"capture_id": failed.headers["Location"]}, 422, "failed"),
    ):
        refused = visitor.send(form, sent, on=page, at=1)
        assert (refused.status_code, words in refused.text) == (status, True)
    handed = capturing.made("/v1/captures", {"url": site.url("/none"), "html": STORY.html}, by="contributor")
    saved = visitor.send(form, {"capture_id": f" http://localhost/captures/{handed['id']} "}, on=page, at=1)
    assert (saved.status_code, saved.headers["Location"]) == (303, f"{page}?said=captured#evidence"), saved.text
    shown = visitor.get(f"{page}?said=captured").text
    assert "The evidence has a copy of its page now." in shown
    assert "from a person’s browser" in shown
    assert form not in shown
    site.pages = {**site.pages, "/none": Page(STORY.body)}
    other, elsewhere = bare(capturing, site.url("/none"))
    saved = visitor.send(elsewhere.removeprefix("/v1"), {}, on=f"/claims/{other}")
    assert (saved.status_code, len(files(archive))) == (303, 3)
    assert "Keep a copy of the page" not in Visitor(capturing, "reader").get(page).text
    assert faults(capturing.database) == []
