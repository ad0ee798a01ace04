"""Evidence and the copy of its page: captured when it is cited, or afterwards; the log has its hash."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from factcheck.desk import people
from factcheck.rules.roles import Role
from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from tests import commands
from tests.desk import SECRET, TEXT, Desk
from tests.forms import Visitor
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, Site, serving, to
from tests.redacting import faults, rebuilt_faults

Json = dict[str, Any]
STORY = OUTLETS[0]
REASON = "The authority says so itself."


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
    pages = {
        "/story": Page(STORY.body, STORY.media_type),
        "/moved": to("/story", 301),
        "/picture": Page(b"\x89PNG", "image/png"),
        "/rally": Page(f"<html><body><article><h1>A rally</h1><p>{TEXT}</p></article></body></html>".encode()),
    }
    with serving(pages) as found:
        yield found


def files(archive: FolderArchive) -> list[str]:
    return sorted(each.name for each in archive.folder.rglob("*") if each.is_file())


def added(desk: Desk, claim: str, **fields: Any) -> Json:
    made: Json = desk.made(f"/v1/claims/{claim}/evidence", {"stance": "supports", **fields}, by="contributor")
    return made


def test_evidence_is_captured_when_it_is_cited(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path
) -> None:
    claim = capturing.claim()["id"]
    made = added(capturing, claim, url=site.url("/moved"), capture=True)
    [capture] = capturing.get("/v1/captures").json["items"]
    assert made["capture"] == {name: capture[name] for name in ("id", "sha256", "fetched_at")}
    assert made["capture"]["sha256"] == hashlib.sha256(STORY.body).hexdigest()
    assert [path for path, _ in site.requests] == ["/moved", "/story"]
    assert files(archive) == [f"{capture['warc_sha256']}.warc.gz"]
    [shown] = capturing.get(f"/v1/claims/{claim}").json["evidence"]
    assert shown["capture"] == made["capture"]
    [listed] = capturing.get(f"/v1/claims/{claim}/evidence").json["items"]
    assert listed["capture"] == made["capture"]
    entries = capturing.changes()[-2:]
    assert [(each["subject"]["kind"], each["action"]) for each in entries] == [
        ("capture", "add"), ("claim", "add_evidence"),
    ]  # fmt: skip
    assert entries[1]["changes"][0]["after"]["capture"] == made["capture"]
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_evidence_without_a_capture_says_nothing_of_one(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim = capturing.claim()["id"]
    made = added(capturing, claim, url=site.url("/story"), capture=False)
    assert "capture" not in made
    assert "capture" not in capturing.changes()[-1]["changes"][0]["after"]
    assert (site.requests, files(archive)) == ([], [])


def test_evidence_names_a_capture_of_its_page(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim = capturing.claim()["id"]
    capture = capturing.made("/v1/captures", {"url": site.url("/moved")}, by="contributor")
    for url in (site.url("/moved"), site.url("/story?utm_source=x")):
        made = added(capturing, claim, url=url, capture_id=capture["id"])
        assert made["capture"] == {name: capture[name] for name in ("id", "sha256", "fetched_at")}
    assert len(site.requests) == 2  # for the capture itself
    assert faults(capturing.database) == []


def test_a_capture_must_be_of_the_page_and_be_there(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim = capturing.claim()["id"]
    here, before = f"/v1/claims/{claim}/evidence", None
    capture = capturing.made("/v1/captures", {"url": site.url("/story")}, by="contributor")
    failed = capturing.post("/v1/captures", {"url": site.url("/none")}, by="contributor").json["capture_id"]
    before = capturing.changes()
    story, unknown = site.url("/story"), "00000000-0000-7000-8000-000000000000"
    for fields, pointer, words in (
        ({"url": site.url("/other"), "capture_id": capture["id"]}, "/capture_id", "another page"),
        ({"url": site.url("/none"), "capture_id": failed}, "/capture_id", "failed (http_404)"),
        ({"url": story, "capture_id": unknown}, "/capture_id", "No capture has this id"),
        ({"title": "A", "capture_id": capture["id"]}, "/capture_id", "Needs a url"),
        ({"title": "A", "capture": True}, "/capture", "Needs a url"),
        ({"url": story, "capture_id": capture["id"], "capture": True}, "/capture", "one of"),
        ({"url": story, "capture": "yes"}, "/capture", "boolean"),
    ):  # fmt: skip
        refused = capturing.post(here, {"stance": "context", **fields}, by="contributor")
        assert refused.status_code == 422, fields
        assert [flaw["pointer"] for flaw in refused.json["errors"]] == [pointer], fields
        assert words in refused.json["errors"][0]["detail"], fields
    review = {"status": "verified", "reason": REASON, "evidence": [
        {"stance": "supports", "title": "A plan"},
        {"stance": "supports", "url": site.url("/other"), "capture_id": capture["id"]},
    ]}  # fmt: skip
    refused = capturing.review(claim, **review)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/evidence/1/capture_id")
    assert capturing.changes() == before


def test_evidence_whose_page_cannot_be_captured_is_refused_and_the_failure_is_kept(
    capturing: Desk, archive: FolderArchive, site: Site
) -> None:
    claim = capturing.claim()["id"]
    here = f"/v1/claims/{claim}/evidence"
    for path, reason in (("/none", "http_404"), ("/picture", "not_text")):
        piece = {"stance": "context", "url": site.url(path), "capture": True}
        key = {"Idempotency-Key": f"a key for {reason}"}
        refused = capturing.post(here, piece, by="contributor", headers=key)
        told = refused.json
        assert (refused.status_code, told["type"], told["reason"]) == (422, "/problems/not-captured", reason)
        assert "the evidence was not added" in told["detail"]
        assert [flaw["pointer"] for flaw in told["errors"]] == ["/url"]
        kept = capturing.get(f"/v1/captures/{told['capture_id']}").json
        assert (kept["reason"], refused.headers["Location"]) == (reason, kept["links"]["self"])
        asked = len(site.requests)
        again = capturing.post(here, piece, by="contributor", headers=key)
        assert (again.status_code, again.json) == (422, told)
        assert len(site.requests) == asked
    assert capturing.get(here).json["items"] == []
    assert len(files(archive)) == 2
    assert faults(capturing.database) == []
    assert "capture" not in added(capturing, claim, url=site.url("/none"))


def test_a_review_brings_captured_evidence(capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path) -> None:
    claim = capturing.claim()["id"]
    piece = {"stance": "supports", "url": site.url("/story"), "capture": True}
    lost = {"stance": "context", "url": site.url("/none"), "capture": True}
    refused = capturing.review(claim, status="verified", reason=REASON, evidence=[piece, lost])
    assert (refused.status_code, refused.json["reason"]) == (422, "http_404")
    assert [flaw["pointer"] for flaw in refused.json["errors"]] == ["/evidence/1/url"]
    assert capturing.get(f"/v1/claims/{claim}").json["status"] == "unverified"
    kept = capturing.get("/v1/captures").json["items"]
    assert [each["reason"] for each in kept] == ["http_404", None]
    made = capturing.review(claim, status="verified", reason=REASON, evidence=[
        {"stance": "context", "title": "A plan"}, piece, {"stance": "supports", "url": site.url("/story"),
                                                          "capture_id": kept[1]["id"]},
    ])  # fmt: skip
    assert made.status_code == 201, made.json
    pieces = capturing.get(f"/v1/claims/{claim}").json["evidence"]
    digest = hashlib.sha256(STORY.body).hexdigest()
    assert [each.get("capture", {}).get("sha256") for each in pieces] == [None, digest, digest]
    assert (pieces[1]["capture"]["id"] != kept[1]["id"], pieces[2]["capture"]["id"]) == (True, kept[1]["id"])
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_nothing_is_fetched_for_what_is_refused_anyway(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim = capturing.claim()["id"]
    piece = {"stance": "supports", "url": site.url("/story"), "capture": True}
    here = f"/v1/claims/{claim}"
    unknown = "/v1/claims/00000000-0000-7000-8000-000000000000"
    verdict = {"status": "verified", "reason": REASON, "evidence": [piece]}
    stale = {"If-Match": '"old"'}
    for path, body, options, status in (
        (f"{here}/evidence", piece, {"by": None}, 401),
        (f"{here}/evidence", piece, {"by": "reader"}, 403),
        (f"{unknown}/evidence", piece, {}, 404),
        (f"{here}/evidence", piece, {"headers": stale}, 412),
        (f"{here}/reviews", verdict, {}, 428),
        (f"{here}/reviews", verdict, {"headers": stale}, 412),
        (f"{here}/reviews", verdict, {"by": "contributor", "headers": stale}, 403),
        (f"{here}/reviews", verdict | {"evidence": [piece] * 6}, {"headers": stale}, 422),
        (f"{here}/evidence", piece | {"url": "http://10.0.0.1/"}, {}, 422),
    ):  # fmt: skip
        assert capturing.post(path, body, **options).status_code == status, (path, options)
    assert (site.requests, files(archive)) == ([], [])


def test_a_decision_that_is_refused_leaves_no_file(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim = capturing.claim()["id"]
    before = capturing.changes()
    piece = {"stance": "context", "url": site.url("/story"), "capture": True}
    refused = capturing.review(claim, status="verified", reason=REASON, evidence=[piece])  # context does not suffice
    assert (refused.status_code, refused.json["type"]) == (422, "/problems/rule-unmet")
    assert (len(site.requests), files(archive), capturing.changes()) == (1, [], before)


# --- evidence that was there before


def command(desk: Desk, archive: FolderArchive, tmp_path: Path, *words: str) -> tuple[int, Any, str]:
    """Run `factcheck capture`, and return its exit code, what it says as JSON, and what it tells."""
    environment = os.environ | {
        "FACTCHECK_DATABASE_URL": desk.settings.database_url,
        "FACTCHECK_SECRET_KEY": SECRET,
        "FACTCHECK_ARCHIVE": str(archive.folder),
        "FACTCHECK_LOG_FOLDER": str(tmp_path / "log"),
        "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1/32",
    }
    ended = commands.run("capture", *words, "--json", cwd=tmp_path, env=environment)
    return ended.returncode, orjson.loads(ended.stdout) if ended.stdout else None, ended.stderr.decode()


def test_the_command_captures_what_is_missing(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path
) -> None:
    first, second, gone = (capturing.claim()["id"] for _ in range(3))
    old = [added(capturing, claim, url=site.url("/story")) for claim in (first, second)]
    added(capturing, first, url=site.url("/none"))
    added(capturing, first, title="A plan")
    withdrawn = added(capturing, first, url=site.url("/rally"))
    capturing.post(f"/v1/claims/{first}/evidence/{withdrawn['id']}/withdrawal", {"reason": "Of elsewhere."})
    added(capturing, gone, url=site.url("/rally"))
    assert capturing.post(f"/v1/claims/{gone}/withdrawal", {"reason": "It is no claim."}).status_code == 204
    kept = added(capturing, second, url=site.url("/moved"), capture=True)
    before, asked = capturing.get(f"/v1/claims/{first}").headers["ETag"], len(site.requests)

    code, made, told = command(capturing, archive, tmp_path, "--missing", "--pause", "0")

    assert (code, {each["url"]: (each["reason"], each["evidence"]) for each in made}) == (1, {
        site.url("/story"): (None, 2), site.url("/none"): ("http_404", 0),
    })  # fmt: skip
    assert "1 page captured, for 2 pieces of evidence. 1 page not captured." in " ".join(told.split())
    assert sorted(path for path, _ in site.requests[asked:]) == ["/none", "/story"]
    digest = hashlib.sha256(STORY.body).hexdigest()
    for claim, piece in zip((first, second), old, strict=True):
        got = capturing.get(f"/v1/claims/{claim}/evidence/{piece['id']}").json
        assert (got["capture"]["sha256"], got["added_at"]) == (digest, piece["added_at"])
        [shown] = [each for each in capturing.get(f"/v1/claims/{claim}").json["evidence"] if each["id"] == piece["id"]]
        assert shown["capture"] == got["capture"]
        entry = capturing.get(f"/v1/claims/{claim}/history").json["items"][-1]
        assert (entry["action"], entry["actor"]["name"]) == ("capture_evidence", "operator")
        assert entry["changes"] == [
            {"field": "evidence_capture", "before": None,
             "after": {"evidence_id": piece["id"], "capture": got["capture"]}}
        ]  # fmt: skip
    assert capturing.get(f"/v1/claims/{first}").headers["ETag"] != before
    assert capturing.get(f"/v1/claims/{second}/evidence/{kept['id']}").json["capture"] == kept["capture"]
    # Again: all that can be captured is, and what failed waits for a day.
    assert command(capturing, archive, tmp_path, "--missing", "--pause", "0")[:2] == (0, [])
    assert len(site.requests) == asked + 2
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_the_command_takes_urls_or_what_is_missing(capturing: Desk, archive: FolderArchive, tmp_path: Path) -> None:
    for words in ((), ("--missing", "https://news.example/a")):
        code, _, told = command(capturing, archive, tmp_path, *words)
        assert (code, "Give URLs, or --missing, or --check." in told) == (2, True)


# --- redaction


def test_a_redacted_capture_leaves_evidence_without_its_hash(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path
) -> None:
    claim = capturing.claim()["id"]
    made = added(capturing, claim, url=site.url("/story"), capture=True)
    capture, digest = made["capture"]["id"], made["capture"]["sha256"]
    again = added(capturing, claim, url=site.url("/story"), capture_id=capture)  # an earlier version has one of the two
    added(capturing, claim, title="A plan")
    capturing.post(f"/v1/claims/{claim}/evidence/{again['id']}/withdrawal", {"reason": "It is there twice."})
    moment = capturing.get(f"/v1/claims/{claim}").json["updated_at"]
    answer = capturing.post(f"/v1/captures/{capture}/redaction", {"reason": "A court asked for it."}, by="admin")
    assert answer.status_code == 204
    assert files(archive) == []
    left = {"id": capture, "sha256": None, "fetched_at": made["capture"]["fetched_at"]}
    for path in (f"/v1/claims/{claim}", f"/v1/claims/{claim}?as_of={moment}"):
        shown = capturing.get(path).json["evidence"]
        assert [each.get("capture") for each in shown] == [left, None], path
    assert capturing.get(f"/v1/claims/{claim}/evidence/{made['id']}").json["capture"] == left
    with capturing.database.reading() as connection:
        for table, column in (("revision_contents", "content"), ("claim_versions", "document"), ("claims", "document")):
            rows = connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalars().all()
            assert rows, table
            assert not any(digest.encode() in bytes(row) for row in rows), table
    page = Visitor(capturing).get(f"/claims/{claim}").get_data(as_text=True)
    assert (f'href="/captures/{capture}"' in page, digest in page) == (True, False)
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []
    # It can be of no more use.
    refused = capturing.post(
        f"/v1/claims/{claim}/evidence", {"stance": "context", "url": site.url("/story"), "capture_id": capture}
    )
    assert (refused.status_code, refused.json["errors"][0]["detail"]) == (422, "This capture was redacted.")


def test_the_redaction_of_an_article_takes_the_hashes_of_evidence_with_its_words(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path
) -> None:
    article = capturing.article()["id"]
    about, elsewhere = capturing.claim(article_id=article)["id"], capturing.claim()["id"]
    for claim in (about, elsewhere):
        added(capturing, claim, url=site.url("/rally"), capture=True)
    kept = added(capturing, elsewhere, url=site.url("/story"), capture=True)["capture"]
    digest = kept["sha256"]
    start = TEXT.index("up to a million")
    place = {"start": start, "end": start + len("up to a million")}
    answer = capturing.post(f"/v1/articles/{article}/redaction", {"reason": "A court asked.", **place}, by="admin")
    assert answer.status_code == 204, answer.get_data(as_text=True)
    for claim, hashes in ((about, [None]), (elsewhere, [None, digest])):
        pieces = capturing.get(f"/v1/claims/{claim}").json["evidence"]
        assert [each["capture"]["sha256"] for each in pieces] == hashes
    assert len(files(archive)) == 1
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_redacted_claim_leaves_the_capture(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path
) -> None:
    claim = capturing.claim()["id"]
    capture = added(capturing, claim, url=site.url("/story"), capture=True)["capture"]["id"]
    answer = capturing.post(f"/v1/claims/{claim}/redaction", {"reason": "A court asked for it."}, by="admin")
    assert answer.status_code == 204
    assert capturing.get(f"/v1/captures/{capture}").json["extracted"] is not None
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


# --- who sees it


def test_the_capture_of_a_hidden_reviews_page_is_hidden_too(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path
) -> None:
    claim = capturing.claim()["id"]
    another = capturing.claim(text="Thousands gathered.", quotes=[{"exact": "thousands of people gathered"}])["id"]
    added(capturing, another, stance="context", title="A map")  # evidence in sight, which cites no capture
    own = capturing.made("/v1/captures", {"url": site.url("/rally")})["id"]  # the analyst's
    pieces = [
        {"stance": "refutes", "url": site.url("/story"), "capture": True},
        {"stance": "context", "url": site.url("/rally"), "capture_id": own},
        {"stance": "context", "url": site.url("/moved")},
    ]
    review = capturing.review(claim, by="admin", status="refuted", reason=REASON, evidence=pieces)
    assert review.status_code == 201, review.json
    with capturing.database.writing() as session:
        operator = people.operator(session)
        other = people.add(session, operator, name="Somebody else", role=Role.ANALYST)
        capturing.tokens["other"] = people.issue_token(session, operator, name=other.name)
    capturing.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": capturing.people["analyst"]}, by="admin")
    assert command(capturing, archive, tmp_path, "--missing", "--pause", "0")[0] == 0
    shown = capturing.get(f"/v1/claims/{claim}", by="other").json["evidence"]
    hidden = [shown[0]["capture"]["id"], shown[2]["capture"]["id"]]
    for by, seen in (("analyst", [own]), ("other", [*hidden[::-1], own])):
        listed = capturing.get("/v1/captures", by=by).json["items"]
        assert sorted(each["id"] for each in listed) == sorted(seen)
        entries = capturing.get("/v1/changes?limit=200", by=by).json["items"]
        blind = by == "analyst"
        about = [each for each in entries if each["subject"]["id"] in hidden or each["action"] == "capture_evidence"]
        assert [(each["blind"], each["changes"] == []) for each in about] == [(blind, blind)] * 3
        for capture in hidden:
            for path in (f"/v1/captures/{capture}", f"/v1/captures/{capture}/warc"):
                assert capturing.get(path, by=by).status_code == (404 if blind else 200), path
    assert capturing.get(f"/v1/captures/{own}").status_code == 200
    page = Visitor(capturing).get(f"/captures/{own}").get_data(as_text=True)
    assert f'href="/claims/{claim}' not in page
    for path in (f"/captures/{hidden[0]}", f"/captures/{hidden[0]}/original"):
        assert Visitor(capturing).get(path).status_code == 404
    refused = capturing.post(
        f"/v1/claims/{claim}/evidence", {"stance": "context", "url": site.url("/story"), "capture_id": hidden[0]}
    )
    assert (refused.status_code, refused.json["errors"][0]["detail"]) == (422, "No capture has this id.")
    assert faults(capturing.database) == []


def test_a_failed_capture_of_a_hidden_reviews_page_is_hidden_too(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path
) -> None:
    """Not the viewer's own, not one whose page evidence in sight cites, and not one of a page that nobody cites."""
    claim = capturing.claim()["id"]
    secret, open_page, mine, uncited = (site.url(f"/none/{each}") for each in ("secret", "open", "mine", "uncited"))
    added(capturing, claim, stance="context", url=open_page)
    for by, url in (("admin", uncited), ("admin", open_page), ("analyst", mine)):
        assert capturing.post("/v1/captures", {"url": url}, by=by).status_code == 422
    pieces = [{"stance": "refutes", "url": url, "capture": url == secret} for url in (secret, open_page, mine)]
    review = {"status": "refuted", "reason": REASON, "evidence": pieces}
    assert capturing.review(claim, by="admin", **review).status_code == 422  # nothing is decided, and the try is stored
    pieces[0]["capture"] = False
    assert capturing.review(claim, by="admin", **review).status_code == 201
    with capturing.database.writing() as session:
        operator = people.operator(session)
        other = people.add(session, operator, name="Somebody else", role=Role.ANALYST)
        capturing.tokens["other"] = people.issue_token(session, operator, name=other.name)
    capturing.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": capturing.people["analyst"]}, by="admin")
    assert command(capturing, archive, tmp_path, "--missing", "--pause", "0")[0] == 0  # tried within the last day

    every = {each["id"]: each["url"] for each in capturing.get("/v1/captures", by="other").json["items"]}
    assert sorted(every.values()) == sorted([secret, open_page, mine, uncited])
    listed = capturing.get("/v1/captures").json["items"]
    assert sorted(each["url"] for each in listed) == sorted([open_page, mine, uncited])
    [hidden] = every.keys() - {each["id"] for each in listed}
    assert capturing.get(f"/v1/captures/{hidden}").status_code == 404
    [entry] = [each for each in capturing.get("/v1/changes?limit=200").json["items"] if each["subject"]["id"] == hidden]
    assert (entry["blind"], entry["changes"], entry["actor"]) == (True, [], None)
    assert capturing.review(claim, status="refuted", reason=REASON, evidence=pieces).status_code == 201
    assert capturing.get(f"/v1/captures/{hidden}").status_code == 200


# --- pages


def test_the_form_of_evidence_keeps_a_copy(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim = capturing.claim()["id"]
    here, visitor = f"/claims/{claim}", Visitor(capturing)
    html = visitor.get(here).get_data(as_text=True)
    boxes = [line for line in html.splitlines() if 'type="checkbox"' in line and "capture" in line]
    assert len(boxes) == 3  # the forms of both questions, and of evidence alone
    assert all(" checked" in box for box in boxes)
    piece = {"stance": "supports", "url": site.url("/story"), "capture": "true"}
    assert visitor.send(f"{here}/evidence", piece, on=here).status_code == 303
    [shown] = capturing.get(f"/v1/claims/{claim}").json["evidence"]
    page = visitor.get(here).get_data(as_text=True)
    assert f'href="/captures/{shown["capture"]["id"]}"' in page
    assert hashlib.sha256(STORY.body).hexdigest() in page
    of_capture = visitor.get(f"/captures/{shown['capture']['id']}").get_data(as_text=True)
    assert f'href="/claims/{claim}#evidence"' in of_capture
    # Without a URL there is no page, and without the tick none is fetched.
    asked = len(site.requests)
    for values in ({"stance": "context", "title": "A plan", "capture": "true"}, piece | {"capture": ""}):
        assert visitor.send(f"{here}/evidence", values, on=here).status_code == 303
    assert len(site.requests) == asked


def test_a_form_whose_page_cannot_be_captured_comes_again_without_the_tick(
    capturing: Desk, archive: FolderArchive, site: Site
) -> None:
    claim = capturing.claim()["id"]
    here, visitor = f"/claims/{claim}", Visitor(capturing)
    piece = {"stance": "supports", "url": site.url("/none"), "excerpt": "Its own words.", "capture": "true"}
    refused = visitor.send(f"{here}/evidence", piece, on=here)
    html = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert "The page was not captured, and nothing else was saved yet." in html
    assert "status 404" in html
    assert "Its own words." in html
    [box] = [line for line in html.splitlines() if 'id="evidence-capture"' in line]
    assert " checked" not in box
    [kept] = capturing.get("/v1/captures").json["items"]
    assert (kept["reason"], len(files(archive))) == ("http_404", 1)
    assert visitor.send(f"{here}/evidence", piece | {"capture": ""}, on=here).status_code == 303
    assert len(capturing.get(f"/v1/claims/{claim}").json["evidence"]) == 1


def test_the_form_of_a_decision_keeps_a_copy(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    claim = capturing.claim()["id"]
    here, visitor = f"/claims/{claim}", Visitor(capturing)
    verdict = {"status": "verified", "reason": REASON, "evidence.0.stance": "supports", "evidence.0.capture": "true"}
    refused = visitor.send(f"{here}/reviews", verdict | {"evidence.0.url": site.url("/none")}, on=here)
    html = refused.get_data(as_text=True)
    assert refused.status_code == 422
    [box] = [line for line in html.splitlines() if 'id="content-evidence-0-capture"' in line]
    assert " checked" not in box
    assert capturing.get(f"/v1/claims/{claim}").json["status"] == "unverified"
    # The tick alone is no evidence.
    assert visitor.send(f"{here}/reviews", verdict, on=here).status_code == 422
    made = visitor.send(f"{here}/reviews", verdict | {"evidence.0.url": site.url("/story")}, on=here)
    assert made.status_code == 303, made.get_data(as_text=True)
    shown = capturing.get(f"/v1/claims/{claim}").json
    assert (shown["status"], shown["evidence"][0]["capture"]["sha256"]) == (
        "verified", hashlib.sha256(STORY.body).hexdigest(),
    )  # fmt: skip
    assert faults(capturing.database) == []


def test_a_form_has_no_more_pages_fetched_than_the_api(capturing: Desk, site: Site) -> None:
    claim = capturing.claim()["id"]
    here, visitor = f"/claims/{claim}", Visitor(capturing)
    pieces = {
        f"evidence.{at}.{name}": value
        for at in range(6)
        for name, value in (("stance", "supports"), ("url", site.url("/story")), ("title", "T"), ("capture", "true"))
    }
    refused = visitor.send(f"{here}/reviews", {"status": "in_review", "reason": REASON, **pieces}, on=here)
    assert refused.status_code == 422, refused.get_data(as_text=True)
    assert site.requests == []
