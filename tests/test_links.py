"""Links of evidence: a page that stops answering is a finding until it answers again, and the log says since when."""

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from factcheck.desk import evidence, people
from factcheck.desk.capturing.pages import Camera
from factcheck.rules.web.links import answers
from factcheck.settings import Settings
from factcheck.watching.links import Found, LinkChecker
from tests import commands
from tests.desk import SECRET, TEXT, Desk, audit_faults
from tests.forms import Visitor
from tests.outlets import Page, Site, serving, to
from tests.redacting import faults, rebuilt_faults

Json = dict[str, Any]
KIND = "evidence_unreachable"
STORY = Page(f"<html><body><article><h1>A rally</h1><p>{TEXT}</p></article></body></html>".encode())
GONE = Page(b"<p>It is gone.</p>", status=410)


@pytest.fixture
def checking(migrated_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk that fetches from this machine."""
    settings = Settings(
        database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32", archive=str(tmp_path / "archive")
    )
    with closing(Desk(settings)) as desk:
        yield desk


@pytest.fixture
def pages() -> dict[str, Page]:
    return {"/story": STORY, "/other": STORY}


@pytest.fixture
def site(pages: dict[str, Page]) -> Iterator[Site]:
    with serving(pages) as found:
        yield found


def check(desk: Desk, **options: Any) -> Found:
    waits: list[float] = []
    given: Any = {"pause": 0.0, "seconds": 600.0, "wait": waits.append} | options
    return LinkChecker(desk.database, Camera.of(desk.settings).fetcher, **given).run()


def cited(desk: Desk, url: str, **fields: Any) -> tuple[str, Json]:
    """Return a claim with evidence that cites a page."""
    claim = desk.claim()["id"]
    body = {"stance": "context", "url": url, **fields}
    return claim, desk.made(f"/v1/claims/{claim}/evidence", body, by="contributor")


def findings(desk: Desk) -> list[Json]:
    found: list[Json] = desk.get(f"/v1/audit/findings?kind={KIND}").json["items"]
    return found


def checks(desk: Desk) -> list[Json]:
    return [each for each in desk.changes() if each["action"] == "check_evidence"]


def unreachable(desk: Desk, claim: str) -> list[Json | None]:
    return [each.get("unreachable") for each in desk.get(f"/v1/claims/{claim}").json["evidence"]]


def sound(desk: Desk, tmp_path: Path, name: str) -> None:
    """The log verifies, it gives every row again, and the audit is what the tables give."""
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/{name}.db") == []
    assert audit_faults(desk.database) == []


def test_a_dead_link_is_a_finding_until_it_answers_again(
    checking: Desk, site: Site, pages: dict[str, Page], tmp_path: Path
) -> None:
    desk, url = checking, site.url("/story")
    claim, piece = cited(desk, url)
    before = desk.get(f"/v1/claims/{claim}")
    assert check(desk) == Found(asked=1)
    assert (checks(desk), findings(desk), unreachable(desk, claim)) == ([], [], [None])
    pages["/story"] = GONE
    found = check(desk)
    assert (found.unreachable, found.news) == ({url: "http_410"}, [(url, "http_410")])
    [entry] = checks(desk)
    assert entry["subject"] == {"kind": "claim", "id": claim}
    assert entry["changes"] == [
        {"field": "evidence_link", "before": {"evidence_id": piece["id"], "error": None},
         "after": {"evidence_id": piece["id"], "error": "http_410"}}
    ]  # fmt: skip
    assert unreachable(desk, claim) == [{"error": "http_410", "since": entry["at"]}]
    [finding] = findings(desk)
    assert finding["explanation"] == f"“{url}” does not answer (http_410). No copy."
    assert (finding["since"], finding["claim"]["id"]) == (entry["at"], claim)
    sound(desk, tmp_path, "gone")
    assert check(desk).news == []
    assert len(checks(desk)) == 1  # one for a change, not one for a check
    pages["/story"] = STORY
    assert check(desk).news == [(url, None)]
    assert (len(checks(desk)), findings(desk), unreachable(desk, claim)) == (2, [], [None])
    after = desk.get(f"/v1/claims/{claim}").json
    assert after["status"] == before.json["status"]
    was = desk.get(f"/v1/claims/{claim}?as_of={entry['at']}").json
    assert was["evidence"][0]["unreachable"] == {"error": "http_410", "since": entry["at"]}
    sound(desk, tmp_path, "back")


def test_withdrawing_the_evidence_ends_the_finding(checking: Desk, site: Site, tmp_path: Path) -> None:
    claim, piece = cited(checking, site.url("/nothing"))
    check(checking)
    assert [each["claim"]["id"] for each in findings(checking)] == [claim]
    body = {"reason": "Its page is gone."}
    checking.post(f"/v1/claims/{claim}/evidence/{piece['id']}/withdrawal", body, by="contributor")
    assert findings(checking) == []
    assert check(checking) == Found()
    sound(checking, tmp_path, "withdrawn")


def test_the_finding_says_of_which_page_there_is_a_copy(
    checking: Desk, site: Site, pages: dict[str, Page], tmp_path: Path
) -> None:
    claim, _ = cited(checking, site.url("/story"), title="A story", capture=True)
    here = f"/v1/claims/{claim}/evidence"
    more: list[Json] = [
        {"url": site.url("/other"), "title": "Another"},
        {"url": site.url("/third"), "archived_url": "https://archive.example/third"},
    ]
    for fields in more:
        checking.made(here, {"stance": "context", **fields}, by="contributor")
    other = checking.made("/v1/captures", {"url": site.url("/other")}, by="contributor")
    pages.clear()
    assert len(check(checking).news) == 3
    [finding] = findings(checking)
    told = [
        "“A story” does not answer (http_404). The desk has a copy.",
        "“Another” does not answer (http_404). No copy.",
        f"“{site.url('/third')}” does not answer (http_404). An archived copy is given.",
    ]
    assert finding["explanation"] == " ".join(told)
    assert len(checks(checking)) == 3
    # A copy that evidence gets afterwards counts, and one that was redacted does not.
    with checking.database.writing() as session:
        [piece] = [each for _, each in evidence.of_claim(session.connection(), claim, 0, 1)]
        evidence.add_capture(session, people.operator(session), claim, piece["id"], capture_id=other["id"])
    assert told[1].replace("No copy.", "The desk has a copy.") in findings(checking)[0]["explanation"]
    body = {"reason": "They asked for it."}
    assert checking.post(f"/v1/captures/{other['id']}/redaction", body, by="admin").status_code == 204
    assert findings(checking)[0]["explanation"] == " ".join(told)
    sound(checking, tmp_path, "copies")


def test_one_request_is_enough_for_a_page_that_all_claims_cite(
    checking: Desk, site: Site, pages: dict[str, Page]
) -> None:
    claims = [cited(checking, site.url("/story"))[0] for _ in range(3)]
    check(checking)
    assert (site.heads, site.requests) == (["/story"], [])
    pages.clear()
    assert check(checking).asked == 1
    assert [each["subject"]["id"] for each in checks(checking)] == claims
    late, _ = cited(checking, site.url("/story"))
    check(checking)  # what the others say already is news for the evidence that came later
    assert [each["subject"]["id"] for each in checks(checking)] == [*claims, late]


def test_a_page_that_only_get_knows_answers_and_is_asked_for_with_the_time_of_its_copy(
    checking: Desk, site: Site, pages: dict[str, Page]
) -> None:
    claim, _ = cited(checking, site.url("/story"), capture=True)
    pages["/story"] = replace(STORY, head=405)
    site.requests.clear()
    assert check(checking) == Found(asked=1)
    [(path, headers)] = site.requests
    assert (path, headers["If-Modified-Since"][-3:]) == ("/story", "GMT")
    pages["/story"] = Page(media_type=None, status=304)
    assert check(checking) == Found(asked=1)
    assert unreachable(checking, claim) == [None]


def test_a_page_that_fails_once_is_asked_for_again_before_it_counts(
    checking: Desk, site: Site, pages: dict[str, Page]
) -> None:
    cited(checking, site.url("/story"))
    cited(checking, site.url("/other"))
    pages["/story"] = Page(b"", status=503)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if site.heads.count("/other"):
            pages["/story"] = STORY

    assert check(checking, wait=wait) == Found(asked=2)
    assert site.heads == ["/story", "/other", "/story"]
    assert checks(checking) == []


def test_what_asks_for_a_login_or_for_patience_says_nothing_of_the_page(
    checking: Desk, site: Site, pages: dict[str, Page]
) -> None:
    claim, _ = cited(checking, site.url("/story"))
    for status in (401, 403, 429):
        pages["/story"] = Page(b"", status=status)
        assert check(checking) == Found(asked=1, untold=1), status
    pages["/story"] = GONE
    check(checking)
    pages["/story"] = Page(b"", status=403)
    assert check(checking).untold == 1
    assert unreachable(checking, claim)[0] is not None
    assert len(checks(checking)) == 1


def test_a_desk_that_reaches_nobody_records_nothing(checking: Desk) -> None:
    for number in range(3):
        cited(checking, f"http://nowhere-{number}.invalid/")
    found = check(checking)
    assert (found.offline, found.news, checks(checking)) == (True, [], [])
    cited(checking, "http://127.0.0.1:9/")
    assert check(checking, seconds=0.0) == Found(left=4)


@pytest.mark.parametrize(
    ("failure", "says"),
    [(None, True), ("http_304", True), ("http_206", True), ("too_large", True), ("damaged", True), ("http_404", False),
     ("http_500", False), ("timeout", False), ("unresolved", False), ("too_many_redirects", False), ("http_429", None),
     ("refused_address", None)],
)  # fmt: skip
def test_what_a_failure_says_of_a_page(failure: str | None, says: bool | None) -> None:
    assert answers(failure) is says


def test_a_page_that_moved_answers(checking: Desk, site: Site, pages: dict[str, Page]) -> None:
    pages |= {"/moved": to("/story", 301), "/circle": to("/circle")}
    cited(checking, site.url("/moved"))
    cited(checking, site.url("/circle"))
    assert check(checking).unreachable == {site.url("/circle"): "too_many_redirects"}


def test_whoever_is_blind_learns_nothing_of_the_links_of_the_hidden_review(
    checking: Desk, site: Site, pages: dict[str, Page]
) -> None:
    claim = checking.claim()["id"]
    inside = [{"stance": "refutes", "url": site.url("/story")}]
    reason = "The authority says so itself."
    assert checking.review(claim, by="admin", status="refuted", reason=reason, evidence=inside).status_code == 201
    checking.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": checking.people["analyst"]}, by="admin")
    pages.clear()
    check(checking)
    for by, blind in (("analyst", True), ("admin", False)):
        [entry] = [each for each in checking.get("/v1/changes?limit=200", by=by).json["items"]
                   if each["action"] == "check_evidence"]  # fmt: skip
        assert (entry["blind"], entry["changes"] == []) == (blind, blind)
        found = checking.get(f"/v1/audit/findings?kind={KIND}", by=by).json["items"]
        assert len(found) == (0 if blind else 1)
        assert len(checking.get(f"/v1/claims/{claim}", by=by).json["evidence"]) == (0 if blind else 1)


def test_the_claims_page_and_its_history_say_that_a_page_does_not_answer(
    checking: Desk, site: Site, pages: dict[str, Page]
) -> None:
    claim, _ = cited(checking, site.url("/story"))
    visitor = Visitor(checking)
    assert "page does not answer" not in visitor.get(f"/claims/{claim}").get_data(as_text=True)
    pages["/story"] = GONE
    check(checking)
    shown = visitor.get(f"/claims/{claim}").get_data(as_text=True)
    assert "Its page does not answer" in shown
    assert "the server responded with the status 410." in shown
    pages["/story"] = STORY
    check(checking)
    assert "Its page does not answer" not in visitor.get(f"/claims/{claim}").get_data(as_text=True)
    history = visitor.get(f"/claims/{claim}/history").get_data(as_text=True)
    assert history.count("checked the pages of its evidence") == 2
    assert "does not answer: the server responded with the status 410." in history


def test_the_command_checks_and_says_what_does_not_answer(
    checking: Desk, site: Site, pages: dict[str, Page], tmp_path: Path
) -> None:
    url = site.url("/nothing")
    cited(checking, url)
    cited(checking, site.url("/story"))
    environment = os.environ | {
        "FACTCHECK_DATABASE_URL": checking.settings.database_url, "FACTCHECK_SECRET_KEY": SECRET,
        "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1/32", "FACTCHECK_ARCHIVE": checking.settings.archive,
    }  # fmt: skip

    def command(*words: str) -> Any:
        return commands.run("capture", *words, cwd=tmp_path, env=environment)

    done = command("--check", "--pause", "0", "--json")
    assert done.returncode == 1, done.stderr
    said = orjson.loads(done.stdout)
    assert said["unreachable"] == said["changed"] == [{"url": url, "error": "http_404"}]
    assert (said["asked"], said["left"]) == (2, 0)
    pages["/nothing"] = STORY
    done = command("--check", "--pause", "0")
    assert (done.returncode, done.stdout.decode()) == (0, f"answers again\t{url}\n"), done.stderr
    [entry, back] = checks(checking)
    assert (entry["actor"]["name"], back["number"]) == ("operator", entry["number"] + 1)
    for wrong in (["--check", "--missing"], ["--check", url], []):
        assert command(*wrong).returncode == 2, wrong
