"""Reports: drafts, approval, publication, correction and retraction, each in the log, and nothing that anybody typed is
lost.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from factcheck.rules.publishing.reports import BY_ENDS, ReportReference, ReportState, claims_of, parts
from factcheck.storage.tables.publishing import ReportPublication
from tests.desk import Desk
from tests.everything import REPORT
from tests.redacting import faults, rebuilt_faults
from tests.reporting import FRESH, REASON, moved, published, report_on

SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat().replace("+00:00", "Z")
LATER = (datetime.now(UTC) + timedelta(days=4)).isoformat().replace("+00:00", "Z")


@pytest.fixture
def claim(desk: Desk) -> str:
    made: str = desk.claim()["id"]
    return made


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_is_markdown_with_references_between() -> None:
    one, other = "01a22dca-10d5-72bd-a6f5-deb2bb02bf17", "01a22dca-10d5-72bd-a6f5-deb2bb02bf18"
    evidence = f"  {{{{ evidence:{other.upper()} }}}}  "
    text = f"# One\n{{{{claim:{one}}}}}\nTwo {{{{three}}}}.\n\n{evidence}\n{{{{quotes:{one}}}}}\n\n"
    assert [*parts(text)] == [
        "# One", ReportReference("claim", one), "Two {{three}}.\n",  # type: ignore[arg-type]
        ReportReference("evidence", other), ReportReference("quotes", one),  # type: ignore[arg-type]
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line", ["{{claim}}", "{{}}", "{{claim:1}}", "{{picture:01a22dca-10d5-72bd-a6f5-deb2bb02bf17}}"]
)
def test_a_line_that_is_no_reference_is_named(desk: Desk, line: str) -> None:
    refused = desk.post("/v1/reports", {**REPORT, "text": f"One.\n{line}\n"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/text")
    assert line.strip("{}") in refused.json["errors"][0]["detail"]


def test_a_text_is_read_once_whatever_is_in_it() -> None:
    started = time.process_time()
    for text in ("{{" + " " * 99_000, "{{ " * 33_000, "{{claim:" * 12_000, "\n" * 100_000, "{{}}\r\n" * 16_000):
        assert claims_of(text) == []
    assert time.process_time() - started < 1


def test_lines_may_end_as_those_of_other_systems_do(desk: Desk, claim: str) -> None:
    made = desk.made("/v1/reports", {**REPORT, "text": f"One.\r\n{{{{claim:{claim}}}}}\r\nTwo."})
    assert made["claim_ids"] == [claim]


def test_a_reference_needs_a_claim(desk: Desk, claim: str) -> None:
    missing = desk.people["admin"]
    refused = desk.post("/v1/reports", {**REPORT, "text": f"{{{{claim:{missing}}}}}"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/text")
    report = report_on(desk, claim)
    assert desk.get(f"/v1/reports/{report}").json["claim_ids"] == [claim]
    assert [each["id"] for each in desk.get(f"/v1/reports?claim={claim}").json["items"]] == [report]
    many = "\n".join([f"{{{{claim:{claim}}}}}"] * 201)
    assert desk.post("/v1/reports", {**REPORT, "text": many}).json["errors"][0]["pointer"] == "/text"


def test_each_save_is_a_version(desk: Desk, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim)
    here = f"/v1/reports/{report}"
    first = desk.get(here)
    saved = desk.patch(here, {"title": "Counted again", "summary": None}, etag=first.headers["ETag"])
    assert (saved.status_code, saved.json["version"], saved.json["summary"]) == (200, 2, None)
    assert desk.patch(here, {"text": "Old."}, etag=first.headers["ETag"]).status_code == 412
    same = desk.patch(here, {"title": "Counted again"}, etag=saved.headers["ETag"])
    assert (same.status_code, same.json["version"]) == (200, 2)
    assert [each["title"] for each in desk.get(f"{here}/versions").json["items"]] == [REPORT["title"], "Counted again"]
    assert desk.get(f"{here}/versions/1").json["summary"] == REPORT["summary"]
    assert desk.get(f"{here}/versions/3").status_code == 404
    assert [each["action"] for each in desk.get(f"{here}/history").json["items"]] == ["add", "save"]
    listed = desk.get("/v1/reports").json["items"][0]
    assert (listed["title"], "text" in listed) == ("Counted again", False)
    for change, pointer in (({"title": None}, "/title"), ({"text": " "}, "/text"), ({"other": 1}, "/other")):
        refused = desk.patch(here, change, etag="*")
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


# ── Moves ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_table_has_not_is_refused(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    for state in ReportState:
        if (ReportState.DRAFT, state) not in BY_ENDS:
            assert moved(desk, report, state).status_code == 409
    assert moved(desk, report, "printed").status_code == 422
    assert desk.post(f"/v1/reports/{report}/moves", {"to": "submitted"}).status_code == 428


def test_from_a_draft_to_readers_and_back(desk: Desk, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim)
    assert moved(desk, report, "submitted").json["state"] == "submitted"
    refused = moved(desk, report, "draft")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/reason")
    assert moved(desk, report, "draft", reason=REASON).json["state"] == "draft"
    told = published(desk, report)
    assert (told["state"], told["published"]["version"], told["published"]["correction"]) == ("published", 1, None)
    # Saved again, it is a draft, and readers still see what was published.
    here = f"/v1/reports/{report}"
    again = desk.patch(here, {"title": "Counted again"}, etag="*").json
    assert (again["state"], again["version"], again["published"]["version"]) == ("draft", 2, 1)
    for to in ("submitted", "approved"):
        moved(desk, report, to)
    uncorrected = moved(desk, report, "published")
    assert (uncorrected.status_code, uncorrected.json["errors"][0]["pointer"]) == (422, "/correction")
    corrected = moved(desk, report, "published", correction="The year was 2023, not 2022.").json
    assert (corrected["published"]["version"], corrected["published"]["correction"][:8]) == (2, "The year")
    kept = desk.get(f"{here}/publications").json["items"]
    assert [(each["version"], each["cancelled"]) for each in kept] == [(1, False), (2, False)]
    assert moved(desk, report, "withdrawn", reason=REASON).status_code == 422
    retracted = moved(desk, report, "retracted", reason=REASON).json
    assert (retracted["state"], retracted["ended"]["reason"]) == ("retracted", REASON)
    assert desk.patch(here, {"title": "Once more"}, etag="*").status_code == 409
    assert moved(desk, report, "draft", reason=REASON).status_code == 409
    actions = [each["action"] for each in desk.get(f"{here}/history").json["items"]]
    assert actions == [
        "add", "move", "move", "move", "move", "publish", "save", "move", "move", "publish", "retract",
    ]  # fmt: skip
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_draft_that_nobody_saw_is_withdrawn(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    refused = moved(desk, report, "retracted", reason=REASON)
    assert (refused.status_code, refused.json["errors"][0]["rule"]) == (422, "published_before")
    assert moved(desk, report, "withdrawn", reason=REASON).json["state"] == "withdrawn"
    ahead = report_on(desk, claim)
    published(desk, ahead, publish_at=LATER)
    assert moved(desk, ahead, "retracted", reason=REASON).json["errors"][0]["rule"] == "published_before"
    ended = moved(desk, ahead, "withdrawn", reason=REASON).json
    assert (ended["state"], ended["published"]) == ("withdrawn", None)


def test_a_planned_correction_leaves_what_readers_see(desk: Desk, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    assert desk.patch(f"/v1/reports/{report}", {"title": "Counted"}, etag="*").status_code == 200
    published(desk, report, publish_at=LATER, correction="The title was wrong.")
    assert moved(desk, report, "withdrawn", reason=REASON).status_code == 422
    assert moved(desk, report, "retracted", reason=REASON).json["published"]["version"] == 1
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_somebody_else_approves_where_two_people_are_asked_for(desk: Desk) -> None:
    desk = desk.with_settings(two_person_review=True)
    claim = desk.claim()["id"]
    report = report_on(desk, claim)
    moved(desk, report, "submitted")
    refused = moved(desk, report, "approved")
    assert (refused.status_code, refused.json["errors"][0]["rule"]) == (422, "another_person")
    assert moved(desk, report, "approved", by="admin").status_code == 200
    assert moved(desk, report, "published").status_code == 200
    # Whoever saved nothing since the last publication may approve, even the one who wrote the report.
    assert desk.patch(f"/v1/reports/{report}", {"title": "Counted"}, etag="*", by="admin").status_code == 200
    moved(desk, report, "submitted")
    assert moved(desk, report, "approved", by="admin").status_code == 422
    assert moved(desk, report, "approved").status_code == 200


def test_a_publication_in_the_future_can_be_taken_back(desk: Desk, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim, embargo_until=SOON)
    told = published(desk, report)
    assert datetime.fromisoformat(told["published"]["at"]) == datetime.fromisoformat(SOON)
    assert desk.patch(f"/v1/reports/{report}", {"title": "Counted"}, etag="*").status_code == 409
    assert moved(desk, report, "approved", reason=REASON).json["published"] is None
    assert moved(desk, report, "published", publish_at="2020-01-01T00:00:00Z").status_code == 422
    later = moved(desk, report, "published", publish_at=LATER).json
    assert datetime.fromisoformat(later["published"]["at"]) == datetime.fromisoformat(LATER)
    kept = desk.get(f"/v1/reports/{report}/publications").json["items"]
    assert [each["cancelled"] for each in kept] == [True, False]
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []
    # Once its time has come it can only be corrected or retracted.
    with desk.database.writing() as session:
        session.execute(update(ReportPublication).values(at=datetime.now(UTC) - timedelta(hours=1)))
    refused = moved(desk, report, "approved", reason=REASON)
    assert (refused.status_code, refused.json["errors"][0]["rule"]) == (422, "publication_ahead")


def test_only_a_publication_has_a_time_and_a_correction(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    for name, value in (("publish_at", LATER), ("correction", "The year was 2023, not 2022.")):
        refused = moved(desk, report, "submitted", **{name: value})
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, f"/{name}")
    assert desk.get(f"/v1/reports/{report}").json["state"] == "draft"
    for to in ("submitted", "approved"):
        moved(desk, report, to)
    first = moved(desk, report, "published", correction="The year was 2023, not 2022.")
    assert (first.status_code, first.json["errors"][0]["pointer"]) == (422, "/correction")


@pytest.mark.parametrize("year", ["0001", "1899", "9000", "9999"])
def test_a_time_is_one_that_every_time_zone_has(desk: Desk, claim: str, year: str) -> None:
    text = f"{{{{claim:{claim}}}}}"
    refused = desk.post("/v1/reports", {**REPORT, "text": text, "embargo_until": f"{year}-12-31T12:00:00Z"})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/embargo_until")


def test_a_withdrawn_claim_is_not_published(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    for to in ("submitted", "approved"):
        moved(desk, report, to)
    assert desk.post(f"/v1/claims/{claim}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    refused = moved(desk, report, "published")
    assert (refused.status_code, refused.json["errors"][0]["rule"]) == (422, "withdrawn_claim")


# ── What is not saved yet, who may see it, and redaction ────────────────────────────────────────────────────────


def test_what_somebody_typed_is_theirs_until_they_save_it(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    here = f"/v1/reports/{report}/draft"
    typed = {"version": 1, "title": "Half a", "text": "Half a sen"}
    assert desk.get(here).status_code == 404
    before = desk.get("/v1/changes").json["items"][-1]
    for text in ("Half a sen", "", "{{claim:01", "Half a sentence."):
        assert desk.request("PUT", here, json={**typed, "text": text}).json["text"] == text
    assert desk.get(here).json["title"] == "Half a"
    assert desk.get(here, by="admin").status_code == 404
    for change, pointer in (({"title": "a" * 301}, "/title"), ({"version": 0}, "/version"), ({"text": None}, "/text")):
        refused = desk.request("PUT", here, json=typed | change)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert desk.get("/v1/changes").json["items"][-1] == before
    assert desk.patch(f"/v1/reports/{report}", {"title": "Whole"}, etag="*").status_code == 200
    assert desk.get(here).status_code == 404
    assert desk.request("PUT", here, json=typed).status_code == 200
    assert desk.request("DELETE", here).status_code == 204
    assert desk.request("DELETE", here).status_code == 404
    # A save that changes nothing ends it too, and a report that has ended takes none.
    assert desk.request("PUT", here, json=typed).status_code == 200
    assert desk.patch(f"/v1/reports/{report}", {"title": "Whole"}, etag="*").json["version"] == 2
    assert desk.get(here).status_code == 404
    assert desk.request("PUT", here, json=typed | {"version": 3}).json["errors"][0]["pointer"] == "/version"
    moved(desk, report, "withdrawn", reason=REASON)
    assert desk.request("PUT", here, json=typed).status_code == 409


def test_a_report_on_a_hidden_verdict_is_hidden(desk: Desk, claim: str) -> None:
    assert desk.review(claim, status="unverifiable", reason="Nobody counted the people.").status_code == 201
    report = report_on(desk, claim, title="Nobody can know")
    desk.made(f"/v1/claims/{claim}/second-opinion", {})
    assert desk.get(f"/v1/reports/{report}", by="admin").status_code == 404
    assert desk.get("/v1/reports", by="admin").json["items"] == []
    assert desk.get(f"/v1/reports/{report}").status_code == 200
    told = desk.get("/v1/changes", by="admin").get_data(as_text=True)
    assert "Nobody can know" not in told
    seen = desk.get(f"/v1/claims/{claim}", by="admin").headers["ETag"]
    done = desk.review(claim, by="admin", status="unverifiable", reason="Nobody counted them.", etag=seen)
    assert done.status_code == 201
    assert desk.get(f"/v1/reports/{report}", by="admin").status_code == 200


def test_a_hidden_verdict_is_hidden_in_earlier_versions_and_corrections(desk: Desk, claim: str) -> None:
    """What others said of it since is; what the reader alone said is not, and reports of before stay in sight."""
    before = report_on(desk, claim, title="From before")
    own = desk.made("/v1/reports", {**REPORT, "text": f"{{{{claim:{claim}}}}}"}, by="admin")["id"]
    published(desk, own)
    assert desk.review(claim, status="unverifiable", reason="Nobody counted the people.").status_code == 201
    telling = report_on(desk, claim, title="Nobody can know")
    assert desk.patch(f"/v1/reports/{telling}", {"text": "Something else."}, etag="*").status_code == 200
    opinion = desk.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["admin"]})
    assert opinion["question"] == "content"
    for path in ("", "/versions", "/versions/1", "/publications", "/history"):
        assert desk.get(f"/v1/reports/{telling}{path}", by="admin").status_code == 404, path
    assert {each["id"] for each in desk.get("/v1/reports", by="admin").json["items"]} == {before, own}
    assert desk.get(f"/v1/reports/{own}", by="admin").status_code == 200
    assert desk.patch(f"/v1/reports/{own}", {"title": "Mine"}, etag="*", by="admin").status_code == 200
    assert desk.get(f"/v1/reports/{own}", by="admin").status_code == 200
    assert moved(desk, own, "submitted").status_code == 200
    assert desk.get(f"/v1/reports/{own}", by="admin").status_code == 404


def test_words_after_a_redaction_are_redacted_too(desk: Desk, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim)
    here = f"/v1/reports/{report}"
    typed = {"version": 1, "title": "A secret", "text": "It is secret."}
    assert desk.post(f"{here}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    assert desk.request("PUT", f"{here}/draft", json=typed).status_code == 409
    assert desk.patch(here, {"text": "It is a secret again."}, etag="*").status_code == 200
    assert desk.post(f"{here}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    assert "secret" not in desk.get(f"{here}/history").get_data(as_text=True)
    assert desk.get(f"{here}/versions/2").json["text"] != "It is a secret again."
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_redaction_takes_the_words_of_all_versions(desk: Desk, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim, title="A secret name")
    here = f"/v1/reports/{report}"
    published(desk, report)
    desk.patch(here, {"text": "Another secret."}, etag="*")
    published(desk, report, correction="The secret was wrong.")
    moved(desk, report, "retracted", reason="The secret was out.")
    repeated = desk.post(f"{here}/redaction", {"reason": "It had a secret name."}, by="admin")
    assert (repeated.status_code, repeated.json["errors"][0]["pointer"]) == (422, "/reason")
    assert desk.post(f"{here}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    for path in (here, f"{here}/versions", f"{here}/publications", f"{here}/history", "/v1/changes?limit=200"):
        told = desk.get(path).get_data(as_text=True)
        assert "secret" not in told, path
    assert desk.get(here).json["state"] == "retracted"
    assert desk.post(f"{here}/redaction", {"reason": "A court asked."}, by="admin").status_code == 409
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


# ── What readers see ────────────────────────────────────────────────────────────────────────────────────────────


def test_readers_see_the_version_that_was_published_last(desk: Desk, claim: str) -> None:
    public = desk.with_settings(public_read=True)
    report, other = report_on(desk, claim), report_on(desk, claim, title="Another")
    here = f"/v1/published/{report}"
    assert public.get(here, by=None).status_code == 404
    published(desk, report)
    published(desk, other)
    assert (
        desk.patch(f"/v1/reports/{report}", {"title": "Counted again", "text": "A secret."}, etag="*").status_code
        == 200
    )
    seen = public.get(here, by=None).json
    assert (seen["title"], seen["version"], seen["corrections"], seen["claim_ids"]) == (REPORT["title"], 1, [], [claim])
    assert [each["id"] for each in public.get("/v1/published", by=None).json["items"]] == [other, report]
    assert "secret" not in public.get(f"/r/{report}", by=None, headers=FRESH).get_data(as_text=True)
    published(desk, report, correction="They were counted again.", publish_at=LATER)
    assert public.get(here, by=None).json == seen
    with desk.database.writing() as session:
        ahead = ReportPublication.at > datetime.now(UTC)
        session.execute(update(ReportPublication).where(ahead).values(at=datetime.now(UTC)))
    later = public.get(here, by=None).json
    assert (later["title"], later["version"], later["first_published_at"]) == ("Counted again", 2, seen["published_at"])
    [corrected] = later["corrections"]
    assert (corrected["version"], corrected["correction"]) == (2, "They were counted again.")
    entries = desk.get(f"/v1/reports/{report}/history").json["items"]
    assert corrected["log_index"] == [each["log_index"] for each in entries if each["action"] == "publish"][-1]
    page = public.get(f"/r/{report}", by=None, headers=FRESH).get_data(as_text=True)
    assert "They were counted again." in page
    first = public.get("/v1/published?limit=1", by=None).json
    second = public.get(f"/v1/published?limit=1&cursor={first['next_cursor']}", by=None).json
    assert [each["id"] for page in (first, second) for each in page["items"]] == [report, other]
    assert second["next_cursor"] is None

    assert moved(desk, report, "retracted", reason=REASON).status_code == 200
    gone = public.get(here, by=None)
    assert (gone.status_code, gone.json["report"]["reason"]) == (410, REASON)
    page = public.get(f"/r/{report}", by=None, headers=FRESH)
    assert (page.status_code, REASON in page.get_data(as_text=True)) == (410, True)
    assert [each["id"] for each in public.get("/v1/published", by=None).json["items"]] == [other]
    closed = desk.with_settings(public_site=False)
    assert closed.get(here, by=None).status_code == 401
    assert closed.get(f"/r/{report}", by=None, headers=FRESH).status_code == 404


def test_nothing_internal_changes_what_readers_see(desk: Desk, claim: str) -> None:
    """Drafts, comments, assignments and other reports leave each public answer as it is, byte for byte."""
    public = desk.with_settings(public_read=True)
    report = report_on(desk, claim)
    published(desk, report)
    paths = ("/v1/published", f"/v1/published/{report}")
    before = [public.get(path, by=None).data for path in paths]
    draft = report_on(desk, claim, title="Not yet")
    moved(desk, draft, "submitted")
    typed = {"version": 1, "title": "Half", "text": "Half a sen"}
    assert desk.request("PUT", f"/v1/reports/{report}/draft", json=typed).status_code == 200
    other = {"summary": "Another one.", "language": "fr"}
    assert desk.patch(f"/v1/reports/{report}", other, etag="*", by="admin").status_code == 200
    desk.made(f"/v1/claims/{claim}/comments", {"text": "Is it so?"})
    assigned = {"person_id": desk.people["analyst"], "note": "Ask the police."}
    assert desk.request("PUT", f"/v1/claims/{claim}/assignment", json=assigned).status_code == 201
    assert [public.get(path, by=None).data for path in paths] == before
